package planner

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// The type of ELSE counts first when the common type of a CASE is chosen, as in PostgreSQL.
var _ = binds(func(b *binder, x *ast.Case) (expr.Expr, error) {
	b = b.withoutSets("CASE")
	conds, err := b.caseConditions(x)
	if err != nil {
		return nil, err
	}
	results := []expr.Expr{expr.NewNull(col.Unknown)}
	written := []ast.Expr{x.Else}
	if x.Else != nil {
		if results[0], err = b.guarded(without(conds)...).expr(x.Else); err != nil {
			return nil, err
		}
	}
	for i, w := range x.Whens {
		r, err := b.guarded(append(without(conds[:i]), conds[i])...).expr(w.Result)
		if err != nil {
			return nil, err
		}
		results, written = append(results, r), append(written, w.Result)
	}
	results, t, err := b.common("CASE", results, written)
	if err != nil {
		return nil, err
	}
	var args []expr.Expr
	for i, c := range conds {
		args = append(args, c, results[i+1])
	}
	return expr.NewCase(t, append(args, results[0])...), nil
})

// without says that none of the conditions is true.
func without(conds []expr.Expr) []expr.Expr {
	out := make([]expr.Expr, len(conds), len(conds)+1)
	for i, c := range conds {
		out[i] = expr.NewIs(c, expr.IsNotTrue)
	}
	return out
}

func (b *binder) caseConditions(x *ast.Case) (conds []expr.Expr, err error) {
	var operand expr.Expr
	if x.Expr != nil {
		if operand, err = b.value(x.Expr); err != nil {
			return nil, err
		}
	}
	for _, w := range x.Whens {
		c, err := b.guarded(without(conds)...).expr(w.Cond)
		if err != nil {
			return nil, err
		}
		if operand == nil {
			c, err = b.toBool(c, "CASE/WHEN", leftmost(w.Cond))
		} else if c, err = b.operator("=", operand, c); err != nil {
			err = b.env.at(w.Cond.Position(), err)
		}
		if err != nil {
			return nil, err
		}
		conds = append(conds, c)
	}
	return conds, nil
}

var _ = binds(func(b *binder, x *ast.Coalesce) (expr.Expr, error) {
	b = b.withoutSets("COALESCE")
	args := make([]expr.Expr, len(x.Args))
	var nulls []expr.Expr // what must be NULL for the next to be asked
	for i, a := range x.Args {
		var err error
		if args[i], err = b.guarded(nulls...).expr(a); err != nil {
			return nil, err
		}
		if !args[i].Type().Is(col.Unknown) {
			nulls = append(nulls, expr.NewIs(args[i], expr.IsNull))
		}
	}
	args, t, err := b.common("COALESCE", args, x.Args)
	if err != nil {
		return nil, err
	}
	return expr.NewCoalesce(t, args...), nil
})

var _ = binds(func(b *binder, x *ast.Extremum) (expr.Expr, error) {
	args, err := b.list(x.Args)
	if err != nil {
		return nil, err
	}
	name := "GREATEST"
	if x.Least {
		name = "LEAST"
	}
	args, t, err := b.common(name, args, x.Args)
	if err != nil {
		return nil, err
	}
	return expr.NewExtreme(t, x.Least, args...)
})

var _ = binds(func(b *binder, x *ast.NullIf) (expr.Expr, error) {
	args, err := b.list([]ast.Expr{x.Left, x.Right})
	if err != nil {
		return nil, err
	}
	eq, cast, err := b.equality(args[0], args[1])
	if err != nil {
		return nil, err
	}
	value := args[0]
	if value.Type().Is(col.Unknown) {
		value = cast[0]
	}
	return expr.NewNullIf(eq, value, cast[0], cast[1]), nil
})

var _ = binds(func(b *binder, x *ast.Cast) (expr.Expr, error) {
	t, err := b.typeNamed(x.Type)
	if err != nil {
		return nil, err
	}
	if t.Is(col.Record) && t.Mod >= 0 {
		return b.castRow(x, t)
	}
	if array, ok := x.Expr.(*ast.Array); ok {
		if t.IsRow() && t.Mod >= 0 {
			return b.rowsArray(x, array)
		}
		if isVector(t) {
			return b.vectorOf(array, t)
		}
		if elem, ok := t.Element(); ok {
			elem.Mod = t.Mod
			return b.arrayOf(array, elem)
		}
	}
	e, err := b.expr(x.Expr)
	if err != nil {
		return nil, err
	}
	if _, array := e.Type().Element(); array && isVector(t) && !isVector(e.Type()) {
		return nil, pgerr.New(pgerr.CannotCoerce, "cannot cast type %s to %s", bare(e.Type()), t)
	}
	return b.cast(e, t, x.Expr.Position())
})

// cast is an explicit cast. pos is where an invalid literal is reported.
func (b *binder) cast(e expr.Expr, t col.Type, pos int) (expr.Expr, error) {
	if k, ok := e.(*expr.Const); ok && e.Type().Is(col.Unknown) && !k.IsNull() && isRegistered(t) {
		oid, err := b.registered(string(k.Value().Bytes(0)), t)
		if err != nil {
			return nil, b.env.at(pos, err)
		}
		return oid, nil
	}
	if c, err := b.registeredCast(e, t); c != nil || err != nil {
		return c, err
	}
	c, err := b.coerce(e, t, fn.Explicit)
	if err != nil {
		if pgerr.CodeOf(err) == pgerr.CannotCoerce {
			return nil, err
		}
		return nil, b.env.at(pos, err)
	}
	return c, nil
}
