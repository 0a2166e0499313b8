package planner

import (
	"strconv"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// A number is an int4 or int8 where it fits, else a numeric.
var _ = binds(func(b *binder, x *ast.Number) (expr.Expr, error) {
	if !strings.ContainsAny(x.Text, ".eE") {
		if n, err := strconv.ParseInt(x.Text, 10, 32); err == nil {
			return expr.NewInt4(int32(n)), nil
		}
		if n, err := strconv.ParseInt(x.Text, 10, 64); err == nil {
			return expr.NewInt8(n), nil
		}
	}
	return b.coerce(expr.NewUnknown(x.Text), col.Numeric, fn.Implicit)
})

var _ = binds(func(b *binder, x *ast.String) (expr.Expr, error) { return expr.NewUnknown(x.Value), nil })

var _ = binds(func(b *binder, x *ast.Bool) (expr.Expr, error) { return expr.NewBool(x.Value), nil })

var _ = binds(func(b *binder, x *ast.Null) (expr.Expr, error) { return expr.NewNull(col.Unknown), nil })

var _ = binds(func(b *binder, x *ast.Param) (expr.Expr, error) { return b.param(x) })

var _ = binds(func(b *binder, x *ast.Default) (expr.Expr, error) {
	return nil, pgerr.New(pgerr.SyntaxError, "DEFAULT is not allowed in this context")
})

var _ = binds(func(b *binder, x *ast.BitString) (expr.Expr, error) {
	return nil, pgerr.Unsupported("type bit")
})

var _ = binds(func(b *binder, x *ast.TypedLiteral) (expr.Expr, error) {
	t, err := b.typeNamed(x.Type)
	if err != nil {
		return nil, err
	}
	if t.Is(col.Record) && t.Mod >= 0 {
		return b.castToRow(&ast.Cast{Pos: x.Pos, Expr: x, Type: x.Type}, expr.NewUnknown(x.Value), t)
	}
	return b.cast(expr.NewUnknown(x.Value), t, x.Pos)
})

// constants of the session stand in the plan as what they are: its cache is kept by role and
// search path (G2).
func (b *binder) sessionName(text string) expr.Expr {
	v := col.NewVector(col.Name)
	v.AppendString(text)
	return expr.NewConst(v)
}

var _ = binds(func(b *binder, x *ast.ValueFunc) (expr.Expr, error) {
	switch x.Name {
	case "current_user", "session_user", "user", "current_role":
		return b.sessionName(b.User), nil
	case "current_catalog":
		return b.sessionName(b.Database), nil
	case "current_schema":
		s, err := b.Catalog.CreationSchema(b.Path)
		if err != nil {
			return expr.NewNull(col.Name), nil
		}
		return b.sessionName(s.Name), nil
	}
	to, ok := map[string]col.Type{"current_timestamp": col.Timestamptz, "current_date": col.Date,
		"localtimestamp": col.Timestamp, "localtime": col.Time}[x.Name]
	if !ok {
		return nil, pgerr.Unsupported("%s", strings.ToUpper(x.Name))
	}
	if x.Precision >= 0 {
		to.Mod = int32(min(x.Precision, 6))
	}
	m, err := fn.Resolve("now", nil, nil)
	if err != nil {
		return nil, err
	}
	now, err := b.call(m, nil, nil)
	if err != nil {
		return nil, err
	}
	if err := b.allowed(x, now); err != nil {
		return nil, err
	}
	return b.coerce(now, to, fn.Explicit)
})
