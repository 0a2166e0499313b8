package fn

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// Polymorphic types of signatures. Those of the first family stand for one type in a call,
// which arguments have without a cast; those of the second for the common type of theirs.
var (
	AnyArray           = col.Type{OID: 2277, Mod: -1} // arrays of AnyElement
	AnyNonArray        = col.Type{OID: 2776, Mod: -1} // AnyElement, but no array
	AnyCompatible      = col.Type{OID: 5077, Mod: -1}
	AnyCompatibleArray = col.Type{OID: 5078, Mod: -1}
	AnyCompatibleNot   = col.Type{OID: 5079, Mod: -1} // AnyCompatible, but no array
)

// pseudoTypes are the names of the types that only signatures have.
var pseudoTypes = map[string]col.Type{
	"any": Any, "anyelement": AnyElement, "anyarray": AnyArray, "anynonarray": AnyNonArray,
	"anycompatible": AnyCompatible, "anycompatiblearray": AnyCompatibleArray, "anycompatiblenonarray": AnyCompatibleNot,
}

var pseudoNames = func() map[col.OID]string {
	names := map[col.OID]string{}
	for name, t := range pseudoTypes {
		names[t.OID] = name
	}
	return names
}()

// PseudoName is the name of a type that only signatures have; empty for every other.
func PseudoName(t col.Type) string { return pseudoNames[t.OID] }

// PolymorphicNamed is the polymorphic type of a name; the zero type for every other name.
func PolymorphicNamed(name string) col.Type {
	if t := pseudoTypes[name]; t != Any {
		return t
	}
	return col.Type{}
}

// IsPolymorphic reports whether a declared type stands for one of the call's.
func IsPolymorphic(t col.Type) bool { return t != Any && pseudoNames[t.OID] != "" }

// ToldBy are the names of the types of parameters that tell what a polymorphic result is; nil: it is
// no polymorphic type.
func ToldBy(t col.Type) []string {
	switch {
	case !IsPolymorphic(t):
		return nil
	case isSimple(t):
		return []string{"anyelement", "anyarray", "anynonarray", "anyenum", "anyrange", "anymultirange"}
	}
	return []string{"anycompatible", "anycompatiblearray", "anycompatiblenonarray", "anycompatiblerange", "anycompatiblemultirange"}
}

func isSimple(t col.Type) bool { return t == AnyElement || t == AnyArray || t == AnyNonArray }

// Accepts reports whether a value of type t may stand for a declared type as it is.
func Accepts(declared, t col.Type) bool {
	switch declared {
	case Any, AnyElement, AnyCompatible:
		return true
	case AnyArray, AnyCompatibleArray:
		_, ok := t.Element()
		return ok
	case AnyNonArray, AnyCompatibleNot:
		return !isArray(t)
	}
	return declared.Is(t)
}

// ElementOf is what the elements of a declared type of arrays are declared as; the zero type: it is of no arrays.
func ElementOf(declared col.Type) col.Type {
	switch declared {
	case AnyArray:
		return AnyElement
	case AnyCompatibleArray:
		return AnyCompatible
	}
	t, _ := declared.Element()
	return t
}

// isArray reports whether arrays of t are of more dimensions. int2vector and oidvector, of which
// there are arrays, are none.
func isArray(t col.Type) bool {
	_, array := t.Element()
	_, vector := t.Array()
	return array && !vector
}

// meaning is what the polymorphic types of a signature stand for in a call; the zero type:
// nothing tells.
type meaning struct{ element, compatible col.Type }

// of replaces a polymorphic type.
func (m meaning) of(t col.Type) (col.Type, error) {
	base, scalar := m.element, t == AnyNonArray
	if !isSimple(t) {
		if base, scalar = m.compatible, t == AnyCompatibleNot; base.OID == 0 {
			base = col.Text
		}
	}
	switch {
	case base.OID == 0:
		return t, errMeaning(pgerr.DatatypeMismatch, "could not determine polymorphic type because input has type unknown")
	case scalar && isArray(base):
		return t, errMeaning(pgerr.DatatypeMismatch, "type matched to %s is an array type: %s", PseudoName(t), base)
	case t != AnyArray && t != AnyCompatibleArray:
		return base, nil
	}
	array, ok := base.Array()
	if !ok {
		return t, errMeaning(pgerr.UndefinedObject, "could not find array type for data type %s", base)
	}
	return array, nil
}

// errMeaning is an error about the types of a call, which PostgreSQL tells no position of.
func errMeaning(code, format string, args ...any) *pgerr.Error {
	err := pgerr.New(code, format, args...)
	err.Nowhere = true
	return err
}

// given are the types of what the parameters get: no type at all where that is a default that is not known before.
func (c *candidate) given(args []col.Type, defaults bool) []col.Type {
	out := make([]col.Type, len(c.args))
	for i, k := range c.from {
		if k >= 0 {
			out[i] = args[k]
		} else if defaults && i < len(c.fn.Params) {
			out[i] = c.fn.Params[i].Given
		}
	}
	return out
}

// means finds what polymorphic types stand for when the parameters are given values of some types; it fails where these
// do not agree.
func (c *candidate) means(given []col.Type) (m meaning, err error) {
	var types []col.Type // of the second family
	var first col.Type   // the declared type that told the element
	for i, t := range c.args {
		if given[i].OID == 0 || !IsPolymorphic(t) || isUnknown(given[i]) {
			continue
		}
		a := untyped(given[i])
		if t == AnyArray || t == AnyCompatibleArray {
			element, ok := a.Element()
			if !ok {
				return m, errMeaning(pgerr.DatatypeMismatch, "argument declared %s is not an array but type %s", PseudoName(t), a)
			}
			a = element
		}
		switch {
		case !isSimple(t):
			types = append(types, a)
		case m.element.OID == 0:
			m.element, first = a, t
		case m.element != a:
			return m, unlike(first, t, m.element, a)
		}
	}
	for i, t := range c.args {
		if t == AnyNonArray && isArray(m.element) && given[i].OID != 0 {
			_, err = m.of(t)
			return m, err
		}
	}
	if m.element.Is(col.Record) {
		m.element.Mod = c.rows(given)
	}
	return c.compatible(m, types)
}

// unlike says that two arguments ask for different types.
func unlike(first, second, a, b col.Type) error {
	array := func(declared, t col.Type) string {
		if t, ok := t.Array(); ok && declared == AnyArray {
			return t.String()
		}
		return t.String()
	}
	switch {
	case first == AnyArray && second != AnyArray:
		return unlike(second, first, b, a)
	case first != AnyArray && second == AnyArray:
		return errMeaning(pgerr.DatatypeMismatch, "argument declared anyarray is not consistent with argument declared anyelement").
			WithDetail("%s versus %s", array(second, b), a)
	}
	return errMeaning(pgerr.DatatypeMismatch, "arguments declared %q are not all alike", PseudoName(first)).
		WithDetail("%s versus %s", array(first, a), array(second, b))
}

// compatible finds the common type of the second family.
func (c *candidate) compatible(m meaning, types []col.Type) (meaning, error) {
	if len(types) == 0 {
		return m, nil
	}
	var err error
	if m.compatible, err = compatibleType(types); err != nil {
		return m, err
	}
	for _, t := range c.args {
		if _, array := m.compatible.Element(); array && t == AnyCompatibleNot {
			_, err = m.of(t)
		}
	}
	return m, err
}

// rows is the modifier of the rows among what parameters of the first family are given, if they have
// one; -1: they have several.
func (c *candidate) rows(given []col.Type) int32 {
	mod, first := int32(-1), true
	for i, t := range c.args {
		if !isSimple(t) || !given[i].IsRow() {
			continue
		}
		if a := given[i]; first {
			mod, first = a.Mod, false
		} else if a.Mod != mod {
			return -1
		}
	}
	return mod
}

// compatibleType is the common type, if there is one that all can be cast to.
func compatibleType(types []col.Type) (col.Type, error) {
	for i := range types {
		types[i] = untyped(types[i])
	}
	t, err := CommonType("", types)
	if err != nil {
		err = errMeaning(pgerr.DatatypeMismatch, "argument types %s and %s cannot be matched", types[0], types[len(types)-1])
	}
	return t, err
}
