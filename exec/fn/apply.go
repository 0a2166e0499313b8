package fn

import (
	"github.com/millracedb/millrace/base/col"
)

// Apply calls s on the lanes of sel (nil: all n). Each argument has at least n values, or
// one: a constant. ret is the result's type, modifier included. The result has n lanes,
// means something at the selected ones, and is valid until c.Reset.
func (s *Scalar) Apply(c *Ctx, args []*col.Vector, sel []uint32, n int, ret col.Type) *col.Vector {
	if s.Relabel {
		out := c.View(c.Expand(args[0], n))
		out.Type = ret
		return out
	}
	if n > 1 && len(args) > 0 && s.Volatility != Volatile && constants(args) {
		return s.once(c, args, sel, n, ret)
	}
	out := c.Vec(ret)
	out.Resize(n)
	if !s.NonStrict {
		var null bool
		if sel, null = s.strict(c, args, sel, n, out); null {
			return out
		}
	}
	if sel != nil && out.Kind.IsView() {
		clear(out.Str[:n])
	}
	switch {
	case sel != nil && len(sel) == 0:
	case s.Dense || s.Total:
		s.Kernel(c, args, sel, n, out)
	default:
		return s.compute(c, args, sel, n, out)
	}
	return out
}

func constants(args []*col.Vector) bool {
	for _, a := range args {
		if a.N != 1 {
			return false
		}
	}
	return true
}

// once computes a call of constants, and gives its value, or error, to every lane.
func (s *Scalar) once(c *Ctx, args []*col.Vector, sel []uint32, n int, ret col.Type) *col.Vector {
	before := len(c.marks)
	v := s.Apply(c, args, nil, 1, ret)
	if err := c.CutMarks(before); err != nil {
		span(sel, n, func(i int) { c.Mark(i, err) })
	}
	return c.Expand(v, n)
}

// strict gives out the NULLs of the arguments and takes them out of sel, unless the kernel
// takes every lane anyway. null: the result is NULL everywhere.
func (s *Scalar) strict(c *Ctx, args []*col.Vector, sel []uint32, n int, out *col.Vector) (narrowed []uint32, null bool) {
	valid, owned := validOf(c, args, n)
	if valid == nil {
		return sel, false
	}
	if len(valid) == 0 && n > 0 {
		out.Valid = c.Bitmap(n)
		clear(out.Valid)
		if out.Kind.IsView() {
			clear(out.Str[:n])
		}
		return sel, true
	}
	if !s.Total && !owned {
		w := c.Bitmap(n)
		copy(w, valid)
		valid = w
	}
	out.Valid = valid
	if !s.Total && !s.Dense {
		sel = c.NotNull(out, sel, n)
	}
	return sel, false
}

// validOf ANDs the arguments' bitmaps. Nil: no NULL; empty: a constant is NULL.
func validOf(c *Ctx, args []*col.Vector, n int) (valid []uint64, owned bool) {
	for _, a := range args {
		if a.Valid == nil {
			continue
		}
		if mask(a, n) == 0 {
			if a.Null(0) {
				return []uint64{}, true
			}
			continue
		}
		if valid == nil {
			valid = a.Valid
			continue
		}
		if n > 0 && &valid[0] != &a.Valid[0] {
			valid, owned = col.AndValid(c.Bitmap(n), valid, a.Valid, n), true
		}
	}
	return valid, owned
}

// NotNull returns the lanes of sel (nil: all n) where v is not NULL; sel itself if v has no
// NULLs.
func (c *Ctx) NotNull(v *col.Vector, sel []uint32, n int) []uint32 {
	if v.Valid == nil {
		return sel
	}
	if sel == nil {
		return col.SelBits(c.Sel(n)[:0], n, v.Valid, nil)
	}
	dst := c.Sel(len(sel))
	k := 0
	for _, i := range sel {
		dst[k] = i
		k += int(v.Valid[i>>6] >> (i & 63) & 1)
	}
	return dst[:k]
}

// Present returns the lanes of sel (nil: all n) where no argument is NULL; null: there are
// none, for a constant is.
func (c *Ctx) Present(args []*col.Vector, sel []uint32, n int) (present []uint32, null bool) {
	valid, _ := validOf(c, args, n)
	if valid == nil {
		return sel, false
	}
	if len(valid) == 0 {
		return nil, true
	}
	v := col.Vector{Valid: valid}
	return c.NotNull(&v, sel, n), false
}

// True returns the lanes of sel (nil: all n) where the boolean v is true.
func (c *Ctx) True(v *col.Vector, sel []uint32, n int) []uint32 {
	if sel == nil {
		return col.SelBits(c.Sel(n)[:0], n, v.Bits, v.Valid)
	}
	dst := c.Sel(len(sel))
	k := 0
	for _, i := range sel {
		dst[k] = i
		b := v.Bits[i>>6] >> (i & 63) & 1
		if v.Valid != nil {
			b &= v.Valid[i>>6] >> (i & 63)
		}
		k += int(b)
	}
	return dst[:k]
}

// Without returns the lanes of sel (nil: all n) that are not in out, both ascending.
func (c *Ctx) Without(sel, out []uint32, n int) []uint32 {
	if len(out) == 0 && sel != nil {
		return sel
	}
	m := n
	if sel != nil {
		m = len(sel)
	}
	dst := c.Sel(m)[:0]
	k := 0
	span(sel, n, func(i int) {
		if k < len(out) && int(out[k]) == i {
			k++
			return
		}
		dst = append(dst, uint32(i))
	})
	return dst
}

// Blend puts the lanes of a result together from several vectors. Lanes that nobody gave
// are NULL.
type Blend struct {
	c   *Ctx
	out *col.Vector
	n   int
	set bool
}

// NewBlend begins a result of n lanes.
func NewBlend(c *Ctx, t col.Type, n int) *Blend {
	b := &Blend{c: c, out: c.Vec(t), n: n}
	b.out.Resize(n)
	b.nulls()
	return b
}

func (b *Blend) nulls() {
	b.out.Valid = b.c.Bitmap(b.n)
	clear(b.out.Valid)
	if b.out.Kind.IsView() {
		clear(b.out.Str[:b.n])
	}
}

// Done returns the result, valid until Ctx.Reset.
func (b *Blend) Done() *col.Vector { return b.out }

// Take takes the lanes of sel (nil: all) from v, which has the result's type and n values, or
// one for all of them. Long strings are not copied.
func (b *Blend) Take(v *col.Vector, sel []uint32) {
	if sel != nil && len(sel) == 0 {
		return
	}
	v = b.unify(v)
	m := mask(v, b.n)
	if m == 0 && v.Null(0) {
		return
	}
	switch v.Kind {
	case col.KindBit:
		span(sel, b.n, func(i int) { b.out.SetBool(i, v.Bool(i&m)) })
	case col.KindI32:
		copyLanes(b.out.I32, v.I32, sel, b.n, m)
	case col.KindI64, col.KindD64:
		copyLanes(b.out.I64, v.I64, sel, b.n, m)
	case col.KindF32:
		copyLanes(b.out.F32, v.F32, sel, b.n, m)
	case col.KindF64:
		copyLanes(b.out.F64, v.F64, sel, b.n, m)
	case col.KindIv, col.KindU128:
		copyLanes(b.out.Wide, v.Wide, sel, b.n, m)
	default:
		b.views(v, sel, m)
	}
	b.valid(v, sel, m)
}

func copyLanes[T any](dst, src []T, sel []uint32, n, m int) {
	if sel == nil {
		for i := range n {
			dst[i] = src[i&m]
		}
		return
	}
	for _, i := range sel {
		dst[i] = src[int(i)&m]
	}
}

func (b *Blend) views(v *col.Vector, sel []uint32, m int) {
	base := uint64(len(b.out.Arenas)) << 32
	b.out.Arenas = append(b.out.Arenas[:len(b.out.Arenas):len(b.out.Arenas)], v.Arenas...)
	span(sel, b.n, func(i int) {
		s := v.Str[i&m]
		if s.Len() > col.InlineLen {
			s.Hi += base
		}
		b.out.Str[i] = s
	})
}

func (b *Blend) valid(v *col.Vector, sel []uint32, m int) {
	w := b.out.Valid
	if v.Valid == nil || m == 0 {
		span(sel, b.n, func(i int) { w[i>>6] |= 1 << (i & 63) })
		return
	}
	span(sel, b.n, func(i int) {
		w[i>>6] = w[i>>6]&^(1<<(i&63)) | v.Valid[i>>6]>>(i&63)&1<<(i&63)
	})
}

// unify brings the result and v to one form where both are numerics of different forms.
func (b *Blend) unify(v *col.Vector) *col.Vector {
	if !b.set {
		b.set = true
		if v.Kind != b.out.Kind || v.Scale != b.out.Scale {
			b.out.ResetKind(b.out.Type, v.Kind, v.Scale)
			b.out.Resize(b.n)
			b.nulls()
		}
		return v
	}
	if v.Kind == b.out.Kind && v.Scale == b.out.Scale {
		return v
	}
	b.out = b.out.ToDec()
	return v.ToDec()
}
