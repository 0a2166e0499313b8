package fn

import "github.com/millracedb/millrace/base/col"

// Rows as values.
var (
	_ = scalar("row_of(variadic any) record", "The row of some values.", rowOf, NonStrict, Inner)
	_ = scalar("row_of_nothing() record", "The row without a field.", rowOf, NonStrict, Inner)
	_ = cast("record text", Assignment, "The row's text.", toText, IsStable)
	_ = cast("record varchar", Assignment, "The row's text.", toText, IsStable)
	_ = comparable("record", byOrder(order{cmp: func(_ *Ctx, x, y *col.Vector, n int) func(int) int {
		mx, my := mask(x, n), mask(y, n)
		return func(i int) int { return col.CompareRecords(x.Bytes(i&mx), y.Bytes(i&my)) }
	}}), Equals)
)

func rowOf(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	span(sel, n, func(i int) {
		c.buf = col.AppendRecord(c.buf[:0], a, func(v *col.Vector) int { return i & mask(v, n) })
		out.SetBytes(i, c.buf)
	})
}
