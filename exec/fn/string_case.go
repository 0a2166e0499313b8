package fn

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgtext"
)

// inCase is lower and upper. A short string of ASCII is turned in the two words of its view.
func inCase(x *pgtext.Case) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		to, v, m := *x, a[0], mask(a[0], n)
		span(sel, n, func(i int) {
			s := v.Str[i&m]
			head := s.Lo >> 32
			if s.Len() > col.InlineLen || !pgtext.ASCII8(head|s.Hi) {
				b, err := c.byPieces(c.buf[:0], v.Bytes(i&m), to.Append)
				c.bytesOut(out, i, b, err)
				return
			}
			out.Str[i] = col.Str{Lo: to.Word(head)<<32 | s.Lo&0xffffffff, Hi: to.Word(s.Hi)}
			c.spend(s.Len())
		})
	}
}
