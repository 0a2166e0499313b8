package planner

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/exec/over"
)

func (o *Over) keeps(in []Properties) state {
	s := state{what: "the rows of each partition in order, and their values"}
	if len(o.Partition) == 0 {
		s.what = "all rows in order, and their values"
	}
	schema := o.Input.Schema()
	if c := closingColumn(in[0], o.Partition, schema); c >= 0 {
		s.bound = "the watermark of " + schema[c].Name
	} else if o.passes(in[0]) {
		s.what = "the last rows of each partition, which those to come look at, and their values"
		if len(o.Partition) == 0 {
			s.what = "the last rows, which those to come look at, and their values"
		}
		s.bound = "the watermark of " + schema[o.Order[0].Col].Name
	}
	return s
}

// passes reports whether rows are forgotten when the watermark has passed them and they are out
// of the reach of all to come.
func (o *Over) passes(in Properties) bool {
	if len(o.Order) == 0 || !in.AppendOnly {
		return false
	}
	by := o.Order[0]
	return !by.Desc && !by.NullsFirst && closingColumn(in, []int{by.Col}, o.Input.Schema()) >= 0 && over.ReachOf(o.calls()).Passes()
}

// calls are the calls with the numbers of their frames.
func (o *Over) calls() (calls []over.Call) {
	for _, c := range o.Calls {
		if c.Frame.Mode != over.Range {
			c.Frame.Start.N, c.Frame.End.N = constInt(c.Start, 0), constInt(c.End, 0)
		}
		calls = append(calls, c.Call)
	}
	return calls
}

// unevenDays is by how much days and months may differ in length, and a little more: the three
// days between the longest month and the shortest, and the day that a time zone may leave out.
const unevenDays = 7 * 24 * 60 * 60 * 1_000_000

// margin is how much further back than a row before it a row's range may begin.
func (o *Over) margin() int64 {
	for _, c := range o.Calls {
		computed := c.Start == nil && hasOffset(c.Frame.Start) || c.End == nil && hasOffset(c.Frame.End)
		if computed && o.Input.Schema()[c.Frame.Key].Type.Is(col.Timestamptz) || computed && o.Input.Schema()[c.Frame.Key].Type.Is(col.Timestamp) {
			return unevenDays
		}
		for _, x := range []expr.Expr{c.Start, c.End} {
			k, ok := x.(*expr.Const)
			if !ok || !k.Type().Is(col.Interval) || k.IsNull() {
				continue
			}
			if iv := fn.IntervalAt(k.Value(), 0); iv.Months != 0 || iv.Days != 0 {
				return unevenDays
			}
		}
	}
	return 0
}

// Build adds the operator.
func (o *Over) Build(b *Builder, in []exec.Ref) exec.Ref {
	s := exec.OverSpec{Partition: o.Partition, Order: o.Order, Calls: o.calls(), Margin: o.margin()}
	known := b.known[o.Input]
	for i := range o.Input.Schema() {
		if known.carried(i) && o.inOrder(known) {
			s.Carried = append(s.Carried, i)
		}
	}
	return b.Over(in[0], s)
}
