package exec

import (
	"math/bits"

	"github.com/millracedb/millrace/base/col"
)

// partitioner numbers the partitions of rows; its memory lasts from call to call.
type partitioner struct {
	slots, first, part []uint32
	last               [lastPartitions]uint32 // of least, by hash: partition + 1
}

const lastPartitions = 1 << 10

// number returns the first row of each partition, and the partition of each row, or of each
// at sel when it is not nil; both are good until the next call. Rows of a partition often
// come together.
func (x *partitioner) number(keys []*col.Vector, hash []uint64, sel []uint32) (first, part []uint32) {
	n := len(hash)
	if sel != nil {
		n = len(sel)
	}
	x.slots = growTo(x.slots, 1<<bits.Len(uint(2*n))) // partition + 1, by linear probing
	clear(x.slots)
	slots, mask := x.slots, uint64(len(x.slots)-1)
	first, part = x.first[:0], growTo(x.part, n)
	before, eq := 0, equalityOf(keys)
	for i := range part {
		r := i
		if sel != nil {
			r = int(sel[i])
		}
		h := hash[r]
		if i > 0 && h == hash[before] && eq.same(r, before) {
			part[i] = part[i-1]
			continue
		}
		before = r
		at := h & mask
		for slots[at] != 0 {
			if f := int(first[slots[at]-1]); hash[f] == h && eq.same(r, f) {
				break
			}
			at = (at + 1) & mask
		}
		if slots[at] == 0 {
			first = append(first, uint32(r))
			slots[at] = uint32(len(first))
		}
		part[i] = slots[at] - 1
	}
	x.first, x.part = first, part
	return first, part
}

// least returns the first row in order of each partition of a batch, and perhaps other rows:
// of a partition with whose hash another came in between. The list is good until the next call.
func (x *partitioner) least(order *rowOrder, keys []*col.Vector, hash []uint64, d *col.Batch) []uint32 {
	clear(x.last[:])
	best, eq := x.first[:0], equalityOf(keys)
	for i := range d.Len() {
		r := d.Row(i)
		h := hash[r]
		at := &x.last[h%lastPartitions]
		if *at != 0 {
			if b := best[*at-1]; hash[b] == h && eq.same(r, int(b)) {
				if order.compare(uint32(r), b) < 0 {
					best[*at-1] = uint32(r)
				}
				continue
			}
		}
		best = append(best, uint32(r))
		*at = uint32(len(best))
	}
	x.first = best
	return best
}

// equality compares rows by keys: at once where there is one whole number.
type equality struct {
	keys  []*col.Vector
	whole []int64
}

func equalityOf(keys []*col.Vector) equality {
	e := equality{keys: keys}
	if len(keys) == 1 && keys[0].Kind == col.KindI64 && !keys[0].AnyNull() {
		e.whole = keys[0].I64
	}
	return e
}

func (e *equality) same(i, j int) bool {
	if e.whole != nil {
		return e.whole[i] == e.whole[j]
	}
	return sameRow(e.keys, i, j)
}
