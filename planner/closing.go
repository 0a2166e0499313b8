package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/over"
)

// closer makes a plan emit each row once, when a watermark has made it final (EMIT ON WINDOW
// CLOSE). It goes down from the root through what neither waits nor takes back to the nodes
// that can wait for a watermark.
type closer struct {
	known map[Node]Properties
	done  map[Node]Node
}

// closable is a node under EMIT ON WINDOW CLOSE: closing returns it with rows that are final
// when they come.
type closable interface {
	closing(c *closer) (Node, error)
}

// emitOnClose makes a plan emit its rows once each.
func emitOnClose(root Node) (Node, error) {
	c := &closer{known: properties(root), done: map[Node]Node{}}
	return c.close(root)
}

func (c *closer) close(n Node) (Node, error) {
	if c.done[n] != nil {
		return c.done[n], nil
	}
	if c.known[n].Closed {
		return n, nil
	}
	m, ok := n.(closable)
	if !ok {
		return nil, c.refuse(n)
	}
	out, err := m.closing(c)
	if err == nil {
		c.done[n] = out
	}
	return out, err
}

// inputs closes every input of a node.
func (c *closer) inputs(n Node) (Node, error) {
	var failed error
	out := withInputs(n, func(in Node) Node {
		x, err := c.close(in)
		if err != nil {
			failed = err
			return in
		}
		return x
	})
	return out, failed
}

// final reports whether rows of a node that only come are final at once.
func (c *closer) final(n Node) bool { return c.known[n].AppendOnly && !c.known[n].Late }

// refuse says why rows of a node are never final.
func (c *closer) refuse(n Node) error {
	return pgerr.New(pgerr.FeatureNotSupported, "EMIT ON WINDOW CLOSE waits for rows to be final, and no watermark says when those of %q are", n.describe()).
		WithHint("It stands over a GROUP BY of window_start or window_end, a DISTINCT with one of them, a join of streams whose times bound each other, or window functions over a time in order; with filters, computed columns and UNION ALL above it.")
}

var errNoWindow = pgerr.New(pgerr.FeatureNotSupported, "EMIT ON WINDOW CLOSE needs a grouping by a column that carries a watermark").
	WithHint("Group by window_start or window_end of TUMBLE, HOP, CUMULATE or SESSION over a stream that has a WATERMARK on its time column. A join with a table that changes carries none.")

func (f *Filter) closing(c *closer) (Node, error)  { return c.inputs(f) }
func (p *Project) closing(c *closer) (Node, error) { return c.inputs(p) }

func (u *Union) closing(c *closer) (Node, error) { return c.inputs(u) }

// A join by bounds on the times of its pairs has pairs that are final when they come, where
// both sides only grow.
func (j *Join) closing(c *closer) (Node, error) {
	if both, _ := j.bound([]Properties{c.known[j.Left], c.known[j.Right]}); both != "" && c.final(j) {
		return j, nil
	}
	return nil, c.refuse(j)
}

// A partition's rows come in one instant, and then never again.
func (t *TopN) closing(c *closer) (Node, error) {
	i := slices.IndexFunc(t.Partition, c.known[t.Input].carried)
	if i < 0 {
		return nil, c.refuse(t)
	}
	in, err := c.held(t.Input, t.Partition[i])
	if err != nil {
		return nil, err
	}
	return t.WithInputs(in), nil
}

// Window functions are final for a partition that has come as a whole, or, where the rows
// come in the order of the window, for rows that look at none behind their ties.
func (o *Over) closing(c *closer) (Node, error) {
	in, known := o.Input, c.known[o.Input]
	if below, ok := in.(*Over); ok {
		closed, err := c.close(below)
		if err != nil {
			return nil, err
		}
		in, known = closed, Derive(closed)
	}
	if i := slices.IndexFunc(o.Partition, known.carried); i >= 0 {
		return c.over(o, in, o.Partition[i])
	}
	if len(o.Order) == 0 || o.Order[0].Desc || !known.carried(o.Order[0].Col) {
		return nil, pgerr.New(pgerr.FeatureNotSupported, "EMIT ON WINDOW CLOSE waits for rows to be final, and no watermark says when those of window functions are").
			WithHint("Let PARTITION BY name a column that carries a watermark, such as window_start, or ORDER BY begin with one.")
	}
	if name := o.looksAhead(); name != "" {
		return nil, pgerr.New(pgerr.FeatureNotSupported, "EMIT ON WINDOW CLOSE waits for rows to be final, and %s() looks at rows that are still to come", name).
			WithHint("Let the frame end at the current row, or PARTITION BY name a column that carries a watermark, such as window_start.")
	}
	return c.over(o, in, o.Order[0].Col)
}

// over puts window functions over rows that come behind each other in a column.
func (c *closer) over(o *Over, in Node, column int) (Node, error) {
	if in == o.Input {
		var err error
		if in, err = c.held(in, column); err != nil {
			return nil, err
		}
	}
	return o.WithInputs(in), nil
}

// looksAhead names a function that looks at rows behind a row's ties; empty: none does.
func (o *Over) looksAhead() string {
	for _, call := range o.Calls {
		if call.Frame.Mode != over.Range {
			call.Frame.Start.N, call.Frame.End.N = constInt(call.Start, 0), constInt(call.End, 0)
		}
		e := over.ReachOf([]over.Call{call.Call}).Behind
		if e.All || e.Rows > 0 || e.Groups > 1 || len(e.Bounds) > 0 {
			return call.Call.Name()
		}
	}
	return ""
}

func (a *Aggregate) closing(c *closer) (Node, error) {
	if len(a.carried(c.known[a.Input])) == 0 {
		return nil, errNoWindow
	}
	final := *a
	final.Final = true
	return &final, nil
}

func (d *Distinct) closing(c *closer) (Node, error) {
	if len(c.known[d].Watermarks) == 0 {
		return nil, errNoWindow
	}
	return &Aggregate{Input: d.Input, Group: identity(len(d.Schema())), Final: true}, nil
}
