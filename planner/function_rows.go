package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// functionsTogether binds ROWS FROM (f(…), g(…)), and WITH ORDINALITY, where a function of a user returns rows: those of
// one number stand side by side, and NULLs where a function has no more.
func (b *binder) functionsTogether(t *ast.TableFunc) (*scope, error) {
	t, err := b.unnestedTogether(t)
	if err != nil {
		return nil, err
	}
	all, err := b.numberedCall(t, 0)
	if err != nil {
		return nil, err
	}
	for i := range t.Funcs[1:] {
		next, err := b.numberedCall(t, i+1)
		if err != nil {
			return nil, err
		}
		all = beside(all, next)
	}
	schema := all.Schema()
	width := len(schema) - 1
	columns := names(schema, identity(width))
	if t.Ordinality {
		columns = append(columns, ordinality)
	}
	src := &source{real: tableFuncName(t), unlocked: "a function"}
	src.alias = src.real
	s := newSource(all, src, columns, nil)
	s.order = []exec.OrderBy{{Col: width}}
	return s, b.rename(s, t.Alias, "table")
}

// beside joins rows whose last column is their number to others of that kind.
func beside(left, right Node) Node {
	l, r := len(left.Schema())-1, len(right.Schema())-1
	j := &Join{Left: left, Right: right, Kind: exec.Full, LeftKeys: []int{l}, RightKeys: []int{r}}
	p := columnsProject(j, slices.Concat(identity(l), shifted(identity(r), l+1)))
	number := expr.NewCoalesce(col.Int8, expr.NewColumn(l, col.Int8), expr.NewColumn(l+1+r, col.Int8))
	p.Exprs, p.Names = append(p.Exprs, number), append(p.Names, ordinality)
	return p
}

// numberedCall is the rows of function i of an item of FROM, and as their last column their number.
func (b *binder) numberedCall(t *ast.TableFunc, i int) (Node, error) {
	n, err := b.numberedFunction(t, i)
	if n == nil && err == nil {
		f := &RowsFrom{Input: &Values{Rows: [][]expr.Expr{{}}}}
		var c exec.RowsCall
		if c, err = b.rowsCall(t, i); err == nil {
			f.Calls, f.Ordinality = []exec.RowsCall{c}, true
			n, err = b.functionRows(b, f, pointers(c.Args))
		}
	}
	return n, b.env.at(t.Funcs[i].Position(), err)
}

// numberedFunction is numberedCall of a user's function that returns rows; nil: it is another.
func (b *binder) numberedFunction(t *ast.TableFunc, i int) (Node, error) {
	x, ok := t.Funcs[i].(*ast.Call)
	if !ok {
		return nil, nil
	}
	call, _, err := b.userCall(x)
	if err != nil || call == nil || !call.Set && !call.composite() {
		return nil, err
	}
	if err := b.defineColumns(call, x, t.Defined(i)); err != nil {
		return nil, err
	}
	r, err := b.functionRowsOf(call, x)
	if err != nil {
		return nil, err
	}
	alias := ""
	if len(t.Funcs) == 1 {
		alias = t.Alias.Name
	}
	p := r.numbered()
	copy(p.Names, call.columnNames(r, alias))
	return p, nil
}

// numbered is the visible columns of the rows, and their number in the order in which they come.
func (r *relation) numbered() *Project {
	n, order := r.inOrder()
	o := numbered(n, nil, order, "row_number")
	return columnsProject(o, append(identity(r.width), len(n.Schema())))
}

// inOrder is the rows and the order in which they come: that of ORDER BY, or else, where functions or VALUES make them, the
// one in which they are made.
func (r *relation) inOrder() (Node, []exec.OrderBy) {
	if len(r.order) > 0 {
		return r.node, r.order
	}
	if n := asMade(r.node); n != nil {
		return n, []exec.OrderBy{{Col: len(n.Schema()) - 1}}
	}
	return r.node, nil
}

// asMade adds to rows, as their last column, which was made first; nil: nothing says it.
func asMade(n Node) Node {
	switch n := n.(type) {
	case *Values:
		out := &Values{Columns: append(slices.Clone(n.Columns), col.Column{Name: ordinality, Type: col.Int8})}
		for i, row := range n.Rows {
			out.Rows = append(out.Rows, append(slices.Clone(row), expr.NewInt8(int64(i))))
		}
		return out
	case *Series:
		f, _, err := fn.ResolveSet("generate_series", exprTypes(n.Args), nil)
		if err != nil {
			return nil
		}
		c := exec.RowsCall{Fn: f, Args: n.Args, Columns: n.Schema()}
		return &RowsFrom{Input: &Values{Rows: [][]expr.Expr{{}}}, RowsFromSpec: exec.RowsFromSpec{Calls: []exec.RowsCall{c}, Ordinality: true}}
	case *RowsFrom:
		if !alwaysOneRow(n.Input) {
			return nil
		}
		out := *n
		out.Ordinality = true
		last := len(out.Schema()) - 1
		return columnsProject(&out, append(identity(len(n.Schema())), last))
	case *Filter:
		if in := asMade(n.Input); in != nil {
			return &Filter{Input: in, Preds: n.Preds}
		}
	case *Project:
		if in := asMade(n.Input); in != nil {
			last := len(in.Schema()) - 1
			return &Project{Input: in, Exprs: append(slices.Clone(n.Exprs), expr.NewColumn(last, col.Int8)), Names: append(slices.Clone(n.Names), ordinality)}
		}
	case *DependentJoin:
		if in := asMade(n.Right); in != nil && n.Kind == exec.Inner && alwaysOneRow(n.Left) {
			return n.WithInputs(n.Left, in)
		}
	}
	return nil
}
