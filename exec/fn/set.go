package fn

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/numeric"
)

// Set is the constants of an IN list, found by hash. It is immutable.
type Set struct {
	ints  map[int64]int32 // where the value is in the list first
	keys  map[string]int32
	short []col.Str // the texts of a list of a few short ones, which are compared one by one
	null  bool      // a NULL is in the list
	isInt bool
}

// fewTexts is how many short texts are compared one by one faster than they are hashed.
const fewTexts = 8

// NewSet makes the set of one-value vectors of one type.
func NewSet(values []*col.Vector) *Set {
	s := emptySet(values[0].Type)
	for i, v := range values {
		s.add(v, 0, i)
	}
	if len(values) <= fewTexts && !s.null && isText(values[0]) {
		s.short = shortTexts(values)
	}
	return s
}

func isText(v *col.Vector) bool { return v.Kind == col.KindStr && !v.Type.Is(col.Bpchar) }

// shortTexts is nil when some text does not lie in its view.
func shortTexts(values []*col.Vector) []col.Str {
	views := make([]col.Str, len(values))
	for i, v := range values {
		if views[i] = v.Str[0]; views[i].Len() > col.InlineLen {
			return nil
		}
	}
	return views
}

// newSet makes the set of the values of a vector.
func newSet(v *col.Vector) *Set {
	s := emptySet(v.Type)
	for i := range v.N {
		s.add(v, i, i)
	}
	return s
}

func emptySet(t col.Type) *Set {
	s := &Set{ints: map[int64]int32{}, keys: map[string]int32{}}
	switch t.Kind() {
	case col.KindI32, col.KindI64:
		s.isInt = true
	}
	return s
}

// add enters lane i of v as the value at a place of the list.
func (s *Set) add(v *col.Vector, i, at int) {
	switch {
	case v.Null(i):
		s.null = true
	case v.Kind == col.KindI32:
		enterOnce(s.ints, int64(v.I32[i]), at)
	case v.Kind == col.KindI64:
		enterOnce(s.ints, v.I64[i], at)
	default:
		enterOnce(s.keys, string(keyBytes(nil, v, i)), at)
	}
}

func enterOnce[K int64 | string](m map[K]int32, key K, at int) {
	if _, ok := m[key]; !ok {
		m[key] = int32(at)
	}
}

// keyBytes appends bytes that are equal exactly when the values are equal in SQL.
func keyBytes(dst []byte, v *col.Vector, i int) []byte {
	if isText(v) {
		return append(dst, v.Bytes(i)...)
	}
	if v.Kind == col.KindD64 {
		return numeric.AppendCanonicalInt(dst, v.I64[i], v.Scale)
	}
	if v.Kind == col.KindDec {
		return append(dst, numeric.Canonical(v.Bytes(i))...)
	}
	return col.AppendOrderKey(dst, v, i, col.Order{})
}

// Has is v IN (list) for the lanes of sel (nil: all n): NULL where v is, and where v is not
// in a list that has a NULL.
func (s *Set) Has(c *Ctx, v *col.Vector, sel []uint32, n int) *col.Vector {
	out := c.Vec(col.Bool)
	out.Resize(n)
	if v.Valid != nil {
		out.Valid = c.Bitmap(n)
		copy(out.Valid, v.Valid)
	}
	span(c.NotNull(v, sel, n), n, func(i int) {
		found := s.has(c, v, i)
		out.SetBool(i, found)
		if !found && s.null {
			c.SetNull(out, i)
		}
	})
	return out
}

// Find calls f with the lanes of sel (nil: all n) whose values are in the list, and where they
// are first.
func (s *Set) Find(c *Ctx, v *col.Vector, sel []uint32, n int, f func(i, at int)) {
	span(c.NotNull(v, sel, n), n, func(i int) {
		if at := s.find(c, v, i); at >= 0 {
			f(i, at)
		}
	})
}

func (s *Set) has(c *Ctx, v *col.Vector, i int) bool { return s.find(c, v, i) >= 0 }

// find is where the list has lane i of v, -1: nowhere.
func (s *Set) find(c *Ctx, v *col.Vector, i int) int {
	if s.short != nil {
		return slices.Index(s.short, v.Str[i])
	}
	var at int32
	var found bool
	switch {
	case !s.isInt:
		c.buf = keyBytes(c.buf[:0], v, i)
		at, found = s.keys[string(c.buf)]
	case v.Kind == col.KindI32:
		at, found = s.ints[int64(v.I32[i])]
	default:
		at, found = s.ints[v.I64[i]]
	}
	if !found {
		return -1
	}
	return int(at)
}
