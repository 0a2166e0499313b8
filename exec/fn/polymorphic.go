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

func isSimple(t col.Type) bool { return t == AnyElement || t == AnyArray || t == AnyNonArray }

// takesType reports whether a value of type t may stand for a declared type as it is.
func takesType(declared, t col.Type) bool {
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
	base := m.element
	if !isSimple(t) {
		if base = m.compatible; base.OID == 0 {
			base = col.Text
		}
	}
	if base.OID == 0 {
		return t, pgerr.New(pgerr.DatatypeMismatch, "could not determine polymorphic type because input has type unknown")
	}
	if t != AnyArray && t != AnyCompatibleArray {
		return base, nil
	}
	array, ok := base.Array()
	if !ok {
		return t, pgerr.New(pgerr.UndefinedObject, "could not find array type for data type %s", base)
	}
	return array, nil
}

// means finds what polymorphic types stand for; ok is false where the arguments do not agree.
func (c *candidate) means(args []col.Type) (m meaning, ok bool) {
	var types []col.Type // of the second family
	single, scalar := true, true
	for i, t := range c.args {
		if c.from[i] < 0 || !IsPolymorphic(t) || isUnknown(args[c.from[i]]) {
			continue
		}
		a := untyped(args[c.from[i]])
		if t == AnyArray || t == AnyCompatibleArray {
			if a, ok = a.Element(); !ok {
				return m, false
			}
		}
		if !isSimple(t) {
			types = append(types, a)
			continue
		}
		if single = single && (m.element.OID == 0 || m.element == a); !single {
			return m, false
		}
		m.element = a
	}
	for i, t := range c.args {
		scalar = scalar && !(t == AnyNonArray && isArray(m.element) && c.from[i] >= 0)
	}
	if m.element.Is(col.Record) {
		m.element.Mod = c.rows(args)
	}
	if len(types) > 0 {
		if m.compatible, ok = compatibleType(types); !ok {
			return m, false
		}
		_, array := m.compatible.Element()
		for _, t := range c.args {
			scalar = scalar && !(t == AnyCompatibleNot && array)
		}
	}
	return m, scalar
}

// rows is the modifier of the rows among the arguments of the first family, if they have one; -1:
// they have several.
func (c *candidate) rows(args []col.Type) int32 {
	mod, first := int32(-1), true
	for i, t := range c.args {
		if c.from[i] < 0 || !isSimple(t) || !args[c.from[i]].IsRow() {
			continue
		}
		if a := args[c.from[i]]; first {
			mod, first = a.Mod, false
		} else if a.Mod != mod {
			return -1
		}
	}
	return mod
}

// compatibleType is the common type, if there is one that all can be cast to.
func compatibleType(types []col.Type) (col.Type, bool) {
	for i := range types {
		types[i] = untyped(types[i])
	}
	t, err := CommonType("", types)
	return t, err == nil
}
