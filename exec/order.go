package exec

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/millracedb/millrace/base/col"
)

// rowOrder compares rows of one batch by columns of an order and, where those tie, by the
// rows' identity bytes, so that every order is total.
type rowOrder struct {
	by     []OrderBy
	b      *col.Batch
	prefix []uint64 // the first order column's key, cut to 8 bytes
	exact  bool     // the prefix is the whole key of the first column
	k1, k2 []byte
	stop   *stopper
	// arriving has rows that tie lie by their places.
	arriving bool
}

// over prepares the order for a batch, which must stay as it is meanwhile.
func (o *rowOrder) over(b *col.Batch) {
	o.b, o.exact = b, true
	o.prefix = growTo(o.prefix, b.N)
	if len(o.by) == 0 {
		clear(o.prefix)
		return
	}
	v := &b.Cols[o.by[0].Col]
	if ordersAsLane(v) {
		flip := uint64(1) << 63
		if o.by[0].Desc {
			flip = flip - 1
		}
		for i, x := range v.I64[:b.N] {
			o.prefix[i] = uint64(x) ^ flip
		}
		return
	}
	o.exact = false
	for i := range b.N {
		o.stop.did(1)
		o.k1 = col.AppendOrderKey(o.k1[:0], v, i, o.by[0].Order)
		o.stop.wrote(len(o.k1))
		var p [8]byte
		copy(p[:], o.k1)
		o.prefix[i] = binary.BigEndian.Uint64(p[:])
	}
}

// ordersAsLane reports whether values are in order as their lanes are.
func ordersAsLane(v *col.Vector) bool {
	return (v.Kind == col.KindI64 || v.Kind == col.KindD64 && v.Type.Kind() == col.KindD64) && v.Valid == nil
}

// peers compares rows by the order's columns alone.
func (o *rowOrder) peers(i, j uint32) int {
	o.stop.did(1)
	if c := cmp.Compare(o.prefix[i], o.prefix[j]); c != 0 {
		return c
	}
	from := 0
	if o.exact {
		from = 1
	}
	for k := from; k < len(o.by); k++ {
		v := &o.b.Cols[o.by[k].Col]
		if ordersAsLane(v) {
			c := cmp.Compare(v.I64[i], v.I64[j])
			if o.by[k].Desc {
				c = -c
			}
			if c != 0 {
				return c
			}
			continue
		}
		o.k1 = col.AppendOrderKey(o.k1[:0], v, int(i), o.by[k].Order)
		o.k2 = col.AppendOrderKey(o.k2[:0], v, int(j), o.by[k].Order)
		o.stop.wrote(len(o.k1) + len(o.k2))
		if c := bytes.Compare(o.k1, o.k2); c != 0 {
			return c
		}
	}
	return 0
}

// compare orders rows totally.
func (o *rowOrder) compare(i, j uint32) int {
	if i == j {
		return 0
	}
	if c := o.peers(i, j); c != 0 {
		return c
	}
	if o.arriving {
		return cmp.Compare(i, j)
	}
	for c := range o.b.Cols {
		v := &o.b.Cols[c]
		if v.Kind != col.KindI64 || v.Valid != nil {
			return o.compareIdentity(i, j)
		}
		if c := cmp.Compare(v.I64[i], v.I64[j]); c != 0 {
			return c
		}
	}
	return 0
}

// compareIdentity compares the rows' identity bytes. A whole number's are in its own order, and
// rows that do not differ in the columns before one may be compared from there on.
func (o *rowOrder) compareIdentity(i, j uint32) int {
	o.k1 = col.AppendIdentity(o.k1[:0], o.b.Cols, int(i))
	o.k2 = col.AppendIdentity(o.k2[:0], o.b.Cols, int(j))
	o.stop.wrote(len(o.k1) + len(o.k2))
	return bytes.Compare(o.k1, o.k2)
}

// first sorts the rows that are among the first k by weight, or tie with the k'th when
// ties is set, to the front and returns them; k below 0 means all.
func (o *rowOrder) first(rows []uint32, k int64, ties bool) []uint32 {
	if k >= 0 && k <= 64 && int64(len(rows)) > 2*k {
		rows = o.cut(rows, int(k), ties)
	}
	slices.SortFunc(rows, o.compare)
	return rows
}

// cut drops rows that cannot be among the first k: a pass that keeps the k best seen.
func (o *rowOrder) cut(rows []uint32, k int, ties bool) []uint32 {
	if k == 0 {
		return rows[:0]
	}
	less := o.compare
	if ties {
		less = o.peers
	}
	best := make([]uint32, 0, k+1)
	for _, r := range rows {
		if len(best) == k && less(r, best[k-1]) >= 0 {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, r, less)
		best = slices.Insert(best, at, r)
		if len(best) > k {
			best = best[:k]
		}
	}
	if !ties {
		return best
	}
	last := best[len(best)-1]
	return slices.DeleteFunc(rows, func(r uint32) bool { return o.peers(r, last) > 0 })
}
