package exec

import (
	"math"
	"slices"

	"github.com/millracedb/millrace/base/col"
)

// slicer finds the slices of rows, and combines rows of a batch that are equal in all that a
// grouping reads of them, if such were many, which is looked at now and then.
type slicer struct {
	cut       slicing
	time      int
	combine   *combining
	readsTime bool // as a group or an argument: rows are not combined
	batches   int
	slice     []int64 // of the batch's rows
}

const tryCombining = 64

// newSlicer returns a slicer for a grouping that keeps so many bytes for a slice.
func (b *Builder) newSlicer(s WindowGroupsSpec, entry int) slicer {
	n := slicer{cut: newSlicing(s.WindowSpec, entry), time: s.Time, combine: b.newCombining()}
	read := func(c int) {
		n.readsTime = n.readsTime || c == s.Time
		if c >= 0 && !slices.Contains(n.combine.keep, c) {
			n.combine.keep = append(n.combine.keep, c)
		}
	}
	for _, g := range s.Group {
		read(g)
	}
	for _, c := range s.Aggs {
		read(c.Filter)
		for _, x := range c.Args {
			read(x)
		}
	}
	return n
}

// combined is the batch with equal rows as one where that pays, and reports whether it is. The
// time of such rows is then their slice.
func (n *slicer) combined(b *col.Batch) (*col.Batch, bool) {
	if n.readsTime {
		return b, false
	}
	if n.batches++; n.batches%tryCombining != 0 && !n.combine.pays() {
		return b, false
	}
	cut := &n.combine.cut
	cut.Reset(col.Int8)
	cut.I64 = append(cut.I64, n.slice...)
	cut.N = b.N
	b = n.combine.sum(b, n.time)
	n.slice = append(n.slice[:0], b.Cols[n.time].I64[:b.N]...)
	return b, true
}

// locate finds the rows' slices. Times come nearly in order.
func (n *slicer) locate(v *col.Vector, rows int) {
	n.slice = growTo(n.slice, rows)
	from, slice := int64(math.MaxInt64), int64(0) // of the slice met last
	nulls := v.AnyNull()
	for i, x := range v.I64[:rows] {
		switch {
		case x == math.MinInt64 || x == math.MaxInt64 || nulls && v.Null(i):
			n.slice[i] = timeless
			continue
		case uint64(x)-uint64(from) >= uint64(n.cut.unit):
			slice = n.cut.slice(x)
			from = n.cut.start(slice)
		}
		n.slice[i] = slice
	}
}
