package fn

import (
	"unicode/utf8"

	"github.com/millracedb/millrace/base/col"
)

// pieceBytes is how many bytes of arguments a kernel is given between two looks at whether the
// statement is to end.
const pieceBytes = 1 << 20

// argumentBytes is the bytes of arguments that a kernel has to read, where that may be much.
func argumentBytes(args []*col.Vector, n int) (total int) {
	for _, a := range args {
		if !a.Kind.IsView() || len(a.Arenas) == 0 {
			continue
		}
		if a.N == 1 {
			total += n * a.Str[0].Len()
			continue
		}
		for i := range a.Str[:n] {
			total += a.Str[i].Len()
		}
	}
	return total
}

// endsBefore reports whether the statement is to end before a kernel is given one long value.
func (c *Ctx) endsBefore(args []*col.Vector) bool {
	return c.Done != nil && argumentBytes(args, 1) > pieceBytes && c.ended()
}

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

// pieces calls f for parts of the lanes of sel (nil: all n), with not too many bytes of arguments
// each, and ends the statement between them when it is to end. Short arguments are one part.
func (c *Ctx) pieces(args []*col.Vector, sel []uint32, n int, f func(sel []uint32)) {
	if c.Spend == nil || n == 1 {
		f(sel)
		return
	}
	total := argumentBytes(args, n)
	if total <= pieceBytes {
		f(sel)
		return
	}
	if sel == nil {
		sel = c.Sel(n)
		for i := range sel {
			sel[i] = uint32(i)
		}
	}
	per := max(1, int(int64(n)*pieceBytes/int64(total)))
	for from := 0; from < len(sel); from += per {
		c.MayEnd()
		f(sel[from:min(from+per, len(sel))])
	}
}

// Select appends the lanes of sel (nil: all n) for which s, a predicate with a Filter, is true to
// dst, which is empty and has room for all of them.
func (s *Scalar) Select(c *Ctx, args []*col.Vector, sel []uint32, n int, dst []uint32) []uint32 {
	c.pieces(args, sel, n, func(sel []uint32) {
		found := s.Filter(c, args, sel, n, dst[len(dst):])
		dst = append(dst, found...)
	})
	return dst
}
