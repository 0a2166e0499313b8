package exec

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// NoWatermark is the watermark of what promises nothing.
const NoWatermark = -1 << 63

// Tick is a tick as one node sees it. Times are microseconds since 2000-01-01. It is
// valid for the call.
type Tick struct {
	g      *Graph
	n      *node
	number uint64
	now    int64
	step   uint64
	last   bool
	merged bool
}

// Number is the tick's number.
func (t *Tick) Number() uint64 { return t.number }

// Now is the instant at which the tick runs.
func (t *Tick) Now() int64 { return t.now }

// Step numbers the step; no two steps of a database have the same number.
func (t *Tick) Step() uint64 { return t.step }

// LastStep reports whether the tick has no step after this one.
func (t *Tick) LastStep() bool { return t.last }

// Merged reports whether the batch of this Apply is merged into its arrangement already
// (it comes from a late port).
func (t *Tick) Merged() bool { return t.merged }

// Birth reports whether this is the first step of the node's dataflow. Of several workers the
// first alone says so, which has the rows that come of nothing.
func (t *Tick) Birth() bool { return t.n.flow.unborn }

// Watermark is the watermark of a column of input in: no row with a lesser value is to
// come. In the last step of a tick it is that after the tick's last commit.
func (t *Tick) Watermark(in, column int) int64 {
	return t.g.workers()[0].nodes[t.n.inputs[in]].watermark(column)
}

// RowError says that the row of b at a position cannot be computed: it counts as absent
// above, and stands in millrace.errors with its weight.
func (t *Tick) RowError(b *col.Batch, row int, err *pgerr.Error) error {
	return t.n.flow.rowError(t.n, b, row, err)
}

// keep books a batch that an operator of a private graph keeps on the heap. Error: 53200.
func (t *Tick) keep(b *col.Batch) error {
	if t.g == nil || t.g.owner == nil {
		return nil
	}
	t.g.book(bytesOf(b))
	return t.g.outOfMemory()
}

// Settled reports whether nothing that the rest of the tick brings can change input in.
func (t *Tick) Settled(in int) bool {
	rest := t.g.workers()[0].rest
	return t.last || rest != nil && !t.g.reads(t.n.inputs[in], rest)
}
