package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/expr"
)

// fuseSessions makes one node of a grouping by the windows of sessions and the sessions below
// it, where their rows only come: no row is given its session then, of which each new row
// makes another one of all the rows before it.
func fuseSessions(root Node) Node {
	known := properties(root)
	return rewrite2(root, func(old, n Node) Node {
		a, ok := old.(*Aggregate)
		if !ok {
			return n
		}
		f, ok := newFusing(a)
		if !ok || !known[f.session.Input].AppendOnly || !f.fits(a) {
			return n
		}
		f, _ = newFusing(n.(*Aggregate))
		return f.fused(n.(*Aggregate))
	})
}

// fusing is a grouping over sessions, with what stands between them.
type fusing struct {
	session *Session
	exprs   []expr.Expr // the grouping's input columns over those of the session
	preds   []expr.Expr // what all rows satisfy, over the same
}

// newFusing looks below a grouping for sessions, through projections and filters.
func newFusing(a *Aggregate) (*fusing, bool) {
	f := &fusing{}
	for i, c := range a.Input.Schema() {
		f.exprs = append(f.exprs, column(i, c))
	}
	for n := a.Input; ; {
		switch below := n.(type) {
		case *Project:
			for i, x := range f.exprs {
				f.exprs[i] = substitute(x, below.Exprs)
			}
			for i, x := range f.preds {
				f.preds[i] = substitute(x, below.Exprs)
			}
			n = below.Input
		case *Filter:
			f.preds = append(slices.Clone(below.Preds), f.preds...)
			n = below.Input
		case *Session:
			f.session = below
			return f, true
		default:
			return nil, false
		}
	}
}

// mergedAggregates are the aggregates whose accumulators can be merged, in any order.
var mergedAggregates = []string{"count", "sum", "avg", "min", "max", "bool_and", "bool_or", "every"}

// fits reports whether the groups are the sessions, and whether what else is asked for follows
// from a session or from its rows alone.
func (f *fusing) fits(a *Aggregate) bool {
	width := len(f.session.Input.Schema())
	group := map[int]bool{}
	for _, g := range a.Group {
		c := columnIndex(f.exprs[g])
		if c < width && !slices.Contains(f.session.Partition, c) {
			return false
		}
		group[c] = true
	}
	for _, p := range f.session.Partition {
		if !group[p] || !col.CanonicalSame(f.session.Schema()[p].Type) {
			return false
		}
	}
	if !group[width] && !group[width+1] && !group[width+2] {
		return false
	}
	for _, p := range f.preds {
		if fallible(p) || !within(p, func(c int) bool { return c >= width || slices.Contains(f.session.Partition, c) }) {
			return false
		}
	}
	return !slices.ContainsFunc(a.Calls, func(c AggregateCall) bool { return !f.takes(c, width) })
}

func (f *fusing) takes(c AggregateCall, width int) bool {
	ofRows := func(x expr.Expr) bool { return within(x, func(c int) bool { return c < width }) && !volatile(x) }
	for _, a := range c.Args {
		if !ofRows(f.exprs[a]) {
			return false
		}
	}
	return slices.Contains(mergedAggregates, c.Agg.Name) && !c.Distinct && (c.Filter < 0 || ofRows(f.exprs[c.Filter]))
}

// fused is the grouping over the rows of the sessions.
func (f *fusing) fused(a *Aggregate) Node {
	in, names := f.session.Input.Schema(), a.Input.Schema()
	rows := &Project{Input: f.session.Input}
	add := func(x expr.Expr, name string) int {
		i := addExpr(&rows.Exprs, x)
		if i == len(rows.Names) {
			rows.Names = append(rows.Names, name)
		}
		return i
	}
	groups := &Aggregate{}
	for _, p := range append(slices.Clone(f.session.Partition), f.session.Time) {
		groups.Group = append(groups.Group, add(column(p, in[p]), in[p].Name))
	}
	for _, c := range a.Calls {
		for i, x := range c.Args {
			c.Args = slices.Clone(c.Args)
			c.Args[i] = add(f.exprs[x], names[x].Name)
		}
		if c.Filter >= 0 {
			c.Filter = add(f.exprs[c.Filter], names[c.Filter].Name)
		}
		groups.Calls = append(groups.Calls, c)
	}
	groups.Input = rows
	if rows.isIdentity() {
		groups.Input = rows.Input
	}
	return f.above(a, &SessionGroups{Aggregate: groups, Gap: f.session.Gap})
}

// above makes the grouping's columns of the sessions'.
func (f *fusing) above(a *Aggregate, s *SessionGroups) Node {
	width, schema := len(f.session.Input.Schema()), s.Schema()
	place := func(c int) int {
		if c >= width {
			return s.width() + c - width
		}
		return slices.Index(f.session.Partition, c)
	}
	var preds []expr.Expr
	for _, p := range f.preds {
		preds = append(preds, expr.Remap(p, place))
	}
	out := &Project{Input: filtered(s, preds)}
	for i, c := range a.Schema() {
		at := s.width() + len(windowColumns) + i - len(a.Group)
		if i < len(a.Group) {
			at = place(columnIndex(f.exprs[a.Group[i]]))
		}
		out.Exprs, out.Names = append(out.Exprs, column(at, schema[at])), append(out.Names, c.Name)
	}
	if out.isIdentity() {
		return out.Input
	}
	return out
}
