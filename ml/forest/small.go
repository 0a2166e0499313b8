package forest

import "math/bits"

// numbered is leaf numbers of a block's rows: a byte a row, in eight words.
type numbered struct {
	bits  [8]uint64 // the same, a word a bit
	bytes [8]uint64
}

// divide takes all rows through a small tree: r.words becomes the rows that are in each leaf.
func (f *Forest) divide(t *tree, r *Rows) {
	words, planes := &r.words, r.planes
	words[0] = ^uint64(0)
	for i, s := range f.steps[t.step:][:t.leaves-1] {
		plane, in := planes[s.plane], words[uint8(s.from)]
		words[uint8(i+1)] = in & plane
		words[uint8(s.from)] = in &^ plane
	}
}

// number sets the leaf numbers of rows from the words of so many leaves, eight of them at a time, then the words
// of these eights, and at last those of their eights.
func (r *Rows) number(leaves int) {
	var eights [smallLeaves / 8]uint64
	var most [8]uint64
	r.bits = [8]uint64{}
	clear(r.words[leaves : (leaves+7)&^7])
	for i := range (leaves + 7) / 8 {
		eights[i%len(eights)] = octet((*[8]uint64)(r.words[8*i:]), (*[3]uint64)(r.bits[0:]))
	}
	if leaves <= 8 {
		return
	}
	for i := range (leaves + 63) / 64 {
		most[i%8] = octet((*[8]uint64)(eights[8*i:]), (*[3]uint64)(r.bits[3:]))
	}
	r.bits[6], r.bits[7] = most[1]|most[3], most[2]|most[3]
}

// octet adds to the three bits of numbers what eight words, of which no two have a row in common, say of them, and
// gives the rows of all.
func octet(w *[8]uint64, bits *[3]uint64) uint64 {
	low, high := w[2]|w[3], w[6]|w[7]
	upper := w[4] | w[5] | high
	bits[0] |= w[1] | w[3] | w[5] | w[7]
	bits[1] |= low | high
	bits[2] |= upper
	return w[0] | w[1] | low | upper
}

// spread has the bits of a byte in bytes of their own.
var spread = func() (all [256]uint64) {
	for b := range all {
		for i := range 8 {
			all[b] |= uint64(b) >> i & 1 << (8 * i)
		}
	}
	return all
}()

// transpose makes bytes of the first of the bits, the highest first.
func (n *numbered) transpose(used int) {
	var a, b, c, d, e, f, g, h uint64
	for i := used - 1; i >= 0; i-- {
		p := n.bits[i&7]
		a = a<<1 | spread[uint8(p)]
		b = b<<1 | spread[uint8(p>>8)]
		c = c<<1 | spread[uint8(p>>16)]
		d = d<<1 | spread[uint8(p>>24)]
		e = e<<1 | spread[uint8(p>>32)]
		f = f<<1 | spread[uint8(p>>40)]
		g = g<<1 | spread[uint8(p>>48)]
		h = h<<1 | spread[uint8(p>>56)]
	}
	n.bytes = [8]uint64{a, b, c, d, e, f, g, h}
}

// few is how many rows of a block are better walked, also down small trees, without planes: to take a block
// through a tree costs about as much for one row as for all.
const few = 2

// walked says whether a block is walked down all trees.
func (f *Forest) walked(r *Rows) bool { return r.n <= few && !f.leveled }

// find sets the leaf numbers of a tree that has no more than a byte tells apart; false: it has more.
func (f *Forest) find(t *tree, r *Rows) bool {
	switch {
	case t.form == small && !f.walked(r):
		f.divide(t, r)
		r.number(t.leaves)
		r.transpose(bits.Len(uint(t.leaves - 1)))
	case t.form == oblivious && t.n <= 8:
		for i, s := range f.steps[t.step:][:t.n] {
			r.bits[i&7] = r.planes[s.plane]
		}
		r.transpose(t.n)
	default:
		return false
	}
	return true
}
