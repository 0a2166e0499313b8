package planner

import (
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// Join meets the rows of two inputs. The output is the left columns, then the right ones; of
// semi and anti joins the left ones.
type Join struct {
	Left, Right         Node
	Kind                exec.JoinKind
	LeftKeys, RightKeys []int       // pairwise equal; of equal types
	Residual            []expr.Expr // conditions on the pairs, over left ++ right
	NotIn               bool        // an anti join by the NULL rule of NOT IN
	NullsEqual          bool        // NULL keys meet
	Ordered             bool        // the sides lie in order by what the residual compares
	ByTime              bool        // the sides lie in order of the times by which the residual bounds the pairs
	Out                 []int       // the columns that come out; nil: all. Only the last rule sets it
	Proc                bool        // the left rows meet the right ones of the tick in which they come, once and for all
	Everywhere          bool        // every worker has all right rows, which are few; the left ones stay where they came
	Nearest             *Nearest    // of the right rows that a left one meets, the nearest in time alone is taken
}

var joinWords = []string{"inner", "left", "right", "full", "semi", "anti", "scalar"}

var (
	_ = nodeText("join", 2, readJoin)
	_ = nodeText("temporaljoin", 2, func(r *reader) Node { n := readJoin(r).(*Join); n.Proc = true; return n })
	_ = nodeText("intervaljoin", 2, func(r *reader) Node { n := readJoin(r).(*Join); n.ByTime = true; return n })
	_ = nodeText("everywherejoin", 2, func(r *reader) Node { n := readJoin(r).(*Join); n.Everywhere = true; return n })
	_ = nodeText("nearestjoin", 2, func(r *reader) Node { return readNearestJoin(r, false) })
	_ = nodeText("asofjoin", 2, func(r *reader) Node { return readNearestJoin(r, true) })
)

func readJoin(r *reader) Node {
	l, rt := r.input(0), r.input(1)
	j := &Join{Kind: exec.JoinKind(r.oneOf(joinWords)), LeftKeys: r.ints(len(l)), RightKeys: r.ints(len(rt)), NotIn: r.flag("notin"), NullsEqual: r.flag("nullsequal"), Ordered: r.flag("ordered")}
	if r.flag("out") {
		width := len(l) + len(rt)
		if j.leftOnly() {
			width = len(l)
		}
		j.Out = r.ints(width)
	}
	if len(j.LeftKeys) != len(j.RightKeys) {
		r.fail("keys of a join")
		return j
	}
	for i, k := range j.LeftKeys {
		if !l[k].Type.Is(rt[j.RightKeys[i]].Type) {
			r.fail("keys of different types")
		}
	}
	for range r.count() {
		j.Residual = append(j.Residual, r.typed(types(slices.Concat(l, rt)), col.Bool))
	}
	if j.Kind == exec.Single && len(j.Residual) > 0 {
		r.fail("a condition of a single join")
	}
	return j.WithInputs(r.inputs...)
}

func (j *Join) String() string {
	l := j.head().word(joinWords[j.Kind]).ints(j.LeftKeys).ints(j.RightKeys).flag("notin", j.NotIn).flag("nullsequal", j.NullsEqual).flag("ordered", j.Ordered).flag("out", j.Out != nil)
	if j.Out != nil {
		l.ints(j.Out)
	}
	l.number(int64(len(j.Residual)))
	for _, p := range j.Residual {
		l.expr(p)
	}
	return l.Builder.String()
}

// leftOnly reports whether only left rows come out.
func (j *Join) leftOnly() bool { return j.Kind == exec.Semi || j.Kind == exec.Anti }

func (j *Join) Schema() []col.Column {
	full := j.full()
	if j.Out == nil {
		return full
	}
	out := make([]col.Column, len(j.Out))
	for i, c := range j.Out {
		out[i] = full[c]
	}
	return out
}

// full is the columns that could come out.
func (j *Join) full() []col.Column {
	if j.leftOnly() {
		return j.Left.Schema()
	}
	return slices.Concat(j.Left.Schema(), j.Right.Schema())
}

// told is the columns that the residual sees, names that both sides have told apart.
func (j *Join) told() []col.Column {
	l, r := slices.Clone(j.Left.Schema()), slices.Clone(j.Right.Schema())
	for i := range l {
		for k := range r {
			if l[i].Name == r[k].Name {
				l[i].Name, r[k].Name = "left."+l[i].Name, "right."+r[k].Name
			}
		}
	}
	return slices.Concat(l, r)
}

func (j *Join) Inputs() []Node                { return []Node{j.Left, j.Right} }
func (j *Join) WithInputs(in ...Node) Node    { n := *j; n.Left, n.Right = in[0], in[1]; return &n }
func (j *Join) exprs() []expr.Expr            { return j.Residual }
func (j *Join) withExprs(xs []expr.Expr) Node { n := *j; n.Residual = xs; return &n }

func (j *Join) derive(in []Properties) Properties {
	p := j.deriveFull(in)
	if j.Out == nil {
		return p
	}
	return p.mapped(func(c int) []int {
		if i := slices.Index(j.Out, c); i >= 0 {
			return []int{i}
		}
		return nil
	})
}

func (j *Join) deriveFull(in []Properties) Properties {
	l, r := in[0], in[1]
	if j.timed() {
		return j.deriveInTime(l, r)
	}
	p := Properties{AppendOnly: l.AppendOnly && r.AppendOnly && (j.Kind == exec.Inner || j.Kind == exec.Semi), Late: l.Late || r.Late}
	if j.leftOnly() {
		p.Keys = l.Keys
	} else {
		j.deriveKeys(&p, l, r)
	}
	j.derivePlacements(&p, l, r)
	width := len(j.Left.Schema())
	for _, k := range j.timeKeys(in) {
		p.Watermarks = append(p.Watermarks, j.LeftKeys[k])
		if !j.leftOnly() {
			p.Watermarks = append(p.Watermarks, width+j.RightKeys[k])
		}
	}
	for _, b := range j.bounds() {
		if b.Side == 1 && j.leftOnly() {
			continue
		}
		if slices.Contains(in[b.Side].Watermarks, b.Col) && slices.Contains(in[1-b.Side].Watermarks, b.Other) {
			p.Watermarks = append(p.Watermarks, []int{0, width}[b.Side]+b.Col)
		}
	}
	slices.Sort(p.Watermarks)
	p.Watermarks = slices.Compact(p.Watermarks)
	return p
}

// timeKeys lists the keys that carry a watermark on both sides.
func (j *Join) timeKeys(in []Properties) (out []int) {
	for i, k := range j.LeftKeys {
		if slices.Contains(in[0].Watermarks, k) && slices.Contains(in[1].Watermarks, j.RightKeys[i]) {
			out = append(out, i)
		}
	}
	return out
}

func (j *Join) deriveKeys(p *Properties, l, r Properties) {
	width := len(j.Left.Schema())
	if j.Kind == exec.Single || r.hasKey(j.RightKeys) && (j.Kind == exec.Inner || j.Kind == exec.Left) {
		for _, k := range l.Keys {
			p.addKey(k)
		}
	}
	if l.hasKey(j.LeftKeys) && (j.Kind == exec.Inner || j.Kind == exec.Right) {
		for _, k := range r.Keys {
			p.addKey(shifted(k, width))
		}
	}
	if j.Kind == exec.Full {
		return // a row of either side without a match may have NULLs alone in both keys
	}
	for _, a := range l.Keys {
		for _, b := range r.Keys {
			p.addKey(slices.Concat(a, shifted(b, width)))
		}
	}
}

// derivePlacements: what comes out is where its rows met, so that what places an input's rows
// places it, but for the NULLs that stand in the place of rows.
func (j *Join) derivePlacements(p *Properties, l, r Properties) {
	if j.Kind != exec.Right && j.Kind != exec.Full {
		p.addPlacements(l.Partitioned...)
	}
	if j.Everywhere {
		return
	}
	if j.Kind == exec.Inner || j.Kind == exec.Right {
		for _, by := range r.Partitioned {
			p.addPlacements(shifted(by, len(j.Left.Schema())))
		}
	}
	if l.placedBy(nil) && r.placedBy(nil) {
		p.addPlacements([]int{})
	}
}

// meets: NOT IN asks what there is at all on the right.
func (j *Join) meets() [][]int {
	if j.Everywhere {
		return [][]int{nil, exec.Everywhere}
	}
	if j.NotIn {
		return wholly(2)
	}
	return [][]int{j.LeftKeys, j.RightKeys}
}

func shifted(xs []int, by int) []int {
	out := make([]int, len(xs))
	for i, x := range xs {
		out[i] = x + by
	}
	return out
}

func (j *Join) keeps(in []Properties) state {
	if j.timed() {
		return j.keepsInTime(in)
	}
	s := state{what: "the rows of both inputs"}
	if len(j.LeftKeys) > 0 {
		s.what += " by key"
	}
	if j.Everywhere {
		s.what += ", the right ones at every worker"
	}
	switch {
	case j.Ordered:
		s.what += " in order of what is compared"
	case j.ByTime:
		s.what += " in order of their times"
	case j.nested(in):
		s.what += ", every two compared (nested loop)"
	}
	if j.Kind == exec.Single {
		s.what += ", of which a left row may meet one"
	}
	if j.Kind != exec.Inner && len(j.Residual) > 0 {
		s.what += ", a count of matches for each row"
	}
	var one string
	if s.bound, one = j.bound(in); one != "" {
		s.what += ", " + one
	}
	return s
}

// nested reports whether every row of one side is compared with every row of the other.
func (j *Join) nested(in []Properties) bool {
	return len(j.LeftKeys) == 0 && !j.Ordered && !j.ByTime && !j.temporal() && !in[0].oneRow() && !in[1].oneRow()
}

// noticeNested tells whoever makes a view of its nested loops, whose changes cost the more the
// more rows there are.
func (e *env) noticeNested(root Node) {
	known := properties(root)
	for _, n := range postorder(root) {
		if j, ok := n.(*Join); ok && j.nested(inputProperties(j, known)) {
			e.notice(pgerr.New(pgerr.ExpensivePlan, "a join has no equality or inequality between a column of one side and one of the other").
				WithDetail("Every change of one side is compared with all rows of the other."))
			return
		}
	}
}

func (j *Join) describe() string {
	word := strings.ToUpper(joinWords[j.Kind][:1]) + joinWords[j.Kind][1:] + " join"
	if j.Kind == exec.Inner && len(j.LeftKeys) == 0 && len(j.Residual) == 0 {
		word = "Cross join"
	}
	if j.NotIn {
		word += " by NOT IN"
	}
	word = j.inTime(word)
	l, r := j.Left.Schema(), j.Right.Schema()
	var conds []string
	eq := " = "
	if j.NullsEqual {
		eq = " IS NOT DISTINCT FROM "
	}
	for i, k := range j.LeftKeys {
		conds = append(conds, l[k].Name+eq+r[j.RightKeys[i]].Name)
	}
	if x := j.Nearest; x != nil {
		told := j.told()
		conds = append(conds, told[x.Left].Name+" "+x.Op+" "+told[len(l)+x.Right].Name)
	}
	if len(j.Residual) > 0 {
		conds = append(conds, conjunction(j.Residual, j.told()))
	}
	if len(conds) > 0 {
		word += " on " + strings.Join(conds, " AND ")
	}
	if j.Out != nil {
		word += ", giving " + strings.Join(names(j.told(), j.Out), ", ")
	}
	return word
}

func (j *Join) needs(need []bool) [][]bool {
	wl, wr := len(j.Left.Schema()), len(j.Right.Schema())
	below := make([]bool, wl+wr)
	copy(below, need)
	for _, p := range j.Residual {
		mark(below, columnsOf(p)...)
	}
	if j.Nearest != nil {
		mark(below, j.Nearest.Left, wl+j.Nearest.Right)
	}
	mark(below, j.LeftKeys...)
	mark(below, shifted(j.RightKeys, wl)...)
	return [][]bool{below[:wl:wl], below[wl:]}
}

// onlyLooksUp reports whether the join gives each left row as it is, once, beside the value of
// a subquery. A value that nobody reads is not asked for, nor is its error (E2).
func (j *Join) onlyLooksUp() bool {
	if j.Out != nil || j.timed() {
		return false
	}
	return j.Kind == exec.Single || j.Kind == exec.Inner && len(j.LeftKeys)+len(j.Residual) == 0 && alwaysOneRow(j.Right)
}

func (j *Join) pruned(need []bool, in []Node, at [][]int) (Node, []int) {
	if j.onlyLooksUp() && !slices.Contains(need[len(j.Left.Schema()):], true) && !takesValues(j.Right) {
		return in[0], append(slices.Clone(at[0]), slices.Repeat([]int{-1}, len(need)-len(at[0]))...)
	}
	n := *j
	in, at = narrow(in, at, j.needs(need))
	n.Left, n.Right = in[0], in[1]
	n.LeftKeys, n.RightKeys = remapped(j.LeftKeys, at[0]), remapped(j.RightKeys, at[1])
	if j.Nearest != nil {
		n.Nearest = &Nearest{at[0][j.Nearest.Left], at[1][j.Nearest.Right], j.Nearest.Op, j.Nearest.ByBytes}
	}
	out := slices.Clone(at[0])
	for _, a := range at[1] {
		if a >= 0 {
			a += len(in[0].Schema())
		}
		out = append(out, a)
	}
	n.Residual = moveAll(j.Residual, out)
	if j.leftOnly() {
		return &n, at[0]
	}
	return &n, out
}

func (j *Join) Build(b *Builder, in []exec.Ref) exec.Ref {
	if j.Nearest != nil {
		return b.AsOf(in[0], in[1], j.asOf())
	}
	s := exec.JoinSpec{Kind: j.Kind, LeftKeys: j.LeftKeys, RightKeys: j.RightKeys, NullsEqual: j.NullsEqual, NotIn: j.NotIn, Out: j.Out, Bounds: j.bounds()}
	if len(j.Residual) > 0 {
		s.Residual = and(j.Residual)
	}
	if j.Proc {
		return b.TemporalJoin(in[0], in[1], s)
	}
	if j.Ordered {
		s.Ranges = j.ranges()
	}
	if j.ByTime {
		s.Ranges = j.timeRanges()
	}
	return b.Join(in[0], in[1], s)
}
