package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/expr"
)

// fuseSessions makes one node of a grouping by the windows of sessions and the sessions below
// it, where their rows only come: no row is given its session then, of which each new row
// makes another one of all the rows before it.
func fuseSessions(root Node) Node { return fuse(root, (*Session).fusedWith) }

// fuseWindows makes one node of a grouping by columns and by hopping or cumulating windows, and
// the windows below it: what a row adds to its slice of time is in all the windows then.
func fuseWindows(root Node) Node { return fuse(root, (*Window).fusedWith) }

// fuse replaces groupings over nodes of one kind where fused has something better.
func fuse[N Node](root Node, fused func(below N, f *fusing, a *Aggregate, in Properties) Node) Node {
	known := properties(root)
	return rewrite2(root, func(old, n Node) Node {
		a, ok := old.(*Aggregate)
		if !ok {
			return n
		}
		f := newFusing(a)
		below, ok := f.below.(N)
		if !ok {
			return n
		}
		in := known[below.Inputs()[0]]
		f = newFusing(n.(*Aggregate)) // the same, with what is below rewritten
		if better := fused(f.below.(N), f, n.(*Aggregate), in); better != nil {
			return better
		}
		return n
	})
}

// fusing is a grouping, with what stands between it and a node that gives rows windows.
type fusing struct {
	below Node
	input Node        // of below
	time  int         // column of the input
	keys  []int       // columns of the input by which is grouped beside the windows
	exprs []expr.Expr // the grouping's input columns over those of below
	preds []expr.Expr // what all rows satisfy, over the same
}

// newFusing looks below a grouping, through projections and filters.
func newFusing(a *Aggregate) *fusing {
	f := &fusing{}
	for i, c := range a.Input.Schema() {
		f.exprs = append(f.exprs, column(i, c))
	}
	f.below = a.Input
	for {
		below := through(f.below, f.exprs, &f.preds)
		if below == nil {
			return f
		}
		f.below = below
	}
}

// mergedAggregates are the aggregates whose accumulators can be merged, in any order.
var mergedAggregates = []string{"count", "sum", "avg", "min", "max", "bool_and", "bool_or", "every"}

func (s *Session) fusedWith(f *fusing, a *Aggregate, in Properties) Node {
	f.input, f.time, f.keys = s.Input, s.Time, s.Partition
	group := f.group(a)
	for _, p := range s.Partition {
		if !group[p] {
			return nil
		}
	}
	if !in.AppendOnly || !f.fits(a) {
		return nil
	}
	return f.above(a, func(g timeGroups) Node { return &SessionGroups{g, s.Gap} })
}

func (w *Window) fusedWith(f *fusing, a *Aggregate, in Properties) Node {
	f.input, f.time = w.Input, w.Time
	width := len(w.Input.Schema())
	group := f.group(a)
	for _, g := range a.Group {
		if c := columnIndex(f.exprs[g]); c >= 0 && c < width && !slices.Contains(f.keys, c) {
			f.keys = append(f.keys, c)
		}
	}
	switch {
	case !w.Sliced() || len(f.keys) == 0 || !f.fits(a):
		return nil
	case w.Cumulate && !group[width+1] && !group[width+2]:
		return nil // windows of one start are one group
	case !in.carried(w.Time) && slices.ContainsFunc(f.keys, in.carried):
		return nil // by which groups close
	case !in.AppendOnly && slices.ContainsFunc(a.Calls, func(c AggregateCall) bool { return c.Agg.Extremum != 0 }):
		return nil
	}
	return f.above(a, func(g timeGroups) Node { return &WindowGroups{g, w.WindowSpec} })
}

// unsliced says what of a grouping by hopping or cumulating windows keeps it from being one by slices of
// time; empty: nothing that a query could leave out.
func unsliced(a *Aggregate) string {
	f := newFusing(a)
	w, ok := f.below.(*Window)
	if !ok || !w.Sliced() {
		return ""
	}
	for _, c := range a.Calls {
		switch {
		case c.Distinct:
			return c.Agg.Name + "(DISTINCT …)"
		case !slices.Contains(mergedAggregates, c.Agg.Name):
			return c.Agg.Name + "(…)"
		}
	}
	for _, g := range a.Group {
		c := columnIndex(f.exprs[g])
		if in := w.Input.Schema(); c >= 0 && c < len(in) && !col.CanonicalSame(in[c].Type) {
			return "groups by " + in[c].Name + ", of which equal values may differ,"
		}
	}
	return ""
}

// group is the set of columns of below by which a groups; -1 stands for what is no column.
func (f *fusing) group(a *Aggregate) map[int]bool {
	group := map[int]bool{}
	for _, g := range a.Group {
		group[columnIndex(f.exprs[g])] = true
	}
	return group
}

// fits reports whether the groups are by the keys and the windows, and whether what else is
// asked for follows from a group or from the rows alone.
func (f *fusing) fits(a *Aggregate) bool {
	width, schema := len(f.input.Schema()), f.input.Schema()
	group := f.group(a)
	for c := range group {
		if c < width && !slices.Contains(f.keys, c) {
			return false
		}
	}
	if !group[width] && !group[width+1] && !group[width+2] {
		return false
	}
	if slices.ContainsFunc(f.keys, func(c int) bool { return !col.CanonicalSame(schema[c].Type) }) {
		return false
	}
	for _, p := range f.preds {
		if fallible(p) || !within(p, func(c int) bool { return c >= width || slices.Contains(f.keys, c) }) {
			return false
		}
	}
	return !slices.ContainsFunc(a.Calls, func(c AggregateCall) bool { return !f.takes(c, width) })
}

func (f *fusing) takes(c AggregateCall, width int) bool {
	// What comes before a filter is asked about rows that the filter leaves out.
	ofRows := func(x expr.Expr) bool {
		return within(x, func(c int) bool { return c < width }) && !volatile(x) && (len(f.preds) == 0 || !fallible(x))
	}
	for _, a := range c.Args {
		if !ofRows(f.exprs[a]) {
			return false
		}
	}
	return slices.Contains(mergedAggregates, c.Agg.Name) && !c.Distinct && (c.Filter < 0 || ofRows(f.exprs[c.Filter]))
}

// above is the grouping over the rows below the windows, with its columns in their places.
func (f *fusing) above(a *Aggregate, groups func(timeGroups) Node) Node {
	g := f.rows(a)
	s := groups(g)
	width, schema := len(f.input.Schema()), s.Schema()
	place := func(c int) int {
		if c >= width {
			return g.width() + c - width
		}
		return slices.Index(f.keys, c)
	}
	var preds []expr.Expr
	for _, p := range f.preds {
		preds = append(preds, expr.Remap(p, place))
	}
	out := &Project{Input: filtered(s, preds)}
	for i, c := range a.Schema() {
		at := g.width() + len(windowColumns) + i - len(a.Group)
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

// rows is the grouping by the keys and the time.
func (f *fusing) rows(a *Aggregate) timeGroups {
	in, names := f.input.Schema(), a.Input.Schema()
	rows := &Project{Input: f.input}
	add := func(x expr.Expr, name string) int {
		i := addExpr(&rows.Exprs, x)
		if i == len(rows.Names) {
			rows.Names = append(rows.Names, name)
		}
		return i
	}
	groups := &Aggregate{}
	for _, p := range append(slices.Clone(f.keys), f.time) {
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
	return timeGroups{Aggregate: groups}
}
