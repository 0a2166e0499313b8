package expr

import (
	"strconv"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/fn"
)

// Column reads a column of the batch.
type Column struct {
	Index int
	typ   col.Type
}

// NewColumn is column index, of the type.
func NewColumn(index int, t col.Type) *Column { return &Column{index, t} }

// Type is part of Expr, as are the methods below, here and at every node.
func (e *Column) Type() col.Type     { return e.typ }
func (e *Column) Args() []Expr       { return nil }
func (e *Column) With(_ []Expr) Expr { return e }
func (e *Column) Eval(_ *fn.Ctx, b *col.Batch, _ []uint32) *col.Vector {
	return &b.Cols[e.Index]
}

func (e *Column) SQL(names func(int) string) string { return names(e.Index) }

func (e *Column) Append(dst []byte) []byte {
	dst = append(dst, "(col "...)
	dst = strconv.AppendInt(dst, int64(e.Index), 10)
	dst = appendType(append(dst, ' '), e.typ)
	return append(dst, ')')
}

var _ = node("col", func(p *parser) (Expr, error) {
	i, err := p.number()
	if err != nil {
		return nil, err
	}
	t, err := p.typ()
	return NewColumn(i, t), err
})

// Const is a literal: a vector of one value.
type Const struct{ value *col.Vector }

// NewConst makes a constant of the one value in v, which must not change any more. Numerics
// take the form of scaled integers where they fit, for speed.
func NewConst(v *col.Vector) *Const {
	return &Const{fn.Scaled(v)}
}

// NewNull is the NULL of a type.
func NewNull(t col.Type) *Const { return &Const{col.NullVector(t, 1)} }

// NewBool, NewInt4, NewInt8 and NewText are constants of Go values.
func NewBool(x bool) *Const { return constOf(col.Bool, (*col.Vector).AppendBool, x) }

// NewInt4 is an integer.
func NewInt4(x int32) *Const { return constOf(col.Int4, (*col.Vector).AppendI32, x) }

// NewInt8 is a bigint.
func NewInt8(x int64) *Const { return constOf(col.Int8, (*col.Vector).AppendI64, x) }

// NewText is a text.
func NewText(s string) *Const { return constOf(col.Text, (*col.Vector).AppendString, s) }

// NewUnknown is a string literal that has no type yet: Coerce gives it one.
func NewUnknown(s string) *Const { return constOf(col.Unknown, (*col.Vector).AppendString, s) }

func constOf[T any](t col.Type, append func(v *col.Vector, x T), x T) *Const {
	v := col.NewVector(t)
	append(v, x)
	return &Const{v}
}

// Value is the one value; read-only.
func (e *Const) Value() *col.Vector { return e.value }

// IsNull reports whether the constant is NULL.
func (e *Const) IsNull() bool { return e.value.Null(0) }

func (e *Const) Type() col.Type            { return e.value.Type }
func (e *Const) Args() []Expr              { return nil }
func (e *Const) With(_ []Expr) Expr        { return e }
func (e *Const) one(_ *fn.Ctx) *col.Vector { return e.value }
func (e *Const) Eval(c *fn.Ctx, b *col.Batch, _ []uint32) *col.Vector {
	return c.Expand(e.value, b.N)
}

func (e *Const) Append(dst []byte) []byte {
	dst = append(dst, "(const "...)
	dst = appendType(dst, e.Type())
	dst = append(dst, ' ')
	if e.IsNull() {
		dst = append(dst, "null"...)
	} else {
		dst = appendQuoted(dst, fn.StoredText(nil, e.value, 0))
	}
	return append(dst, ')')
}

var _ = node("const", func(p *parser) (Expr, error) {
	t, err := p.typ()
	if err != nil {
		return nil, err
	}
	if p.word("null") {
		return NewNull(t), nil
	}
	text, err := p.quoted()
	if err != nil {
		return nil, err
	}
	v := col.NewVector(t)
	if err := fn.ParseStored(v, []byte(text)); err != nil {
		return nil, err
	}
	return NewConst(v), nil
})

// SQL prints bare what SQL reads back with the same type, else a quoted literal with a cast.
func (e *Const) SQL(_ func(int) string) string {
	t := e.Type()
	if e.IsNull() {
		return "NULL::" + t.String()
	}
	text := string(fn.StoredText(nil, e.value, 0))
	switch {
	case t.Is(col.Int4) && text[0] != '-':
		return text
	case t.Is(col.Numeric) && t.Mod < 0 && text[0] >= '0' && text[0] <= '9' && containsPoint(text):
		return text
	case t.Is(col.Bool):
		if e.value.Bool(0) {
			return "true"
		}
		return "false"
	}
	return quoteLiteral(text) + "::" + t.String()
}

// Param is $n, whose value comes with the Ctx.
type Param struct {
	Number int // from 1
	typ    col.Type
}

// NewParam is $number, of the type.
func NewParam(number int, t col.Type) *Param { return &Param{number, t} }

func (e *Param) Type() col.Type            { return e.typ }
func (e *Param) Args() []Expr              { return nil }
func (e *Param) With(_ []Expr) Expr        { return e }
func (e *Param) volatility() fn.Volatility { return fn.Stable }
func (e *Param) one(c *fn.Ctx) *col.Vector {
	if e.Number > len(c.Params) {
		return nil
	}
	return c.Params[e.Number-1]
}

func (e *Param) Eval(c *fn.Ctx, b *col.Batch, sel []uint32) *col.Vector {
	if v := e.one(c); v != nil {
		return c.Expand(v, b.N)
	}
	v := c.Expand(col.NullVector(e.typ, 1), b.N)
	fn.Each(sel, b.N, func(i int) {
		c.Mark(i, pgerr.New(pgerr.UndefinedParameter, "there is no parameter $%d", e.Number))
	})
	return v
}

func (e *Param) SQL(_ func(int) string) string { return "$" + strconv.Itoa(e.Number) }

func (e *Param) Append(dst []byte) []byte {
	dst = append(dst, "(param "...)
	dst = strconv.AppendInt(dst, int64(e.Number), 10)
	dst = appendType(append(dst, ' '), e.typ)
	return append(dst, ')')
}

var _ = node("param", func(p *parser) (Expr, error) {
	n, err := p.number()
	if err != nil {
		return nil, err
	}
	if n < 1 {
		return nil, p.fail("parameter number")
	}
	t, err := p.typ()
	return NewParam(n, t), err
})
