package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/exec/over"
)

// Over adds the values of window functions, all over one order of the rows, as columns behind
// the input's.
type Over struct {
	Input     Node
	Partition []int
	Order     []exec.OrderBy
	Calls     []OverCall
}

// OverCall is a window function and the name of its column. Start and End are the offsets of
// its frame as they were written, nil for none: by rows and groups they are int8, and become
// the numbers of its bounds; of a range the bounds are columns.
type OverCall struct {
	over.Call
	Name       string
	Start, End expr.Expr
}

var (
	frameModeWords = []string{"range", "rows", "groups"}
	boundWords     = []string{"unbounded-preceding", "preceding", "current-row", "following", "unbounded-following"}
	excludeWords   = []string{"-", "current-row", "group", "ties"}
	rankedWord     = "ranked" // behind it: by which column rows are peers, and what is excluded
)

var _ = nodeText("over", 1, func(r *reader) Node {
	in := r.input(0)
	o := &Over{Partition: r.ints(len(in)), Order: r.order(len(in))}
	for range r.count() {
		o.Calls = append(o.Calls, r.overCall(in))
	}
	return o.WithInputs(r.inputs...)
})

func (r *reader) overCall(in []col.Column) OverCall {
	c := OverCall{Name: r.quoted()}
	aggregate, id, version := r.flag("aggregate"), r.quoted(), r.number()
	if aggregate {
		c.Agg = r.aggregate(id, version)
	} else if c.Func = over.ByID(id); c.Func == nil {
		r.fail("window function %s", id)
	} else if int64(c.Func.Version) != version {
		r.stale = append(r.stale, id)
	}
	for range r.count() {
		c.Args = append(c.Args, int(r.number()))
	}
	c.N, c.Filter, c.Ret = r.number(), int(r.number()), r.typ()
	f := &c.Frame
	f.Mode = over.Mode(r.oneOf(frameModeWords))
	exclude := r.oneOf(append(slices.Clone(excludeWords), rankedWord))
	if f.Ranked = exclude == len(excludeWords); f.Ranked {
		f.Peers, exclude = r.index(len(in)), r.oneOf(excludeWords)
	}
	f.Exclude = over.Exclusion(exclude)
	f.Start.Kind, f.Start.Col = over.BoundKind(r.oneOf(boundWords)), r.index(len(in)+1)
	f.End.Kind, f.End.Col = over.BoundKind(r.oneOf(boundWords)), r.index(len(in)+1)
	f.Key, f.By = r.index(len(in)+1), col.Order{Desc: r.flag("desc"), NullsFirst: r.flag("nullsfirst")}
	for _, x := range []*expr.Expr{&c.Start, &c.End} {
		if r.flag("offset") {
			*x = r.expr(nil)
		}
	}
	if r.err == nil && !c.fits(in) {
		r.fail("arguments of %s", id)
	}
	return c
}

// fits checks that the columns are what the call takes.
func (c OverCall) fits(in []col.Column) bool {
	if c.Filter < -1 || c.Filter >= len(in) || c.Filter >= 0 && !in[c.Filter].Type.Is(col.Bool) {
		return false
	}
	var types []col.Type
	for i, a := range c.Args {
		switch {
		case a >= len(in) || a < 0 && (c.Func == nil || i >= len(c.Func.Args) || !c.Func.CountsBy(i)):
			return false
		case a < 0:
			types = append(types, col.Int4)
		default:
			types = append(types, in[a].Type)
		}
	}
	if c.Func == nil {
		return c.Agg.Takes(types)
	}
	if len(types) != len(c.Func.Args) {
		return false
	}
	for i, t := range c.Func.Args {
		if t != fn.Any && !t.Is(types[i]) {
			return false
		}
	}
	return true
}

func (o *Over) String() string {
	l := newLine("over").ints(o.Partition).order(o.Order).number(int64(len(o.Calls)))
	for _, c := range o.Calls {
		version := 0
		if c.Func != nil {
			version = c.Func.Version
		} else {
			version = c.Agg.Version
		}
		l.quoted(c.Name).flag("aggregate", c.Func == nil).quoted(c.ID()).number(int64(version)).number(int64(len(c.Args)))
		for _, a := range c.Args {
			l.number(int64(a))
		}
		f := c.Frame
		l.number(c.N).number(int64(c.Filter)).typ(c.Ret).word(frameModeWords[f.Mode])
		if f.Ranked {
			l.word(rankedWord).number(int64(f.Peers))
		}
		l.word(excludeWords[f.Exclude])
		l.word(boundWords[f.Start.Kind]).number(int64(f.Start.Col)).word(boundWords[f.End.Kind]).number(int64(f.End.Col))
		l.number(int64(f.Key)).flag("desc", f.By.Desc).flag("nullsfirst", f.By.NullsFirst)
		for _, x := range []expr.Expr{c.Start, c.End} {
			if l.flag("offset", x != nil); x != nil {
				l.expr(x)
			}
		}
	}
	return l.Builder.String()
}

func (o *Over) Schema() []col.Column {
	s := slices.Clone(o.Input.Schema())
	for _, c := range o.Calls {
		s = append(s, col.Column{Name: c.Name, Type: c.Ret})
	}
	return s
}

func (o *Over) Inputs() []Node             { return []Node{o.Input} }
func (o *Over) WithInputs(in ...Node) Node { n := *o; n.Input = in[0]; return &n }
func (o *Over) meets() [][]int             { return [][]int{o.Partition} }

func (o *Over) exprs() (xs []expr.Expr) {
	for _, c := range o.Calls {
		for _, x := range []expr.Expr{c.Start, c.End} {
			if x != nil {
				xs = append(xs, x)
			}
		}
	}
	return xs
}

func (o *Over) withExprs(xs []expr.Expr) Node {
	n := *o
	n.Calls = slices.Clone(o.Calls)
	for i := range n.Calls {
		for _, x := range []*expr.Expr{&n.Calls[i].Start, &n.Calls[i].End} {
			if *x != nil {
				*x, xs = xs[0], xs[1:]
			}
		}
	}
	return &n
}

// fix checks the offsets, whose values are known now.
func (o *Over) fix(c *fn.Ctx, xs []expr.Expr) (Node, error) {
	n := o.withExprs(xs).(*Over)
	for _, call := range n.Calls {
		for _, x := range []struct {
			value expr.Expr
			what  string
		}{{call.Start, "starting"}, {call.End, "ending"}} {
			if x.value == nil {
				continue
			}
			if err := checkOffset(c, x.value.(*expr.Const), x.what, call.Frame.Mode); err != nil {
				return nil, err
			}
		}
	}
	return n, nil
}

// checkOffset refuses an offset that is NULL, negative or no number.
func checkOffset(c *fn.Ctx, x *expr.Const, what string, mode over.Mode) error {
	if x.IsNull() {
		return pgerr.New(pgerr.NullValueNotAllowed, "frame %s offset must not be null", what)
	}
	bad := false
	for op, than := range map[string]string{"<": "0", "=": "NaN"} {
		if t := x.Type(); op == "=" && !t.Is(col.Float8) && !t.Is(col.Numeric) {
			continue
		}
		y, err := expr.Coerce(c, expr.NewUnknown(than), x.Type(), fn.Implicit)
		if err != nil {
			return err
		}
		is, err := expr.CallOperator(c, op, x, y)
		if err != nil {
			return err
		}
		v, err := evaluateOnce(c, is)
		if err != nil {
			return err
		}
		bad = bad || v.Bool(0)
	}
	switch {
	case bad && mode == over.Range:
		return pgerr.New(pgerr.InvalidPrecedingOrFollowing, "invalid preceding or following size in window function")
	case bad:
		return pgerr.New(pgerr.InvalidPrecedingOrFollowing, "frame %s offset must not be negative", what)
	}
	return nil
}

func (o *Over) derive(in []Properties) Properties {
	p := Properties{Keys: slices.Clone(in[0].Keys), Closed: in[0].Settled && (o.closes(in[0]) || o.inOrder(in[0])), Partitioned: in[0].Partitioned, Late: in[0].Late}
	p.AppendOnly, p.Settled = p.Closed, p.Closed
	for i, c := range o.Calls {
		if c.Func != nil && c.Func.Name == "row_number" {
			p.addKey(append(slices.Clone(o.Partition), len(o.Input.Schema())+i))
		}
	}
	for _, w := range in[0].Watermarks {
		if slices.Contains(o.Partition, w) || o.inOrder(in[0]) {
			p.Watermarks = append(p.Watermarks, w)
		}
	}
	return p
}

// closes reports whether a partition's rows come in one instant, if they come when the
// watermark has passed them: its column is part of the partition.
func (o *Over) closes(in Properties) bool { return slices.ContainsFunc(o.Partition, in.carried) }

// inOrder reports whether rows come in the order of the window, and look at none behind them.
func (o *Over) inOrder(in Properties) bool {
	return in.Settled && len(o.Order) > 0 && in.carried(o.Order[0].Col) && !o.Order[0].Desc && o.looksAhead() == ""
}

func (o *Over) describe() string {
	in := o.Input.Schema()
	var b strings.Builder
	b.WriteString("Window functions")
	if len(o.Partition) > 0 {
		fmt.Fprintf(&b, " for each (%s)", strings.Join(names(in, o.Partition), ", "))
	}
	if len(o.Order) > 0 {
		fmt.Fprintf(&b, " in order of %s", orderText(o.Order, in))
	}
	for i, c := range o.Calls {
		b.WriteString([]string{": ", ", "}[min(i, 1)] + c.text(in))
	}
	return b.String()
}

func (c OverCall) text(in []col.Column) string {
	var args []string
	for _, a := range c.Args {
		if a < 0 {
			args = append(args, fmt.Sprint(c.N))
		} else {
			args = append(args, in[a].Name)
		}
	}
	if c.Func == nil && len(args) == 0 {
		args = []string{"*"}
	}
	s := c.Call.Name() + "(" + strings.Join(args, ", ") + ")"
	if c.Filter >= 0 {
		s += " FILTER (WHERE " + in[c.Filter].Name + ")"
	}
	if c.Framed() {
		s += c.frameText()
	}
	return s + " AS " + c.Name
}

// frameText is the frame as SQL writes it, nothing for the default one.
func (c OverCall) frameText() string {
	f := c.Frame
	if f.Mode == over.Range && f.Start.Kind == over.UnboundedPreceding && f.End.Kind == over.CurrentRow && f.Exclude == over.NoOthers {
		return ""
	}
	bound := func(b over.Bound, x expr.Expr) string {
		s := strings.ToUpper(strings.ReplaceAll(boundWords[b.Kind], "-", " "))
		switch {
		case x == nil && hasOffset(b):
			return "(computed) " + s
		case x == nil:
			return s
		case f.Mode == over.Range:
			return displayExpr(x, nil) + " " + s
		}
		return rowCountText(x) + " " + s
	}
	s := fmt.Sprintf(" %s BETWEEN %s AND %s", strings.ToUpper(frameModeWords[f.Mode]), bound(f.Start, c.Start), bound(f.End, c.End))
	if f.Exclude != over.NoOthers {
		s += " EXCLUDE " + strings.ToUpper(strings.ReplaceAll(excludeWords[f.Exclude], "-", " "))
	}
	return s
}

// columns are those that the call reads: arguments, filter, and the bounds of a range.
func (c *OverCall) columns() (at []*int) {
	for i := range c.Args {
		if c.Args[i] >= 0 {
			at = append(at, &c.Args[i])
		}
	}
	if c.Filter >= 0 {
		at = append(at, &c.Filter)
	}
	start, end := hasOffset(c.Frame.Start), hasOffset(c.Frame.End)
	if c.Frame.Mode != over.Range || !start && !end {
		return at
	}
	at = append(at, &c.Frame.Key)
	if start {
		at = append(at, &c.Frame.Start.Col)
	}
	if end {
		at = append(at, &c.Frame.End.Col)
	}
	if c.Frame.Ranked {
		at = append(at, &c.Frame.Peers)
	}
	return at
}

// hasOffset reports whether a bound lies some way off the row.
func hasOffset(b over.Bound) bool { return b.Kind == over.Preceding || b.Kind == over.Following }

func (o *Over) needs(need []bool) [][]bool {
	width := len(o.Input.Schema())
	below := mark(slices.Clone(need[:width]), o.Partition...)
	for _, by := range o.Order {
		below[by.Col] = true
	}
	for i := range o.Calls {
		if need[width+i] {
			for _, c := range o.Calls[i].columns() {
				below[*c] = true
			}
		}
	}
	return [][]bool{below}
}

// pruned drops columns though ties are broken by a row's bytes, as a TopN does.
func (o *Over) pruned(need []bool, in []Node, at [][]int) (Node, []int) {
	width := len(o.Input.Schema())
	in, at = narrow(in, at, o.needs(need))
	n := &Over{Input: in[0], Partition: remapped(o.Partition, at[0]), Order: moveOrder(o.Order, at[0])}
	out := append(slices.Clone(at[0]), make([]int, len(o.Calls))...)
	for i, c := range o.Calls {
		if out[width+i] = -1; !need[width+i] {
			continue
		}
		out[width+i] = len(in[0].Schema()) + len(n.Calls)
		c.Args = slices.Clone(c.Args)
		for _, x := range c.columns() {
			*x = at[0][*x]
		}
		n.Calls = append(n.Calls, c)
	}
	if len(n.Calls) == 0 {
		return in[0], out
	}
	return n, out
}
