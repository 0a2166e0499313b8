package fn

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/numeric"
)

// Set is the constants of an IN list, found by hash. It is immutable.
type Set struct {
	ints  map[int64]struct{}
	keys  map[string]struct{}
	null  bool // a NULL is in the list
	isInt bool
}

// NewSet makes the set of one-value vectors of one type.
func NewSet(values []*col.Vector) *Set {
	s := emptySet(values[0].Type)
	for _, v := range values {
		s.add(v, 0)
	}
	return s
}

// newSet makes the set of the values of a vector.
func newSet(v *col.Vector) *Set {
	s := emptySet(v.Type)
	for i := range v.N {
		s.add(v, i)
	}
	return s
}

func emptySet(t col.Type) *Set {
	s := &Set{ints: map[int64]struct{}{}, keys: map[string]struct{}{}}
	switch t.Kind() {
	case col.KindI32, col.KindI64:
		s.isInt = true
	}
	return s
}

func (s *Set) add(v *col.Vector, i int) {
	switch {
	case v.Null(i):
		s.null = true
	case v.Kind == col.KindI32:
		s.ints[int64(v.I32[i])] = struct{}{}
	case v.Kind == col.KindI64:
		s.ints[v.I64[i]] = struct{}{}
	default:
		s.keys[string(keyBytes(nil, v, i))] = struct{}{}
	}
}

// keyBytes appends bytes that are equal exactly when the values are equal in SQL.
func keyBytes(dst []byte, v *col.Vector, i int) []byte {
	if v.Kind == col.KindStr && !v.Type.Is(col.Bpchar) {
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

func (s *Set) has(c *Ctx, v *col.Vector, i int) (found bool) {
	if !s.isInt {
		c.buf = keyBytes(c.buf[:0], v, i)
		_, found = s.keys[string(c.buf)]
		return found
	}
	x := int64(0)
	if v.Kind == col.KindI32 {
		x = int64(v.I32[i])
	} else {
		x = v.I64[i]
	}
	_, found = s.ints[x]
	return found
}
