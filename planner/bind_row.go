package planner

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// rowValue is a row where it is compared or tested: ROW(…), a whole row of FROM, a subquery
// of several columns. As a value of its own there is none.
type rowValue struct {
	fields []expr.Expr
	names  []string // of the fields of a row of FROM; nil: f1, f2 …
	whole  bool     // of FROM: a value of a composite type, of which NULLs are equal
	sure   bool     // no outer join can leave it out
	// there is a column that is NULL only where the row is that of an outer join without a
	// match; nil: it is not known.
	there expr.Expr
}

// row binds a row; nil: x is no row. Where the other operand is a row, so is a subquery.
func (b *binder) row(x ast.Expr, besideRow bool) (*rowValue, error) {
	switch x := x.(type) {
	case *ast.Row:
		return b.rowOf(x)
	case *ast.Star:
		if len(x.Table) > 0 && len(x.Except) == 0 && b.scope != nil {
			return b.sourceRow(x.Table)
		}
	case *ast.ColumnRef:
		if len(x.Parts) == 1 && b.scope != nil {
			return b.wholeRow(x.Parts)
		}
	case *ast.Subquery:
		if besideRow {
			return b.subqueryRow(x)
		}
	}
	return nil, nil
}

// rowOf binds ROW(…), in which t.* stands for the columns of t.
func (b *binder) rowOf(x *ast.Row) (*rowValue, error) {
	r := &rowValue{}
	for _, e := range x.Elems {
		star, ok := e.(*ast.Star)
		if ok && star.Row != nil {
			fields, err := b.rowFields(star)
			if err != nil {
				return nil, err
			}
			for _, f := range fields {
				r.fields = append(r.fields, f.x)
			}
			continue
		}
		if ok && len(star.Table) > 0 {
			whole, err := b.sourceRow(star.Table)
			if err != nil {
				return nil, err
			}
			if value := b.sourceValue(star.Table); value != nil {
				r.fields = append(r.fields, value)
				continue
			}
			if whole == nil {
				return nil, b.scope.missingSource(b.env, star.Table[len(star.Table)-1], star.Pos)
			}
			r.fields = append(r.fields, whole.fields...)
			continue
		}
		f, err := b.expr(e)
		if err != nil {
			return nil, err
		}
		r.fields = append(r.fields, f)
	}
	return r, nil
}

// wholeRow is the row of the FROM item of a name that no column has; nil: there is none.
func (b *binder) wholeRow(name []string) (*rowValue, error) {
	for in := b.scope; in != nil && len(name) == 1; in = in.outer {
		if len(in.find(name[0])) > 0 {
			return nil, nil
		}
	}
	return b.sourceRow(name)
}

// sourceRow is the row of the FROM item of a name; nil: there is none, or it has values and not rows.
func (b *binder) sourceRow(name []string) (*rowValue, error) {
	schema, table := "", name[len(name)-1]
	if len(name) > 1 {
		schema = name[len(name)-2]
	}
	src, in, err := b.scope.qualified(schema, table)
	if src == nil || src.row {
		return nil, err
	}
	r := &rowValue{whole: true, sure: !src.nullable, names: []string{}}
	for i, f := range src.fields {
		x := b.field(in, f)
		if f.tells() || len(src.key) > 0 && src.key[0] == i {
			r.there = x
		}
		if !f.hidden {
			r.fields, r.names = append(r.fields, x), append(r.names, f.name)
		}
	}
	return r, nil
}

// sourceValue is the value of a FROM item that has values and not rows; nil: no such item has the name.
func (b *binder) sourceValue(name []string) expr.Expr {
	for in := b.scope; in != nil && len(name) == 1; in = in.outer {
		if src := in.source("", name[0]); src != nil && src.row {
			return b.field(in, src.fields[0])
		}
	}
	return nil
}

// field is a column of a scope, as it is read from here.
func (b *binder) field(in *scope, f field) expr.Expr {
	if in.values != nil {
		return in.values[f.at]
	}
	t := in.node.Schema()[f.at].Type
	if in == b.scope {
		return expr.NewColumn(f.at, t)
	}
	return expr.NewOuter(b.frameOf(in), f.at, t)
}

// subqueryRow is the one row of a subquery.
func (b *binder) subqueryRow(x *ast.Subquery) (*rowValue, error) {
	r, err := b.inner(x.Query)
	if err != nil {
		return nil, err
	}
	if r.width > mostValues {
		return nil, b.env.at(x.Pos, pgerr.Unsupported("comparing a row with a subquery of more than %d columns", mostValues))
	}
	n := r.visible()
	return &rowValue{fields: b.subquery(subqueryUse{node: n, single: !alwaysOneRow(n), values: columnValues(n), pos: x.Pos})}, nil
}

// rows binds two operands of which one is a row; nil: none is.
func (b *binder) rows(left, right ast.Expr) (l, r *rowValue, err error) {
	if l, err = b.row(left, false); err != nil {
		return nil, nil, err
	}
	if r, err = b.row(right, l != nil); err != nil {
		return nil, nil, err
	}
	if l == nil || r == nil {
		return nil, nil, nil
	}
	if len(l.fields) != len(r.fields) {
		if _, isQuery := right.(*ast.Subquery); isQuery {
			return nil, nil, checkSubqueryWidth(len(r.fields), len(l.fields))
		}
		return nil, nil, pgerr.New(pgerr.SyntaxError, "unequal number of entries in row expressions")
	}
	if len(l.fields) == 0 {
		return nil, nil, pgerr.New(pgerr.FeatureNotSupported, "cannot compare rows of zero length")
	}
	return l, r, nil
}

// compareRows is (a, b) = (c, d) and its like: by fields from the left.
func (b *binder) compareRows(op string, l, r *rowValue) (expr.Expr, error) {
	if !l.whole || !r.whole {
		return b.compare(op, l.fields, r.fields)
	}
	if op != "=" && op != "<>" || l.there == nil || r.there == nil {
		return b.compareRecords(op, l, r)
	}
	same, err := b.rowsDistinct(l, r, true)
	if err != nil {
		return nil, err
	}
	if op == "<>" {
		same = expr.NewNot(same)
	}
	both := expr.NewAnd(expr.NewIs(l.there, expr.IsNotNull), expr.NewIs(r.there, expr.IsNotNull))
	return expr.NewCase(col.Bool, both, same, expr.NewNull(col.Bool)), nil
}

// compareRecords compares whole rows as values.
func (b *binder) compareRecords(op string, l, r *rowValue) (expr.Expr, error) {
	x, err := b.record(l)
	if err != nil {
		return nil, err
	}
	y, err := b.record(r)
	if err != nil {
		return nil, err
	}
	return b.operator(op, x, y)
}

// rowsDistinct is IS [NOT] DISTINCT FROM by fields.
func (b *binder) rowsDistinct(l, r *rowValue, not bool) (expr.Expr, error) {
	var parts []expr.Expr
	for i := range l.fields {
		eq, args, err := b.equality(l.fields[i], r.fields[i])
		if err != nil {
			return nil, err
		}
		parts = append(parts, expr.NewDistinct(eq, not, args[0], args[1]))
	}
	if not {
		return expr.NewAnd(parts...), nil
	}
	return expr.NewOr(parts...), nil
}

// rowIsNull is IS [NOT] NULL of a row: that all its fields are.
func rowIsNull(r *rowValue, not bool) expr.Expr {
	test := expr.IsNull
	if not {
		test = expr.IsNotNull
	}
	parts := []expr.Expr{expr.NewBool(true)}
	for _, f := range r.fields {
		parts = append(parts, expr.NewIs(f, test))
	}
	return expr.NewAnd(parts...)
}

// countedRow is what count(t) counts: rows that are there.
func (b *binder) countedRow(x ast.Expr) (expr.Expr, error) {
	r, err := b.row(x, false)
	if err != nil || r == nil {
		return nil, err
	}
	if _, written := x.(*ast.Row); written {
		return expr.NewBool(true), nil
	}
	if r.sure {
		return expr.NewBool(true), nil
	}
	if r.there == nil {
		return nil, pgerr.Unsupported("a whole row of a subquery behind an outer join as a value").WithHint("Name a column of it that is not NULL.")
	}
	return r.there, nil
}

// typedFields gives literals of a row a type.
func (b *binder) typedFields(r *rowValue) error {
	for i, f := range r.fields {
		if isConst(f) && f.Type().Is(col.Unknown) {
			c, err := b.coerce(f, col.Text, fn.Implicit)
			if err != nil {
				return err
			}
			r.fields[i] = c
		}
	}
	return nil
}
