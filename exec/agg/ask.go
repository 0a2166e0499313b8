package agg

import "github.com/millracedb/millrace/exec/fn"

// mayEnd is fn.Ctx.MayEnd before result i, which is made of numerics: it takes some tens of
// microseconds, and milliseconds where they are of so many bytes as are in the heap.
func mayEnd(c *fn.Ctx, i, bytes int) {
	if bytes > 0 {
		c.MayEnd()
	} else {
		c.MayEndAt(i)
	}
}

// mayEndBefore is fn.Ctx.MayEnd before a stored numeric is read, where that takes long: its digits
// are made a number in time that grows faster than they.
func mayEndBefore(c *fn.Ctx, stored []byte) {
	if len(stored) > longNumeric {
		c.MayEnd()
	}
}

const longNumeric = 1 << 10
