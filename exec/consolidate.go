package exec

import (
	"math/bits"
	"slices"

	"github.com/millracedb/millrace/base/col"
)

// consolidator adds up the weights of identical rows. Its memory is scratch that lasts
// from call to call of one goroutine.
type consolidator struct {
	seed  col.Seed
	hash  []uint64
	slots []uint32 // number of a row that differs from those before it, from 1
	idv   []*col.Vector
	words [][]int64 // the columns, when all are of 8 bytes and without NULLs

	rows []uint32 // of each row that differs: its place,
	h    []uint64 // its hash,
	vals []int64  // its words, side by side,
	w    []int64  // and its weight
	last int      // how many there were in the last batch,
	of   int      // of so many rows
	stop *stopper
}

// identity brings the columns into identity form.
func (c *consolidator) identity(b *col.Batch) {
	c.idv, c.words = c.idv[:0], c.words[:0]
	for i := range b.Cols {
		v := col.IdentityOf(&b.Cols[i])
		c.idv = append(c.idv, v)
		if (v.Kind == col.KindI64 || v.Kind == col.KindD64) && v.Valid == nil {
			c.words = append(c.words, v.I64)
		}
	}
	if len(c.words) < len(c.idv) {
		c.words = c.words[:0]
	}
}

// hashRows hashes the first n rows. No hash of a row outlives the call, so that words need
// not be hashed as keys are.
func (c *consolidator) hashRows(n int) {
	c.hash = growTo(c.hash, n)
	if len(c.words) == 0 {
		c.seed.Keys(c.hash, c.idv)
		return
	}
	if len(c.words) == 2 {
		x, y := c.words[0][:n], c.words[1][:n]
		for i, v := range x {
			hi, lo := bits.Mul64(uint64(v)^c.seed[0], uint64(y[i])^c.seed[1])
			c.hash[i] = hi ^ lo
		}
		return
	}
	for i := range c.hash {
		c.hash[i] = c.seed[0]
	}
	for _, v := range c.words {
		v = v[:n]
		for i, h := range c.hash {
			hi, lo := bits.Mul64(uint64(v[i])^h, c.seed[1]|1)
			c.hash[i] = hi ^ lo
		}
	}
}

// run returns b with the weights of identical rows added up and rows of weight zero left
// out: b itself where that changes nothing. b is dense.
func (c *consolidator) run(b *col.Batch) *col.Batch {
	if b.W == nil || b.Consolidated || b.N == 0 {
		return b
	}
	return c.sum(b)
}

// sum is run for a batch that is not empty, where rows without weights count once each.
func (c *consolidator) sum(b *col.Batch) *col.Batch {
	c.identity(b)
	c.hashRows(b.N)
	c.rows, c.h, c.vals, c.w = c.rows[:0], c.h[:0], c.vals[:0], c.w[:0]
	c.room(2 * min(max(c.last, 32), b.N))
	if len(c.words) == 2 && b.W == nil {
		c.countPairs(b.N)
	} else {
		for i := range b.N {
			c.stop.did(1)
			c.add(i, b.Weight(i))
		}
	}
	c.last, c.of = len(c.rows), b.N
	out := *b
	out.Consolidated = true
	if c.last == b.N && (b.W == nil || !slices.Contains(c.w, 0)) {
		return &out
	}
	out.Sel, out.W, out.Hash, out.HashOf = make([]uint32, 0, c.last), nil, nil, nil
	w := make([]int64, 0, c.last)
	for i, x := range c.w {
		if x != 0 {
			out.Sel, w = append(out.Sel, c.rows[i]), append(w, x)
		}
	}
	few := out.Compact()
	few.W = w
	return few
}

// add counts row i of the batch.
func (c *consolidator) add(i int, w int64) {
	h, slots := c.hash[i], c.slots
	mask := uint64(len(slots) - 1)
	at := h & mask
	for slots[at] != 0 {
		if j := int(slots[at] - 1); c.same(i, j) {
			c.w[j] += w
			return
		}
		at = (at + 1) & mask
	}
	c.rows, c.h, c.w = append(c.rows, uint32(i)), append(c.h, h), append(c.w, w)
	for _, v := range c.words {
		c.vals = append(c.vals, v[i])
	}
	if slots[at] = uint32(len(c.rows)); 3*len(c.rows) > 2*len(slots) {
		c.room(4 * len(c.rows))
	}
}

// countPairs counts the first n rows, of two words each.
func (c *consolidator) countPairs(n int) {
	c.stop.did(n)
	x, y := c.words[0][:n], c.words[1][:n]
	slots := c.slots
	mask := uint64(len(slots) - 1)
rows:
	for i, h := range c.hash[:n] {
		at := h & mask
		for slots[at] != 0 {
			j := int(slots[at] - 1)
			if v := c.vals[2*j : 2*j+2]; v[0] == x[i] && v[1] == y[i] {
				c.w[j]++
				continue rows
			}
			at = (at + 1) & mask
		}
		c.rows, c.h, c.w, c.vals = append(c.rows, uint32(i)), append(c.h, h), append(c.w, 1), append(c.vals, x[i], y[i])
		if slots[at] = uint32(len(c.rows)); 3*len(c.rows) > 2*len(slots) {
			c.room(4 * len(c.rows))
			slots, mask = c.slots, uint64(len(c.slots)-1)
		}
	}
}

// same reports whether row i is the j'th that differs from those before it.
func (c *consolidator) same(i, j int) bool {
	k := len(c.words)
	if k == 0 {
		return c.h[j] == c.hash[i] && sameRow(c.idv, i, int(c.rows[j]))
	}
	for n, x := range c.vals[j*k : j*k+k] {
		if x != c.words[n][i] {
			return false
		}
	}
	return true
}

// room makes at least n slots and enters the rows so far.
func (c *consolidator) room(n int) {
	c.slots = growTo(c.slots, 1<<bits.Len(uint(n-1)))
	clear(c.slots)
	mask := uint64(len(c.slots) - 1)
	for j, h := range c.h {
		at := h & mask
		for c.slots[at] != 0 {
			at = (at + 1) & mask
		}
		c.slots[at] = uint32(j + 1)
	}
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
