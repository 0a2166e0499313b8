package exec

import (
	"math"

	"github.com/millracedb/millrace/base/col"
)

// forget lets rows of both sides go by the watermarks as they stand after the tick.
func (j *rangeJoin) forget(t *Tick) {
	for i, bound := range j.gone {
		if bound == nil {
			continue
		}
		w := t.Watermark(1-i, bound.Other)
		if from := bound.shifted(w); w != NoWatermark && from != NoWatermark {
			at := col.NewVector(j.sides[i].rows.spec.Types[bound.Col])
			at.AppendI64(from)
			j.sides[i].rows.tree.DeleteRange(nil, col.AppendOrderKey(nil, at, 0, col.Order{}))
		}
	}
}

// keep merges a side's change. Rows without a time, which meet nobody, are not kept where no
// watermark would ever pass them.
func (j *rangeJoin) keep(side int, d *col.Batch, k *rowKeys, matches []int64) error {
	x := &j.sides[side]
	if j.gone[side] == nil || !d.Cols[x.by].AnyNull() {
		return x.merge(d, k, matches)
	}
	some := *d
	some.Sel = []uint32{}
	var theirs []int64
	for i := range d.N {
		if !d.Cols[x.by].Null(i) {
			some.Sel, theirs = append(some.Sel, uint32(i)), append(theirs, matches[i])
		}
	}
	timed := some.Compact()
	return x.merge(timed, x.rows.keysOf(timed), theirs)
}

// shifted is the time in a lane of a column, and a number of microseconds; one without end, or
// beyond what there is, stays there.
func (j *rangeJoin) shifted(v *col.Vector, i int, add int64) *col.Vector {
	j.edge.ResetKind(v.Type, v.Kind, v.Scale)
	j.edge.AppendI64(shiftTime(v.I64[i], add))
	return &j.edge
}

func shiftTime(x, add int64) int64 {
	switch sum := x + add; {
	case x == math.MaxInt64 || x == math.MinInt64:
		return x
	case add > 0 && sum < x:
		return math.MaxInt64
	case add < 0 && sum > x:
		return math.MinInt64
	default:
		return sum
	}
}
