package planner

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

var _ = binds(func(b *binder, x *ast.Unary) (expr.Expr, error) {
	e, err := b.expr(x.Expr)
	if err != nil {
		return nil, err
	}
	return b.operator(x.Op.Name, e)
})

var _ = binds(func(b *binder, x *ast.Binary) (expr.Expr, error) {
	l, r, err := b.rows(x.Left, x.Right)
	if err != nil {
		return nil, err
	}
	if l != nil {
		return b.compareRows(x.Op.Name, l, r)
	}
	args, err := b.list([]ast.Expr{x.Left, x.Right})
	if err != nil {
		return nil, err
	}
	return b.operatorAt(x.Op.Name, args, []ast.Expr{x.Left, x.Right})
})

// compare compares rows by an operator, or two values.
func (b *binder) compare(op string, left, right []expr.Expr) (expr.Expr, error) {
	if len(left) == 1 {
		return b.operator(op, left[0], right[0])
	}
	switch op {
	case "=", "<>":
		eq, err := b.rowsEqual(left, right)
		if err == nil && op == "<>" {
			eq = expr.NewNot(eq)
		}
		return eq, err
	case "<", "<=", ">", ">=":
		return b.rowsOrdered(op, left, right)
	}
	return nil, pgerr.New(pgerr.FeatureNotSupported, "could not determine interpretation of row comparison operator %s", op)
}

func (b *binder) rowsEqual(left, right []expr.Expr) (expr.Expr, error) {
	var all []expr.Expr
	for i := range left {
		eq, err := b.operator("=", left[i], right[i])
		if err != nil {
			return nil, err
		}
		all = append(all, eq)
	}
	return expr.NewAnd(all...), nil
}

// rowsOrdered is a < c OR (a = c AND (b < d OR …)).
func (b *binder) rowsOrdered(op string, left, right []expr.Expr) (expr.Expr, error) {
	if len(left) == 1 {
		return b.operator(op, left[0], right[0])
	}
	first, err := b.operator(op[:1], left[0], right[0])
	if err != nil {
		return nil, err
	}
	eq, err := b.operator("=", left[0], right[0])
	if err != nil {
		return nil, err
	}
	rest, err := b.rowsOrdered(op, left[1:], right[1:])
	if err != nil {
		return nil, err
	}
	return expr.NewOr(first, expr.NewAnd(eq, rest)), nil
}

// conditions binds the operands of AND, OR and NOT.
// Each is asked for only where those before it do not decide, which undecided says of them.
func (b *binder) conditions(what string, xs []ast.Expr, undecided expr.Test) ([]expr.Expr, error) {
	out := make([]expr.Expr, len(xs))
	var guard []expr.Expr
	for i, x := range xs {
		e, err := b.guarded(guard...).expr(x)
		if err != nil {
			return nil, err
		}
		if out[i], err = b.toBool(e, what, leftmost(x)); err != nil {
			return nil, err
		}
		guard = append(guard, expr.NewIs(out[i], undecided))
	}
	return out, nil
}

var _ = binds(func(b *binder, x *ast.And) (expr.Expr, error) {
	args, err := b.conditions("AND", x.Args, expr.IsNotFalse)
	return expr.NewAnd(args...), err
})

var _ = binds(func(b *binder, x *ast.Or) (expr.Expr, error) {
	args, err := b.conditions("OR", x.Args, expr.IsNotTrue)
	return expr.NewOr(args...), err
})

var _ = binds(func(b *binder, x *ast.Not) (expr.Expr, error) {
	args, err := b.conditions("NOT", []ast.Expr{x.Expr}, expr.IsNotTrue)
	if err != nil {
		return nil, err
	}
	return expr.NewNot(args[0]), nil
})

var _ = binds(func(b *binder, x *ast.IsTest) (expr.Expr, error) {
	if x.Test == "NULL" {
		r, err := b.row(x.Expr, false)
		if err == nil && r != nil {
			err = b.typedFields(r)
		}
		if err != nil {
			return nil, err
		}
		if r != nil {
			return rowIsNull(r, x.Not), nil
		}
	}
	e, err := b.expr(x.Expr)
	if err != nil {
		return nil, err
	}
	test := x.Test
	if test == "NULL" {
		if isConst(e) && e.Type().Is(col.Unknown) {
			if e, err = b.coerce(e, col.Text, fn.Implicit); err != nil {
				return nil, err
			}
		}
	} else {
		words := "IS "
		if x.Not {
			words += "NOT "
		}
		if e, err = b.toBool(e, words+test, leftmost(x.Expr)); err != nil {
			return nil, err
		}
		if test == "UNKNOWN" {
			test = "NULL"
		}
	}
	if x.Not {
		test = "NOT " + test
	}
	return expr.NewIs(e, expr.Test(test)), nil
})

var _ = binds(func(b *binder, x *ast.IsDistinct) (expr.Expr, error) {
	l, r, err := b.rows(x.Left, x.Right)
	if err != nil {
		return nil, err
	}
	if l != nil {
		return b.rowsDistinct(l, r, x.Not)
	}
	args, err := b.list([]ast.Expr{x.Left, x.Right})
	if err != nil {
		return nil, err
	}
	eq, args, err := b.equality(args[0], args[1])
	if err != nil {
		return nil, err
	}
	return expr.NewDistinct(eq, x.Not, args[0], args[1]), nil
})

// equality finds the = of two expressions and casts them to its types.
func (b *binder) equality(l, r expr.Expr) (*fn.Scalar, []expr.Expr, error) {
	m, err := fn.ResolveOperator("=", []col.Type{l.Type(), r.Type()})
	if err != nil {
		return nil, nil, err
	}
	e, err := b.call(m, []expr.Expr{l, r}, nil)
	if err != nil {
		return nil, nil, err
	}
	return m.Fn, e.Args(), nil
}

var _ = binds(func(b *binder, x *ast.Between) (expr.Expr, error) {
	args, err := b.list([]ast.Expr{x.Expr, x.Low, x.High})
	if err != nil {
		return nil, err
	}
	written := []ast.Expr{x.Expr, x.Low, x.High}
	e, err := b.between(args[0], args[1], args[2], x.Not, written)
	if err != nil || !x.Symmetric {
		return e, err
	}
	other, err := b.between(args[0], args[2], args[1], x.Not, []ast.Expr{x.Expr, x.High, x.Low})
	if err != nil {
		return nil, err
	}
	if x.Not {
		return expr.NewAnd(e, other), nil
	}
	return expr.NewOr(e, other), nil
})

func (b *binder) between(x, low, high expr.Expr, not bool, at []ast.Expr) (expr.Expr, error) {
	ops, join := [2]string{">=", "<="}, expr.NewAnd
	if not {
		ops, join = [2]string{"<", ">"}, expr.NewOr
	}
	l, err := b.operatorAt(ops[0], []expr.Expr{x, low}, at[:2])
	if err != nil {
		return nil, err
	}
	h, err := b.operatorAt(ops[1], []expr.Expr{x, high}, []ast.Expr{at[0], at[2]})
	if err != nil {
		return nil, err
	}
	return join(l, h), nil
}

var likeOperators = map[string]string{"LIKE": "~~", "ILIKE": "~~*"}

var _ = binds(func(b *binder, x *ast.Like) (expr.Expr, error) {
	args, err := b.list([]ast.Expr{x.Expr, x.Pattern})
	if err != nil {
		return nil, err
	}
	if x.Escape != nil {
		esc, err := b.expr(x.Escape)
		if err != nil {
			return nil, err
		}
		args = append(args, esc)
	}
	if x.Op == "SIMILAR TO" {
		similar, err := b.function("similar_to", args)
		if err == nil && x.Not {
			similar = expr.NewNot(similar)
		}
		return similar, err
	}
	if x.Escape != nil {
		if args[1], err = b.function("like_escape", args[1:]); err != nil {
			return nil, err
		}
	}
	op := likeOperators[x.Op]
	if x.Not {
		op = "!" + op
	}
	return b.operator(op, args[:2]...)
})

// function calls a function that stands for syntax.
func (b *binder) function(name string, args []expr.Expr) (expr.Expr, error) {
	m, err := fn.Resolve(name, exprTypes(args), nil)
	if err != nil {
		return nil, err
	}
	return b.call(m, args, nil)
}

// A list is compared by one hash set where all its members have a type in common with the
// operand, else member by member.
var _ = binds(func(b *binder, x *ast.InList) (expr.Expr, error) {
	if row, ok := x.Expr.(*ast.Row); ok {
		return b.rowInList(x, row)
	}
	arg, err := b.expr(x.Expr)
	if err != nil {
		return nil, err
	}
	list, err := b.list(x.List)
	if err != nil {
		return nil, err
	}
	in, err := b.inList(arg, list, append([]ast.Expr{x.Expr}, x.List...))
	if err == nil && x.Not {
		in = expr.NewNot(in)
	}
	return in, err
})

func (b *binder) inList(arg expr.Expr, list []expr.Expr, at []ast.Expr) (expr.Expr, error) {
	all := append([]expr.Expr{arg}, list...)
	if _, err := fn.CommonType("IN", exprTypes(all)); err == nil {
		cast, t, err := b.common("IN", all, at)
		if err != nil {
			return nil, err
		}
		m, err := fn.ResolveOperator("=", []col.Type{t, t})
		if err != nil {
			return nil, err
		}
		for i := range cast {
			if cast[i], err = b.coerce(cast[i], bare(m.Args[0]), fn.Implicit); err != nil {
				return nil, err
			}
			cast[i], _ = expr.Fold(b.ctx, cast[i], false) // constants make a hash set
		}
		return expr.NewIn(m.Fn, cast[0], cast[1:]...), nil
	}
	var any []expr.Expr
	for _, item := range list {
		eq, err := b.operator("=", arg, item)
		if err != nil {
			return nil, err
		}
		any = append(any, eq)
	}
	return expr.NewOr(any...), nil
}

func (b *binder) rowInList(x *ast.InList, row ast.Expr) (expr.Expr, error) {
	var any []expr.Expr
	for _, item := range x.List {
		l, r, err := b.rows(row, item)
		if err != nil {
			return nil, b.env.at(x.Pos, err)
		}
		if l == nil {
			return nil, b.env.at(item.Position(), pgerr.Unsupported("comparing a row with a value"))
		}
		eq, err := b.compareRows("=", l, r)
		if err != nil {
			return nil, b.env.at(x.Pos, err)
		}
		any = append(any, eq)
	}
	in := expr.NewOr(any...)
	if x.Not {
		in = expr.NewNot(in)
	}
	return in, nil
}
