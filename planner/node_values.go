package planner

import (
	"fmt"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
)

// Values is rows of expressions that refer to no columns. Without columns it is rows of
// nothing: a SELECT without FROM has one.
type Values struct {
	Columns []col.Column
	Rows    [][]expr.Expr
}

// mostEmptyRows bounds what a damaged plan can ask for.
const mostEmptyRows = 1 << 20

var _ = nodeText("values", 0, func(r *reader) Node {
	v := &Values{}
	for range r.count() {
		v.Columns = append(v.Columns, r.column())
	}
	for n := r.number(); n > 0 && r.err == nil; n-- {
		row := []expr.Expr{}
		for i := range v.Columns {
			x := r.expr(nil)
			if r.err == nil && !x.Type().Is(v.Columns[i].Type) {
				r.fail("value %d of a row has another type than its column", i)
			}
			row = append(row, x)
		}
		if len(row) == 0 && n > mostEmptyRows {
			r.fail("%d rows without columns", n)
		}
		v.Rows = append(v.Rows, row)
	}
	return v
})

func (v *Values) String() string {
	l := newLine("values").number(int64(len(v.Columns)))
	for _, c := range v.Columns {
		l.column(c)
	}
	l.number(int64(len(v.Rows)))
	for _, row := range v.Rows {
		for _, x := range row {
			l.expr(x)
		}
	}
	return l.Builder.String()
}

func (v *Values) Schema() []col.Column     { return v.Columns }
func (v *Values) Inputs() []Node           { return nil }
func (v *Values) WithInputs(...Node) Node  { return v }
func (v *Values) exprs() []expr.Expr       { return slices.Concat(v.Rows...) }
func (v *Values) keeps([]Properties) state { return state{} }
func (v *Values) meets() [][]int           { return nil }

func (v *Values) withExprs(xs []expr.Expr) Node {
	n := &Values{Columns: v.Columns}
	for _, row := range v.Rows {
		n.Rows = append(n.Rows, xs[:len(row):len(row)])
		xs = xs[len(row):]
	}
	return n
}

// over makes a row a projection of a node. Its columns are of the types that all rows share, also
// where the row's own have other modifiers.
func (v *Values) over(n Node, row []expr.Expr) *Project {
	p := &Project{Input: n, Exprs: slices.Clone(row), Names: names(v.Columns, identity(len(row)))}
	for i, x := range row {
		if t := v.Columns[i].Type; x.Type() != t && x.Type().Is(t) {
			p.Exprs[i] = expr.Retype(x, t)
		}
	}
	return p
}

func (v *Values) derive([]Properties) Properties {
	p := Properties{AppendOnly: true, Partitioned: wholly(1)}
	if len(v.Rows) <= 1 {
		p.Keys = [][]int{{}}
	}
	return p
}

func (v *Values) describe() string {
	if len(v.Rows) == 1 {
		return "Values (" + exprList(v.Rows[0], nil) + ")"
	}
	return fmt.Sprintf("Values of %d rows", len(v.Rows))
}

func (v *Values) needs([]bool) [][]bool { return nil }

func (v *Values) pruned(need []bool, _ []Node, _ [][]int) (Node, []int) {
	n := &Values{}
	at := make([]int, len(need))
	for i, c := range v.Columns {
		at[i] = -1
		if need[i] {
			at[i] = len(n.Columns)
			n.Columns = append(n.Columns, c)
		}
	}
	for _, row := range v.Rows {
		kept := make([]expr.Expr, 0, len(n.Columns))
		for i, x := range row {
			if at[i] >= 0 {
				kept = append(kept, x)
			}
		}
		n.Rows = append(n.Rows, kept)
	}
	return n, at
}

// Build adds the constant rows as one batch, and each other row as what it computes from a
// row of nothing.
func (v *Values) Build(b *Builder, _ []exec.Ref) exec.Ref {
	consts := col.NewBatch(types(v.Columns)...)
	var refs []exec.Ref
	for _, row := range v.Rows {
		if !allConst(row) {
			refs = append(refs, b.Project(b.Values(nil, &col.Batch{N: 1}), row))
			continue
		}
		for i, x := range row {
			appendConst(&consts.Cols[i], x.(*expr.Const))
		}
		consts.Grow(consts.N+1, 1)
	}
	if consts.N > 0 || len(refs) == 0 {
		refs = append(refs, b.Values(types(v.Columns), consts))
	}
	if len(refs) == 1 {
		return refs[0]
	}
	return b.Union(refs...)
}

func allConst(row []expr.Expr) bool {
	return !slices.ContainsFunc(row, func(x expr.Expr) bool { return !isConst(x) })
}

// appendConst appends a constant to a column of its type's usual kind.
func appendConst(to *col.Vector, k *expr.Const) {
	if k.IsNull() {
		to.AppendNull()
		return
	}
	to.AppendFrom(k.Value().StoredKind(), 0)
}

// storedOne is a vector of one value of a type in the type's usual kind.
func storedOne(v *col.Vector, t col.Type) *col.Vector {
	if v.Kind != col.KindD64 || t.Kind() == col.KindD64 {
		return v
	}
	one := *v
	one.Type, one.N = t, 1
	return one.StoredKind()
}

// Compute evaluates all rows: an INSERT of VALUES needs no dataflow. The batch is the
// caller's. The error is the first row's that has one.
func (v *Values) Compute(c *fn.Ctx) (*col.Batch, error) {
	out, one := col.NewBatch(types(v.Columns)...), &col.Batch{N: 1}
	for _, row := range v.Rows {
		for i, x := range row {
			before := len(c.Marks())
			k := x.Eval(c, one, nil)
			if err := c.CutMarks(before); err != nil {
				return nil, err
			}
			if k.Null(0) {
				out.Cols[i].AppendNull()
			} else {
				out.Cols[i].AppendFrom(storedOne(k, x.Type()), 0)
			}
		}
		out.Grow(out.N+1, 1)
		c.Reset()
	}
	return out, nil
}
