package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// withinGroup checks that WITHIN GROUP stands behind the aggregates that need it, and no
// others.
func withinGroup(x *ast.Call, use *aggregateUse) error {
	name := x.Name.Name
	ordered := agg.OrderedSet(name)
	if ordered != (len(x.WithinGroup) > 0) {
		all := slices.Clone(use.args)
		for range x.WithinGroup {
			all = append(all, use.order[len(all)-len(use.args)].x)
		}
		if _, _, err := agg.Resolve(name, exprTypes(all)); err != nil {
			return err
		}
	}
	switch {
	case ordered && len(x.WithinGroup) == 0:
		return pgerr.New(pgerr.WrongObjectType, "WITHIN GROUP is required for ordered-set aggregate %s", name)
	case !ordered && len(x.WithinGroup) > 0:
		return pgerr.New(pgerr.WrongObjectType, "%s is not an ordered-set aggregate, so it cannot have WITHIN GROUP", name)
	case ordered && x.Distinct:
		return pgerr.New(pgerr.SyntaxError, "cannot use DISTINCT with WITHIN GROUP")
	case ordered && len(x.OrderBy) > 0:
		return pgerr.New(pgerr.SyntaxError, "cannot use multiple ORDER BY clauses with WITHIN GROUP")
	}
	return nil
}

// aggregateOrder binds what stands in ORDER BY or WITHIN GROUP, and chooses the overload.
func (b *binder) aggregateOrder(x *ast.Call, use *aggregateUse) (err error) {
	for _, o := range slices.Concat(x.OrderBy, x.WithinGroup) {
		e, err := b.value(o.Expr)
		if err != nil {
			return err
		}
		if e.Type().Is(col.JSON) {
			return b.env.at(o.Expr.Position(), pgerr.New(pgerr.UndefinedFunction, "could not identify an ordering operator for type json").
				WithHint("Use an explicit ordering operator or modify the query."))
		}
		by, err := sortOrder(o)
		if err != nil {
			return b.env.at(o.Pos, err)
		}
		use.order = append(use.order, sortKey{e, by, leftmost(o.Expr)})
	}
	if err := withinGroup(x, use); err != nil {
		return err
	}
	if len(x.WithinGroup) > 0 {
		return b.orderedSet(x, use)
	}
	written := slices.Clone(use.args)
	if use.agg, err = b.resolveAggregate(x, use.args); err != nil {
		return err
	}
	use.ret = use.agg.Type(exprTypes(use.args))
	for i, o := range use.order {
		if !x.Distinct {
			break
		}
		if k := indexOf(written, o.x); k >= 0 {
			use.order[i].x = use.args[k] // as the aggregate takes it
		} else {
			return b.env.at(o.pos, pgerr.New(pgerr.InvalidColumnReference, "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list"))
		}
	}
	switch {
	case use.agg.Collecting == nil:
		use.order = nil // its result is the same in every order
	case len(use.order) == 0 && !x.Distinct && b.scope != nil:
		use.order = b.scope.rowOrder()
	}
	return nil
}

// rowOrder is the order in which rows of FROM come, as far as one is written down.
func (s *scope) rowOrder() (keys []sortKey) {
	for _, o := range s.order {
		keys = append(keys, sortKey{x: column(o.Col, s.node.Schema()[o.Col]), Order: o.Order})
	}
	return keys
}

// orderedSet is an aggregate WITHIN GROUP: its last arguments are what the order is by.
func (b *binder) orderedSet(x *ast.Call, use *aggregateUse) error {
	use.direct, use.args = use.args, nil
	n := len(use.direct)
	all := slices.Clone(use.direct)
	for _, o := range use.order {
		all = append(all, o.x)
	}
	if err := b.unifyHypothetic(x, use, all); err != nil {
		return err
	}
	a, err := b.overload(x.Name.Name, all)
	if err != nil {
		return err
	}
	for i, v := range all[n:] {
		use.order[i].x = v
	}
	use.args = append(use.args, all[n:]...)
	for i, d := range all[:n] {
		if slices.ContainsFunc(columnsOf(d), func(c int) bool { return c >= subqueryBase }) {
			return b.env.at(x.Args[i].Position(), pgerr.Unsupported("a subquery as a direct argument of %s()", x.Name.Name))
		}
	}
	use.agg, use.direct, use.ret = a, all[:n], a.Type(exprTypes(all))
	return nil
}

// unifyHypothetic gives each direct argument of a hypothetical-set aggregate and the column
// that it is compared with their common type.
func (b *binder) unifyHypothetic(x *ast.Call, use *aggregateUse, all []expr.Expr) (err error) {
	if !agg.Hypothetic(x.Name.Name) {
		return nil
	}
	n := len(use.direct)
	if n != len(use.order) {
		return pgerr.New(pgerr.UndefinedFunction, "function %s(%s) does not exist", x.Name.Name, typeList(all)).
			WithHint("To use the hypothetical-set aggregate %s, the number of hypothetical direct arguments (here %d) must match the number of ordering columns (here %d).",
				x.Name.Name, n, len(use.order))
	}
	for i := range n {
		t, err := fn.CommonType("WITHIN GROUP", []col.Type{bare(all[i].Type()), bare(all[n+i].Type())})
		if err != nil {
			return err
		}
		for _, k := range []int{i, n + i} {
			if all[k], err = b.coerce(all[k], t, fn.Implicit); err != nil {
				return err
			}
		}
	}
	return nil
}
