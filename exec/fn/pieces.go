package fn

import (
	"unicode/utf8"

	"github.com/millracedb/millrace/base/col"
)

// pieceBytes is how many bytes of arguments a kernel is given between two looks at whether the
// statement is to end.
const pieceBytes = 1 << 20

// byPieces appends what f appends for s, whose characters it turns one by one, a piece at a time, and ends between two of them
// when the statement is to end.
func (c *Ctx) byPieces(dst, s bs, f func(dst, s bs) bs) (bs, error) {
	for len(s) > pieceBytes {
		n := pieceBytes
		for n > pieceBytes-utf8.UTFMax && !utf8.RuneStart(s[n]) {
			n--
		}
		if dst, s = f(dst, s[:n]), s[n:]; c.ended() {
			return dst, errCanceled()
		}
	}
	return f(dst, s), nil
}

// compute calls the kernel for all lanes of sel (nil: all n), whose result is out; where they are
// long for parts of them, with not too many bytes each, and ends the statement between them when it
// is to end. One long value of a kernel that scans it is computed aside.
func (s *Scalar) compute(c *Ctx, args []*col.Vector, sel []uint32, n int, out *col.Vector) *col.Vector {
	if c.Done == nil && c.Spend == nil || s.weights(args, n) <= pieceBytes {
		s.Kernel(c, args, sel, n, out)
		return out
	}
	b := NewBlend(c, out.Type, n)
	s.parts(c, args, sel, n, func(part []uint32) {
		if i := int(part[0]); len(part) == 1 && s.goesAside(c, args, i, n) {
			b.Take(s.one(c, args, i, n, out.Type), part)
			return
		}
		v := c.Vec(out.Type)
		v.Resize(n)
		if v.Kind.IsView() {
			clear(v.Str[:n])
		}
		v.Valid = out.Valid
		s.Kernel(c, args, part, n, v)
		b.Take(v, part)
	})
	return b.Done()
}

// parts calls f for parts of the lanes of sel (nil: all n), with not too many bytes each, and ends
// the statement between them when it is to end.
func (s *Scalar) parts(c *Ctx, args []*col.Vector, sel []uint32, n int, f func(part []uint32)) {
	if sel == nil {
		sel = c.Sel(n)
		for i := range sel {
			sel[i] = uint32(i)
		}
	}
	for from := 0; from < len(sel); {
		to, bytes := from+1, s.weight(args, int(sel[from]), n)
		for ; to < len(sel); to++ {
			if bytes += s.weight(args, int(sel[to]), n); bytes > pieceBytes {
				break
			}
		}
		c.MayEnd()
		f(sel[from:to])
		from = to
	}
}

// Select appends the lanes of sel (nil: all n) for which s, a predicate with a Filter, is true to
// dst, which is empty and has room for all of them.
func (s *Scalar) Select(c *Ctx, args []*col.Vector, sel []uint32, n int, dst []uint32) []uint32 {
	if c.Spend == nil || s.weights(args, n) <= pieceBytes {
		return s.Filter(c, args, sel, n, dst)
	}
	s.parts(c, args, sel, n, func(part []uint32) {
		if i := int(part[0]); len(part) == 1 && s.goesAside(c, args, i, n) {
			if is := s.one(c, args, i, n, s.Ret); !is.Null(0) && is.Bool(0) {
				dst = append(dst, part[0])
			}
			return
		}
		found := s.Filter(c, args, part, n, dst[len(dst):])
		dst = append(dst, found...)
	})
	return dst
}
