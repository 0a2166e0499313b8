package jsonb

import (
	"bytes"

	"github.com/millracedb/millrace/base/pgerr"
)

// mostElems is how many elements PostgreSQL lets an array have at most.
const mostElems = 44739242

// Assign appends v with w at a path, as UPDATE t SET v[path[0]][path[1]] = w does: what of the path
// is missing is made, objects for steps that are names and arrays for numbers, whose elements before are
// null. A nil v is SQL's NULL, which becomes an array or an object. 22023 where the path leads through
// a scalar or before an array's beginning.
func Assign(dst []byte, v Value, array bool, path Path, w Value) ([]byte, error) {
	return build(dst, func(b *Builder) {
		a := assignment{b: b, path: path, with: w}
		switch {
		case v != nil || len(path) == 0:
			a.value(v, 0)
		case array:
			a.elements(nil, 0, 0)
		default:
			a.fields(nil, 0)
		}
	})
}

// assignment copies a value and puts another at a path in it.
type assignment struct {
	b    *Builder
	path Path
	with Value
}

// value is the value at a level with the path's rest in it.
func (a *assignment) value(v Value, level int) {
	switch {
	case a.b.err != nil:
	case a.ended(level):
	case v.Kind() == KindArray:
		a.elements(v, v.Len(), level)
	case v.Kind() == KindObject:
		a.fields(v, level)
	default:
		a.b.fail(invalidParameter("cannot replace existing key").
			WithDetail("The path assumes key is a composite object, but it is a scalar value."))
	}
}

// ended writes the assigned value where the path ends, and fails where a step of it is null.
func (a *assignment) ended(level int) bool {
	switch {
	case level == len(a.path):
		a.b.Value(a.with)
	case a.path[level] == nil:
		a.b.fail(pgerr.New(pgerr.NullValueNotAllowed, "path element at position %d is null", level+1))
	default:
		return false
	}
	return true
}

func (a *assignment) fields(v Value, level int) {
	step, found := a.path[level], false
	a.b.BeginObject()
	if v != nil {
		for k, e := range v.Fields() {
			a.b.Key(k)
			if bytes.Equal(k, step) {
				found = true
				a.value(e, level+1)
			} else {
				a.b.Value(e)
			}
		}
	}
	if !found {
		a.b.Key(step)
		a.make(level + 1)
	}
	a.b.End()
}

func (a *assignment) elements(v Value, n, level int) {
	at, ok := index(a.path[level])
	switch {
	case !ok:
		a.b.fail(pgerr.New(pgerr.InvalidTextRepresentation, `path element at position %d is not an integer: "%s"`, level+1, a.path[level]))
		return
	case at < 0 && -at > n:
		a.b.fail(invalidParameter("path element at position %d is out of range: %d", level+1, at))
		return
	case at < 0:
		at += n
	}
	a.b.BeginArray()
	if v != nil {
		for i, e := range v.Elems() {
			if i == at {
				a.value(e, level+1)
			} else {
				a.b.Value(e)
			}
		}
	}
	if at >= n {
		a.nulls(at - n)
		a.make(level + 1)
	}
	a.b.End()
}

// make writes what a level begins with that was not there.
func (a *assignment) make(level int) {
	switch {
	case a.b.err != nil:
	case a.ended(level):
	default:
		at, number := index(a.path[level])
		if !number {
			a.fields(nil, level)
			return
		}
		a.b.BeginArray()
		a.nulls(max(at, 0)) // what is not there has no end to count from
		a.make(level + 1)
		a.b.End()
	}
}

func (a *assignment) nulls(n int) {
	if n >= mostElems {
		a.b.fail(pgerr.New(pgerr.ProgramLimitExceeded, "number of jsonb array elements exceeds the maximum allowed (%d)", mostElems))
		return
	}
	for range n {
		a.b.Null()
	}
}
