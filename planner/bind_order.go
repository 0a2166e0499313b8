package planner

import (
	"fmt"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/sql/ast"
)

// sortKey is an expression of an ORDER BY.
type sortKey struct {
	x expr.Expr
	col.Order
	pos int
}

// sortOrder is the direction of an item of ORDER BY.
func sortOrder(o *ast.SortItem) (col.Order, error) {
	desc := o.Desc
	if o.Using != nil {
		switch o.Using.Name {
		case "<":
		case ">":
			desc = true
		default:
			return col.Order{}, pgerr.New(pgerr.WrongObjectType, "operator %s is not a valid ordering operator", o.Using.Name).
				WithHint("Ordering operators must be \"<\" or \">\" members of btree operator families.")
		}
	}
	nulls := desc
	switch o.Nulls {
	case ast.NullsFirst:
		nulls = true
	case ast.NullsLast:
		nulls = false
	}
	return col.Order{Desc: desc, NullsFirst: nulls}, nil
}

// ordered resolves an ORDER BY over a query whose result columns are all there is.
func (e *env) ordered(r *relation, order []*ast.SortItem, in *binding) (*relation, error) {
	schema := r.node.Schema()[:r.width]
	for _, o := range order {
		at, ok, err := e.resultColumn(o.Expr, names(schema, identity(r.width)), "ORDER BY")
		if err != nil {
			return nil, err
		}
		if !ok {
			if ref, is := o.Expr.(*ast.ColumnRef); is && len(ref.Parts) == 1 {
				return nil, e.at(ref.Pos, pgerr.New(pgerr.UndefinedColumn, "column %q does not exist", ref.Parts[0]))
			}
			err := pgerr.New(pgerr.FeatureNotSupported, "invalid UNION/INTERSECT/EXCEPT ORDER BY clause")
			return nil, e.at(o.Expr.Position(), err.WithDetail("Only result column names can be used, not expressions or functions.").
				WithHint("Add the expression/function to every SELECT, or move the UNION into a FROM clause."))
		}
		dir, err := sortOrder(o)
		if err != nil {
			return nil, e.at(o.Pos, err)
		}
		r.order = append(r.order, exec.OrderBy{Col: at, Order: dir})
	}
	return r, nil
}

// resultColumn finds the result column that an item of ORDER BY or GROUP BY names by its name
// or its position.
func (e *env) resultColumn(x ast.Expr, columns []string, what string) (at int, ok bool, err error) {
	switch x := x.(type) {
	case *ast.ColumnRef:
		if len(x.Parts) > 1 {
			return 0, false, nil
		}
		at = slices.Index(columns, x.Parts[0])
		return at, at >= 0, nil
	case *ast.Number:
		n := 0
		if _, err := fmt.Sscanf(x.Text, "%d", &n); err != nil || fmt.Sprint(n) != x.Text {
			return 0, false, e.at(x.Pos, pgerr.New(pgerr.SyntaxError, "non-integer constant in %s", what))
		}
		if n < 1 || n > len(columns) {
			return 0, false, e.at(x.Pos, pgerr.New(pgerr.InvalidColumnReference, "%s position %d is not in select list", what, n))
		}
		return n - 1, true, nil
	case *ast.String, *ast.Bool, *ast.Null:
		return 0, false, e.at(x.Position(), pgerr.New(pgerr.SyntaxError, "non-integer constant in %s", what))
	}
	return 0, false, nil
}

func (s *selection) bindOrder(order []*ast.SortItem) error {
	b := s.binder(clause{name: "ORDER BY", aggregates: true, windows: true, sets: true})
	for _, o := range order {
		dir, err := sortOrder(o)
		if err != nil {
			return s.env.at(o.Pos, err)
		}
		x, err := s.orderExpr(b, o)
		if err != nil {
			return err
		}
		if x.Type().Is(col.JSON) {
			return s.env.at(o.Pos, pgerr.New(pgerr.UndefinedFunction, "could not identify an ordering operator for type json").
				WithHint("Use an explicit ordering operator or modify the query."))
		}
		s.keys = append(s.keys, sortKey{x, dir, leftmost(o.Expr)})
	}
	return nil
}

// orderExpr is an item of ORDER BY: a result column by name or position, or an expression
// over FROM.
func (s *selection) orderExpr(b *binder, o *ast.SortItem) (expr.Expr, error) {
	if ref, ok := o.Expr.(*ast.ColumnRef); ok && len(ref.Parts) == 1 {
		var same []int
		for i, t := range s.targets {
			if t.name == ref.Parts[0] && !slices.ContainsFunc(same, func(k int) bool { return expr.Equal(s.targets[k].x, t.x) }) {
				same = append(same, i)
			}
		}
		if len(same) > 1 {
			return nil, s.env.at(ref.Pos, pgerr.New(pgerr.AmbiguousColumn, "ORDER BY %q is ambiguous", ref.Parts[0]))
		}
		if len(same) == 1 {
			return s.targets[same[0]].x, nil
		}
		return b.value(o.Expr)
	}
	at, ok, err := s.resultColumn(o.Expr, s.targetNames(), "ORDER BY")
	if err != nil {
		return nil, err
	}
	if ok {
		return s.targets[at].x, nil
	}
	return b.value(o.Expr)
}

func (s *selection) bindDistinctOn() error {
	b := s.binder(clause{name: "DISTINCT ON", aggregates: true, windows: true})
	for _, x := range s.sel.DistinctOn {
		e, err := s.orderExpr(b, &ast.SortItem{Expr: x})
		if err != nil {
			return err
		}
		addExpr(&s.on, e)
	}
	for i, k := range s.keys {
		if i < len(s.on) && indexOf(s.on, k.x) < 0 {
			return s.env.at(s.sel.DistinctOn[0].Position(), pgerr.New(pgerr.InvalidColumnReference, "SELECT DISTINCT ON expressions must match initial ORDER BY expressions"))
		}
	}
	return nil
}
