package planner

import (
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// Aggregate groups rows by columns and computes aggregates of columns. The output is the
// group's columns, then the aggregates.
type Aggregate struct {
	Input Node
	Group []int
	Calls []AggregateCall
	Final bool // emit a group once, when the watermark of one of its columns has passed it
	// expected is how many groups there will be about; 0: nobody knows.
	expected float64
}

// AggregateCall is one aggregate and the name of its column.
type AggregateCall struct {
	exec.AggregateCall
	Name string
}

var _ = nodeText("aggregate", 1, readAggregate)

func readAggregate(r *reader) Node {
	in := r.input(0)
	a := &Aggregate{Group: r.ints(len(in)), Final: r.flag("final")}
	for range r.count() {
		c := AggregateCall{Name: r.quoted()}
		id, version := r.quoted(), r.number()
		c.Agg = r.aggregate(id, version)
		c.Args, c.Filter, c.Distinct = r.ints(len(in)), int(r.number()), r.flag("distinct")
		c.readOrder(r, in, a.Group)
		if c.Filter < -1 || c.Filter >= len(in) {
			r.fail("filter column %d", c.Filter)
		}
		if r.err == nil && !c.fits(in) {
			r.fail("arguments of %s", id)
		}
		a.Calls = append(a.Calls, c)
	}
	return a.WithInputs(r.inputs...)
}

// fits checks that the columns are what the aggregate takes.
func (c AggregateCall) fits(in []col.Column) bool {
	if c.Filter >= 0 && !in[c.Filter].Type.Is(col.Bool) {
		return false
	}
	var args []col.Type
	for _, x := range c.Direct {
		args = append(args, x.Type())
	}
	for _, a := range c.Args {
		args = append(args, in[a].Type)
	}
	return c.Agg.Takes(args)
}

func (a *Aggregate) String() string {
	l := newLine("aggregate").ints(a.Group).flag("final", a.Final).number(int64(len(a.Calls)))
	for _, c := range a.Calls {
		l.quoted(c.Name).quoted(c.Agg.ID()).number(int64(c.Agg.Version)).ints(c.Args).number(int64(c.Filter)).flag("distinct", c.Distinct)
		c.writeOrder(l)
	}
	return l.Builder.String()
}

func (a *Aggregate) Schema() []col.Column {
	in := a.Input.Schema()
	var out []col.Column
	for _, g := range a.Group {
		out = append(out, in[g])
	}
	for _, c := range a.Calls {
		out = append(out, col.Column{Name: c.Name, Type: c.Type()})
	}
	return out
}

func (a *Aggregate) Inputs() []Node             { return []Node{a.Input} }
func (a *Aggregate) WithInputs(in ...Node) Node { n := *a; n.Input = in[0]; return &n }

func (a *Aggregate) derive(in []Properties) Properties {
	p := Properties{AppendOnly: a.Final, Closed: a.Final}
	p.addKey(identity(len(a.Group)))
	p.Watermarks, p.Late = a.closed(a.carried(in[0])), in[0].Late && !a.Final
	p.Settled = a.Final && len(p.Watermarks) == 1
	if in[0].AppendOnly {
		p.Rising = a.rising()
	}
	p.Partitioned = mappedSets(in[0].Partitioned, func(c int) []int {
		if i := slices.Index(a.Group, c); i >= 0 {
			return []int{i}
		}
		return nil
	})
	if a.anywhere() {
		p.Partitioned = [][]int{{}}
	}
	return p
}

// rising finds the count that is greater whenever a group's row has changed, over rows that
// never go.
func (a *Aggregate) rising() *Rising {
	if slices.ContainsFunc(a.Calls, func(c AggregateCall) bool { return c.Agg.Fallible }) {
		return nil // an error would take a row away
	}
	for i, c := range a.Calls {
		if c.Agg.Name == "count" && (len(a.Calls) == 1 || len(c.Args) == 0 && c.Filter < 0) {
			return &Rising{By: len(a.Group) + i, Fixed: identity(len(a.Group))}
		}
	}
	return nil
}

func (a *Aggregate) meets() [][]int {
	if a.anywhere() {
		return nil // what it is built of brings rows together
	}
	return [][]int{a.Group}
}

// carried lists the output columns that carry a watermark.
func (a *Aggregate) carried(in Properties) (out []int) {
	for i, g := range a.Group {
		if slices.Contains(in.Watermarks, g) {
			out = append(out, i)
		}
	}
	return out
}

// closed are, of the output columns whose input carries a watermark, those that carry one
// themselves. Rows that come once come when the watermark has passed the first of them. What
// else was grouped by may lie below its own watermark by then; but the bounds of one window pass
// together, or the end before the start, where windows that begin together grow.
func (a *Aggregate) closed(carried []int) []int {
	if !a.Final || len(carried) < 2 {
		return carried
	}
	first := carried[0]
	w, place := windowOf(a.Input, a.Group[first])
	for _, i := range carried {
		if v, end := windowOf(a.Input, a.Group[i]); w != nil && v == w && place == 0 && end > 0 {
			first, place = i, end
		}
	}
	out := []int{first}
	for _, i := range carried {
		if v, _ := windowOf(a.Input, a.Group[i]); w != nil && v == w && i != first {
			out = append(out, i)
		}
	}
	return out
}

// windowOf is the Window whose bound a column is, and which: 0 the start, 1 the end, 2 the last
// instant; nil: it is none, or comes through more than filters and projections.
func windowOf(n Node, c int) (w *Window, place int) {
	for {
		switch x := n.(type) {
		case *Window:
			if width := len(x.Input.Schema()); c >= width {
				return x, c - width
			}
			n = x.Input
		case *Filter:
			n = x.Input
		case *Project:
			of, ok := x.Exprs[c].(*expr.Column)
			if !ok {
				return nil, 0
			}
			n, c = x.Input, of.Index
		default:
			return nil, 0
		}
	}
}

func (a *Aggregate) keeps(in []Properties) state {
	s := state{what: "a row for each group"}
	if len(a.Group) == 0 {
		s = state{"one row", "its single group"}
	}
	var distinct []string
	for _, c := range a.Calls {
		if of := strings.Join(names(a.Input.Schema(), c.Args), " and "); c.Distinct && !slices.Contains(distinct, of) {
			distinct = append(distinct, of)
			s.what += ", the different values of " + of
			s.bound = ""
		}
	}
	if a.collects() {
		s.what += ", its rows in order"
		s.bound = ""
	}
	if why := unsliced(a); why != "" {
		s.what += ", in every window of a row: " + why + " cannot be made of slices of time"
	}
	if w := a.closed(a.carried(in[0])); len(w) > 0 && (a.Final || !in[0].Late) {
		s.bound = "the watermark of " + a.Schema()[w[0]].Name
	}
	return s
}

func (a *Aggregate) describe() string {
	in := a.Input.Schema()
	s := "Aggregate"
	if len(a.Group) > 0 {
		s += " by " + strings.Join(names(in, a.Group), ", ")
	}
	for i, c := range a.Calls {
		s += []string{": ", ", "}[min(i, 1)] + c.text(in)
	}
	if a.Final {
		s += ", emitted on window close"
	}
	return s
}

func (c AggregateCall) text(in []col.Column) string {
	args := strings.Join(names(in, c.Args), ", ")
	if len(c.Args) == 0 {
		args = "*"
	}
	if c.Distinct {
		args = "DISTINCT " + args
	}
	s := c.Agg.Name + "(" + c.orderText(args, in) + ")"
	if c.Filter >= 0 {
		s += " FILTER (WHERE " + in[c.Filter].Name + ")"
	}
	return s
}

func (a *Aggregate) needs(need []bool) [][]bool {
	below := mark(make([]bool, len(a.Input.Schema())), a.Group...)
	for i, c := range a.Calls {
		if !need[len(a.Group)+i] {
			continue
		}
		mark(below, c.Args...)
		for _, o := range c.Order {
			below[o.Col] = true
		}
		if c.Filter >= 0 {
			below[c.Filter] = true
		}
	}
	return [][]bool{below}
}

func (a *Aggregate) pruned(need []bool, in []Node, at [][]int) (Node, []int) {
	n := &Aggregate{Input: in[0], Group: remapped(a.Group, at[0]), Final: a.Final}
	out := identity(len(need))
	for i, c := range a.Calls {
		place := len(a.Group) + i
		out[place] = -1
		if !need[len(a.Group)+i] {
			continue
		}
		out[place] = len(a.Group) + len(n.Calls)
		c.Args = remapped(c.Args, at[0])
		c.Order = slices.Clone(c.Order)
		for k := range c.Order {
			c.Order[k].Col = at[0][c.Order[k].Col]
		}
		if c.Filter >= 0 {
			c.Filter = at[0][c.Filter]
		}
		n.Calls = append(n.Calls, c)
	}
	return n, out
}

func (a *Aggregate) spec() exec.AggregateSpec {
	s := exec.AggregateSpec{Group: a.Group, Final: a.Final, Expected: a.expected}
	for _, c := range a.Calls {
		s.Aggs = append(s.Aggs, c.AggregateCall)
	}
	return s
}

func (a *Aggregate) Build(b *Builder, in []exec.Ref) exec.Ref {
	s := a.spec()
	if a.Final {
		s.Closing = a.closed(a.carried(Derive(a.Input)))
	}
	if b.several && a.anywhere() && !b.known[a.Input].placedBy([]int{}) {
		return b.GlobalAggregate(in[0], s, func(r exec.Ref) exec.Ref { return b.exchange(r, []int{}) })
	}
	return b.Aggregate(in[0], s)
}

// anywhere reports whether the rows may lie at any workers: those of a grouping without
// columns, which brings together what each worker makes of its own.
func (a *Aggregate) anywhere() bool { return len(a.Group) == 0 }
