package expr

import (
	"strconv"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
)

// Outer reads a column of a row that is no row of the batch: that of the query around a
// subquery, which its frame names. It stands in plans alone until subqueries are unnested,
// and is never evaluated.
type Outer struct {
	Frame, Index int
	typ          col.Type
}

// NewOuter is column index, of the type, of the row that frame names.
func NewOuter(frame, index int, t col.Type) *Outer { return &Outer{frame, index, t} }

func (e *Outer) Type() col.Type            { return e.typ }
func (e *Outer) Args() []Expr              { return nil }
func (e *Outer) With(_ []Expr) Expr        { return e }
func (e *Outer) volatility() fn.Volatility { return fn.Stable }

// Eval is a defect: a plan with an Outer is not to be built.
func (e *Outer) Eval(*fn.Ctx, *col.Batch, []uint32) *col.Vector {
	panic("expr: a column of the query around a subquery is evaluated")
}

func (e *Outer) SQL(_ func(int) string) string {
	return "outer" + strconv.Itoa(e.Frame) + "." + strconv.Itoa(e.Index)
}

func (e *Outer) Append(dst []byte) []byte {
	dst = strconv.AppendInt(append(dst, "(outer "...), int64(e.Frame), 10)
	dst = strconv.AppendInt(append(dst, ' '), int64(e.Index), 10)
	dst = appendType(append(dst, ' '), e.typ)
	return append(dst, ')')
}

var _ = node("outer", func(p *parser) (Expr, error) {
	frame, err := p.number()
	if err != nil {
		return nil, err
	}
	i, err := p.number()
	if err != nil {
		return nil, err
	}
	t, err := p.typ()
	return NewOuter(frame, i, t), err
})

// ReadsOuter reports whether e reads a column of the row that frame names; 0: of any.
func ReadsOuter(e Expr, frame int) bool {
	return !Walk(e, func(e Expr) bool {
		o, ok := e.(*Outer)
		return !ok || frame != 0 && o.Frame != frame
	})
}

// ReplaceOuter puts what f says in place of the columns of the row that frame names.
func ReplaceOuter(e Expr, frame int, f func(*Outer) Expr) Expr {
	return Rewrite(e, func(e Expr) Expr {
		if o, ok := e.(*Outer); ok && o.Frame == frame {
			return f(o)
		}
		return e
	})
}
