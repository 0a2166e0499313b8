package exec

import "github.com/millracedb/millrace/base/col"

// capture adds up what a node emits.
type capture struct {
	linear
	into  *modelRel
	only  bool // no weight below 1 may come
	of    *node
	least []int64 // the node's watermarks after the tick before
}

func (c *capture) Apply(_ *Tick, _ int, b *col.Batch, _ Emit) error {
	if c.only {
		for i := range b.Len() {
			if b.Weight(b.Row(i)) < 1 {
				return defect("an append-only node retracts")
			}
		}
	}
	for i := range b.Len() {
		r := b.Row(i)
		for col, w := range c.least {
			if v := &b.Cols[col]; !v.Null(r) && v.I64[r] < w {
				return defect("%d comes in column %d, whose watermark is %d", v.I64[r], col, w)
			}
		}
	}
	c.into.addBatch(b)
	return nil
}

// passed notes the node's watermarks at the end of a tick.
func (c *capture) passed() {
	c.least = c.least[:0]
	for col := range c.of.types {
		c.least = append(c.least, c.of.watermark(col))
	}
}
