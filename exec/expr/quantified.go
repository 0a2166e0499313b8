package expr

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
)

// Quantified is x op ANY (array), or ALL.
type Quantified struct {
	op       *fn.Scalar
	all      bool
	x, array Expr
}

// NewQuantified is x op ANY (array), or ALL, for an operator that returns a boolean, whose
// operands x and the elements of the array have been cast to.
func NewQuantified(op *fn.Scalar, all bool, x, array Expr) *Quantified {
	return &Quantified{op, all, x, array}
}

func (e *Quantified) Type() col.Type            { return col.Bool }
func (e *Quantified) Args() []Expr              { return []Expr{e.x, e.array} }
func (e *Quantified) With(args []Expr) Expr     { return &Quantified{e.op, e.all, args[0], args[1]} }
func (e *Quantified) volatility() fn.Volatility { return e.op.Volatility }
func (e *Quantified) fallible() bool            { return e.op.Fallible }
func (e *Quantified) function() *fn.Scalar      { return e.op }

// Eval is part of Expr.
func (e *Quantified) Eval(c *fn.Ctx, b *col.Batch, sel []uint32) *col.Vector {
	return e.op.Quantify(c, operand(c, e.x, b, sel), operand(c, e.array, b, sel), sel, b.N, e.all)
}

func (e *Quantified) quantifier() string {
	if e.all {
		return "ALL"
	}
	return "ANY"
}

func (e *Quantified) Append(dst []byte) []byte {
	dst = append(append(append(dst, '('), e.quantifier()...), ' ')
	return appendArgs(appendFunction(dst, e.op), e.Args())
}

func (e *Quantified) SQL(names func(int) string) string {
	return "(" + e.x.SQL(names) + " " + e.op.Name + " " + e.quantifier() + " (" + e.array.SQL(names) + "))"
}

func parseQuantified(all bool) func(p *parser) (Expr, error) {
	return func(p *parser) (Expr, error) {
		f, err := p.function()
		if err != nil {
			return nil, err
		}
		args, err := p.args()
		if err != nil {
			return nil, err
		}
		if len(args) == 2 {
			elem, ok := args[1].Type().Element()
			if ok && f.Takes([]col.Type{args[0].Type(), elem}) && f.Ret.Is(col.Bool) {
				return NewQuantified(f, all, args[0], args[1]), nil
			}
		}
		return nil, p.fail("operands of " + f.ID())
	}
}

var (
	_ = node("ANY", parseQuantified(false))
	_ = node("ALL", parseQuantified(true))
)
