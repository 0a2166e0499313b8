package planner

import (
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
)

// RowsFrom gives each row the rows that functions return for it: their columns stand behind
// the input's, and last the number of the row.
type RowsFrom struct {
	Input Node
	exec.RowsFromSpec
}

// ordinality is the name of the column that numbers rows.
const ordinality = "ordinality"

var _ = nodeText("rowsfrom", 1, func(r *reader) Node {
	in := types(r.input(0))
	n := &RowsFrom{}
	n.Ordinality, n.Outer = r.flag("ordinality"), r.flag("outer")
	for range r.count() {
		id, version := r.quoted(), r.number()
		c := exec.RowsCall{Fn: fn.SetByID(id)}
		if c.Fn == nil {
			r.fail("function %s", id)
			return nil
		}
		if int64(c.Fn.Version) != version {
			r.stale = append(r.stale, id)
		}
		for range r.count() {
			c.Columns = append(c.Columns, r.column())
		}
		for range r.count() {
			c.Args = append(c.Args, r.expr(in))
		}
		if r.err == nil && !c.Fn.Takes(exprTypes(c.Args)) {
			r.fail("arguments of %s", id)
		}
		n.Calls = append(n.Calls, c)
	}
	for range r.count() {
		n.On = append(n.On, r.typed(slices.Concat(in, n.Types()), col.Bool))
	}
	return n.WithInputs(r.inputs...)
})

func (n *RowsFrom) String() string {
	l := newLine("rowsfrom").flag("ordinality", n.Ordinality).flag("outer", n.Outer).number(int64(len(n.Calls)))
	for _, c := range n.Calls {
		l.quoted(c.Fn.ID()).number(int64(c.Fn.Version)).number(int64(len(c.Columns)))
		for _, column := range c.Columns {
			l.column(column)
		}
		l.number(int64(len(c.Args)))
		for _, a := range c.Args {
			l.expr(a)
		}
	}
	l.number(int64(len(n.On)))
	for _, x := range n.On {
		l.expr(x)
	}
	return l.Builder.String()
}

// added are the columns behind the input's.
func (n *RowsFrom) added() (out []col.Column) {
	for _, c := range n.Calls {
		out = append(out, c.Columns...)
	}
	if n.Ordinality {
		out = append(out, col.Column{Name: ordinality, Type: col.Int8})
	}
	return out
}

func (n *RowsFrom) Schema() []col.Column { return slices.Concat(n.Input.Schema(), n.added()) }
func (n *RowsFrom) Inputs() []Node       { return []Node{n.Input} }
func (n *RowsFrom) WithInputs(in ...Node) Node {
	m := *n
	m.Input = in[0]
	return &m
}

func (n *RowsFrom) exprs() (xs []expr.Expr) {
	for _, c := range n.Calls {
		xs = append(xs, c.Args...)
	}
	return append(xs, n.On...)
}

func (n *RowsFrom) withExprs(xs []expr.Expr) Node {
	m := *n
	m.Calls = slices.Clone(n.Calls)
	for i := range m.Calls {
		k := len(m.Calls[i].Args)
		m.Calls[i].Args, xs = xs[:k:k], xs[k:]
	}
	m.On = xs
	return &m
}

func (n *RowsFrom) derive(in []Properties) Properties {
	p := Properties{AppendOnly: in[0].AppendOnly, Late: in[0].Late, Watermarks: in[0].Watermarks, Partitioned: in[0].Partitioned}
	if n.Ordinality && !n.Outer {
		for _, k := range in[0].Keys {
			p.addKey(append(slices.Clone(k), len(n.Schema())-1))
		}
	}
	return p
}

func (n *RowsFrom) keeps([]Properties) state { return state{} }
func (n *RowsFrom) meets() [][]int           { return nil }

func (n *RowsFrom) describe() string {
	schema, calls := n.Input.Schema(), make([]string, len(n.Calls))
	for i, c := range n.Calls {
		calls[i] = c.Fn.Name + "(" + exprList(c.Args, schema) + ")"
	}
	s := "Rows from " + strings.Join(calls, ", ")
	if n.Ordinality {
		s += " with ordinality"
	}
	if n.Outer {
		s = "Left " + strings.ToLower(s[:1]) + s[1:]
	}
	if len(n.On) > 0 {
		s += " on " + conjunction(n.On, n.Schema())
	}
	return s
}

func (n *RowsFrom) needs(need []bool) [][]bool {
	width := len(n.Input.Schema())
	below := slices.Clone(need[:width])
	for _, x := range n.exprs() {
		for _, c := range columnsOf(x) {
			if c < width {
				below[c] = true
			}
		}
	}
	return [][]bool{below}
}

// pruned keeps the columns of the functions, which return them all anyway.
func (n *RowsFrom) pruned(_ []bool, in []Node, at [][]int) (Node, []int) {
	width, left := len(n.Input.Schema()), len(in[0].Schema())
	out := slices.Clone(at[0])
	for i := range n.added() {
		out = append(out, left+i)
	}
	xs := n.exprs()
	for i, x := range xs {
		if i < len(xs)-len(n.On) {
			xs[i] = move(x, at[0])
		} else {
			xs[i] = expr.Remap(x, func(c int) int {
				if c < width {
					return at[0][c]
				}
				return c - width + left
			})
		}
	}
	return n.withExprs(xs).WithInputs(in[0]), out
}

func (n *RowsFrom) Build(b *Builder, in []exec.Ref) exec.Ref {
	return b.RowsFrom(in[0], n.RowsFromSpec)
}

func (n *RowsFrom) pushInto(p *pusher, preds []expr.Expr) Node {
	width := len(n.Input.Schema())
	pass, stay := split(preds, func(x expr.Expr) bool { return within(x, func(c int) bool { return c < width }) })
	return filtered(n.WithInputs(p.push(n.Input, pass)), stay)
}

// carry reads the arguments from the domain.
func (n *RowsFrom) carry(u *unnesting) (Node, error) {
	in := u.domain
	if !isNothing(n.Input) {
		var err error
		if in, err = u.push(n.Input); err != nil {
			return nil, err
		}
	}
	width, domain := len(n.Input.Schema()), len(u.terms)
	xs := n.exprs()
	for i, x := range xs {
		if i >= len(xs)-len(n.On) {
			x = movedRight([]expr.Expr{x}, width, domain)[0]
		}
		xs[i] = u.expr(x, width)
	}
	m := n.withExprs(xs).WithInputs(in)
	return columnsProject(m, slices.Concat(identity(width), shifted(identity(len(n.added())), width+domain), shifted(identity(domain), width))), nil
}

// rowsOfLeft is a dependent join with functions of the left row: they are called for it, with
// no join. Nil: the right input is something else.
func (j *DependentJoin) rowsOfLeft() Node {
	f, ok := j.Right.(*RowsFrom)
	if !ok || !isNothing(f.Input) || f.Outer || j.Kind != exec.Inner && j.Kind != exec.Left {
		return nil
	}
	width := len(j.Left.Schema())
	n := &RowsFrom{Input: j.Left, RowsFromSpec: f.RowsFromSpec}
	n.Calls = slices.Clone(f.Calls)
	for i, c := range n.Calls {
		n.Calls[i].Args = make([]expr.Expr, len(c.Args))
		for k, a := range c.Args {
			a = j.onPairs(a, width)
			if len(j.Guard) > 0 { // no row of the functions where the guard is not true
				a = expr.NewCase(a.Type(), and(j.Guard), a, expr.NewNull(a.Type()))
			}
			n.Calls[i].Args[k] = a
		}
	}
	for _, x := range f.On {
		n.On = append(n.On, j.onPairs(x, width))
	}
	if n.On = append(n.On, j.On...); j.Kind == exec.Inner {
		on := n.On
		n.On = nil
		return filtered(n, on)
	}
	n.Outer = true
	return n
}

// liftFilter makes conditions on the rows of functions of the left row conditions of the join.
// Nil: the right input is something else.
func (j *DependentJoin) liftFilter() *DependentJoin {
	f, ok := j.Right.(*Filter)
	if !ok || j.Kind != exec.Inner && j.Kind != exec.Left {
		return nil
	}
	if r, ok := f.Input.(*RowsFrom); !ok || !isNothing(r.Input) {
		return nil
	}
	lifted := *j
	lifted.Right, lifted.On = f.Input, nil
	for _, x := range f.Preds {
		lifted.On = append(lifted.On, j.onPairs(x, len(j.Left.Schema())))
	}
	lifted.On = append(lifted.On, j.On...)
	return &lifted
}
