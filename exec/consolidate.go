package exec

import (
	"github.com/millracedb/millrace/base/col"
)

// consolidator adds up the weights of identical rows. Its memory is scratch that lasts
// from call to call of one goroutine.
type consolidator struct {
	seed  col.Seed
	hash  []uint64
	slots []uint32
	idv   []*col.Vector
	w     []int64
}

// identity brings the columns into identity form.
func (c *consolidator) identity(b *col.Batch) []*col.Vector {
	c.idv = c.idv[:0]
	for i := range b.Cols {
		c.idv = append(c.idv, col.IdentityOf(&b.Cols[i]))
	}
	return c.idv
}

// run returns b with the weights of identical rows added up and rows of weight zero left
// out: b itself where that changes nothing. b is dense.
func (c *consolidator) run(b *col.Batch) *col.Batch {
	if b.W == nil || b.Consolidated || b.N == 0 {
		return b
	}
	ids := c.identity(b)
	c.hash = growTo(c.hash, b.N)
	c.seed.Keys(c.hash, ids)
	size := 64
	for size < b.N*2 {
		size *= 2
	}
	c.slots = growTo(c.slots, size)
	clear(c.slots)
	c.w = append(c.w[:0], b.W...)
	w := c.w
	mask := uint64(size - 1)
	changed := false
	for i := range b.N {
		at := c.hash[i] & mask
		for {
			s := c.slots[at]
			if s == 0 {
				c.slots[at] = uint32(i + 1)
				break
			}
			if j := int(s - 1); c.hash[j] == c.hash[i] && sameRow(ids, i, j) {
				w[j] += w[i]
				w[i] = 0
				changed = true
				break
			}
			at = (at + 1) & mask
		}
	}
	out := *b
	out.Consolidated = true
	if !changed {
		return &out
	}
	out.W, out.Hash, out.HashOf = w, nil, nil
	out.Sel = make([]uint32, 0, b.N)
	for i, x := range w {
		if x != 0 {
			out.Sel = append(out.Sel, uint32(i))
		}
	}
	return out.Compact()
}

func sameRow(cols []*col.Vector, i, j int) bool {
	for _, v := range cols {
		if !col.EqualAt(v, i, v, j) {
			return false
		}
	}
	return true
}

func growTo[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/2)
	}
	return s[:n]
}
