package fn

import (
	"fmt"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// CastContext says who asks for a cast, and so how much it may do.
type CastContext uint8

// Implicit casts happen by themselves in expressions, Assignment ones when a value is
// stored into a column, Explicit ones where CAST or :: is written.
const (
	Implicit CastContext = iota
	Assignment
	Explicit
)

// CastStep is one function to apply on the way to another type.
type CastStep struct {
	Fn *Scalar
	To col.Type // what it returns, modifier included
}

type castKey struct{ from, to col.OID }

type castEntry struct {
	fn      *Scalar
	context CastContext
}

var (
	casts = map[castKey]castEntry{}
	// lengths are the casts of a type to itself that apply a modifier.
	lengths = map[col.OID][Explicit + 1]*Scalar{}
)

// cast registers how a type becomes another: "int4 int8". The function can be called by the
// name of the target type, as in PostgreSQL.
func cast(sig string, context CastContext, doc string, k Kernel, opts ...Option) *Scalar {
	var from, to string
	if _, err := fmt.Sscan(sig, &from, &to); err != nil {
		panic("fn: cast " + sig)
	}
	s := Register(to+"("+from+") "+to, doc, k, opts...)
	enter(s, context)
	return s
}

func enter(s *Scalar, context CastContext) {
	k := castKey{s.Params[0].Type.OID, s.Ret.OID}
	if _, ok := casts[k]; ok {
		panic("fn: cast " + s.ID() + " registered twice")
	}
	casts[k] = castEntry{s, context}
	castList = append(castList, CastInfo{s, context})
}

// CastInfo is one registered cast, from the type of Fn's argument to that of its result.
type CastInfo struct {
	Fn      *Scalar
	Context CastContext // the least one in which it is allowed
}

var castList []CastInfo

// Casts lists the casts between types in order of registration; read-only.
func Casts() []CastInfo { return castList }

// relabel registers a cast that leaves the bytes alone.
func relabel(sig string, context CastContext) *Scalar {
	s := cast(sig, context, "Gives the same value another type.", nil)
	s.Relabel, s.Total = true, true
	return s
}

// length registers the function that applies a type's modifier; in an assignment or an
// implicit cast another one may be in charge.
func length(explicit, assign *Scalar) struct{} {
	lengths[explicit.Ret.OID] = [Explicit + 1]*Scalar{Implicit: assign, Assignment: assign, Explicit: explicit}
	return struct{}{}
}

// Cast finds the functions that turn from into to, modifier included, to be applied in
// order: none when nothing need be done. ok is false when the context does not allow it.
func Cast(from, to col.Type, context CastContext) (steps []CastStep, ok bool) {
	if viaArray(from, to) {
		return castArray(from, to, context)
	}
	if !from.Is(to) {
		e, found := casts[castKey{from.OID, to.OID}]
		if !found || e.context > context {
			return nil, false
		}
		steps = append(steps, CastStep{e.fn, untyped(to)})
	}
	if to.Mod >= 0 && (len(steps) > 0 || from.Mod != to.Mod) {
		if f := lengths[to.OID][context]; f != nil {
			steps = append(steps, CastStep{f, to})
		}
	}
	return steps, true
}

// ErrCannotCast is 42846.
func ErrCannotCast(from, to col.Type) *pgerr.Error {
	return pgerr.New(pgerr.CannotCoerce, "cannot cast type %s to %s", untyped(from), untyped(to))
}

// canCoerce reports whether an argument of a type may stand for a declared one.
func canCoerce(from, to col.Type) bool {
	if from.Is(col.Unknown) || from.Is(to) {
		return true
	}
	if pseudoNames[to.OID] != "" {
		return Accepts(to, from)
	}
	if viaArray(from, to) {
		_, ok := castArray(from, to, Implicit)
		return ok
	}
	e, ok := casts[castKey{from.OID, to.OID}]
	return ok && e.context == Implicit
}

// CanCast reports whether from can be cast to to in the context.
func CanCast(from, to col.Type, context CastContext) bool {
	_, ok := Cast(from, to, context)
	return ok || from.Is(col.Unknown)
}

// CommonType is the type of a UNION's column, a CASE, COALESCE, VALUES, GREATEST or IN list, by
// PostgreSQL's rules; all unknown: text. context names the construct in the error (42804).
// The modifier is kept when all agree.
func CommonType(context string, types []col.Type) (col.Type, error) {
	best := col.Unknown
	for i, t := range types {
		if i == 0 && !isUnknown(t) && allSame(types) {
			return t, nil
		}
		t = untyped(t)
		switch {
		case isUnknown(t) || t == best:
		case isUnknown(best):
			best = t
		case categoryOf(t) != categoryOf(best):
			return col.Type{}, pgerr.New(pgerr.DatatypeMismatch, "%s types %s and %s cannot be matched", context, best, t)
		case !isPreferred(best, categoryOf(best)) && canCoerce(best, t) && !canCoerce(t, best):
			best = t
		}
	}
	if isUnknown(best) {
		return col.Text, nil
	}
	if best.IsRow() {
		best.Mod = commonRow(types)
	}
	for _, t := range types {
		if !canCoerce(t, best) {
			return col.Type{}, pgerr.New(pgerr.CannotCoerce, "%s could not convert type %s to %s", context, untyped(t), best)
		}
	}
	return best, nil
}

// commonRow is the modifier of the rows among types; -1: they have several.
func commonRow(types []col.Type) int32 {
	var rows []col.Type
	for _, t := range types {
		if t.IsRow() {
			rows = append(rows, t)
		}
	}
	if !allSame(rows) {
		return -1
	}
	return rows[0].Mod
}

func allSame(types []col.Type) bool {
	for _, t := range types {
		if t != types[0] {
			return false
		}
	}
	return true
}
