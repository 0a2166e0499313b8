package planner

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// anyOfValue is x = ANY (array) and x <> ALL (array) over an array that is a parameter or a
// text[]: clients send lists of keys so.
func (b *binder) anyOfValue(x *ast.Quantified) (expr.Expr, error) {
	equal := x.Op.Name == "=" && !x.All || x.Op.Name == "<>" && x.All
	if !equal {
		return nil, pgerr.Unsupported("%s with ANY or ALL over an array that is not written out", x.Op.Name).
			WithHint("= ANY and <> ALL are; else write ARRAY[…] or '{…}'.")
	}
	operand, err := b.value(x.Expr)
	if err != nil {
		return nil, err
	}
	array, err := b.array(x.Array, operand.Type())
	if err != nil {
		return nil, err
	}
	elem, ok := array.Type().Element()
	if !ok {
		return nil, b.env.at(x.Pos, pgerr.New(pgerr.WrongObjectType, "op ANY/ALL (array) requires array on right side"))
	}
	m, err := fn.ResolveOperator("=", []col.Type{operand.Type(), elem})
	if err != nil {
		return nil, err
	}
	t := bare(m.Args[0])
	if t, err = fn.CommonType("ANY", []col.Type{t, bare(m.Args[1])}); err != nil {
		return nil, err
	}
	if operand, err = b.coerce(operand, bare(t), fn.Implicit); err != nil {
		return nil, err
	}
	in := expr.Expr(expr.NewCall(fn.ByID("in_array(anyelement,any)"), col.Bool, operand, array))
	if x.All {
		in = expr.NewNot(in)
	}
	return in, nil
}

// array binds an array; a parameter without a type is one of the other operand's type.
func (b *binder) array(x ast.Expr, elem col.Type) (expr.Expr, error) {
	if c, ok := x.(*ast.Cast); ok && c.Type.Dims > 0 {
		if p, ok := c.Expr.(*ast.Param); ok {
			element := *c.Type
			element.Dims = 0
			t, err := b.typeNamed(&element)
			if err != nil {
				return nil, err
			}
			x, elem = p, t
		}
	}
	e, err := b.expr(x)
	if err != nil || !e.Type().Is(col.Unknown) {
		return e, err
	}
	p, ok := e.(*expr.Param)
	if !ok {
		return b.coerce(e, col.TextArray, fn.Implicit)
	}
	if elem.Is(col.Varchar) { // its = is that of text
		elem = col.Text
	}
	t, ok := bare(elem).Array()
	if !ok {
		return nil, pgerr.New(pgerr.UndefinedObject, "could not find array type for data type %s", bare(elem))
	}
	e = expr.NewParam(p.Number, t)
	b.note(e)
	return e, nil
}
