package over

import (
	"bytes"
	"cmp"

	"github.com/millracedb/millrace/base/col"
)

// comparer compares values of two columns of one type in an order.
type comparer struct {
	a, b   *col.Vector
	by     col.Order
	k1, k2 []byte
}

func (c *comparer) compare(i, j int) int {
	if c.a.Kind == col.KindI64 && c.b.Kind == col.KindI64 && !c.a.Null(i) && !c.b.Null(j) {
		if c.by.Desc {
			return cmp.Compare(c.b.I64[j], c.a.I64[i])
		}
		return cmp.Compare(c.a.I64[i], c.b.I64[j])
	}
	c.k1 = col.AppendOrderKey(c.k1[:0], c.a, i, c.by)
	c.k2 = col.AppendOrderKey(c.k2[:0], c.b, j, c.by)
	return bytes.Compare(c.k1, c.k2)
}
