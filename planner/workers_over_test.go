package planner

import (
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/over"
)

// over makes one or two window functions over one order.
func (m *planMaker) over(in Node) Node {
	o := &Over{Input: in, Partition: m.some(in, 2)}
	for range m.rng.IntN(2) + 1 {
		o.Order = append(o.Order, exec.OrderBy{Col: m.column(in)})
	}
	for range m.rng.IntN(2) + 1 {
		c := OverCall{Call: over.Call{Filter: -1, Frame: over.Frame{Mode: over.ByRow}}}
		c.Frame.Start.Kind, c.Frame.End.Kind = over.BoundKind(m.rng.IntN(3)), over.BoundKind(2+m.rng.IntN(3))
		switch m.rng.IntN(3) {
		case 0:
			c.Func, c.Ret = overFunction(m.t, "row_number"), col.Int8
		case 1:
			a := m.column(in)
			c.Func, c.Args, c.Ret = overFunction(m.t, "last_value", col.Text), []int{a}, in.Schema()[a].Type
		default:
			x := m.aggregateCall("count")
			c.Agg, c.Ret = x.Agg, x.Agg.Ret
		}
		c.Name = c.Call.Name()
		for _, b := range []struct {
			kind over.BoundKind
			to   *expr.Expr
		}{{c.Frame.Start.Kind, &c.Start}, {c.Frame.End.Kind, &c.End}} {
			if b.kind == over.Preceding || b.kind == over.Following {
				*b.to = expr.NewInt8(m.rng.Int64N(3))
			}
		}
		o.Calls = append(o.Calls, c)
	}
	return o
}

func overFunction(t *testing.T, name string, args ...col.Type) *over.Function {
	f, _, err := over.Resolve(name, args)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
