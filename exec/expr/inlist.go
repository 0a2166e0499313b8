package expr

import (
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
)

// InList is x IN (constants), by a hash set.
type InList struct {
	arg  Expr
	list []*Const
	set  *fn.Set
}

// NewIn is arg IN (list), all of arg's type; eq is that type's equality. A list of constants
// becomes a hash set, others a disjunction.
func NewIn(eq *fn.Scalar, arg Expr, list ...Expr) Expr {
	consts := make([]*Const, 0, len(list))
	for _, a := range list {
		if c, ok := a.(*Const); ok {
			consts = append(consts, c)
		}
	}
	if len(consts) == len(list) && len(list) > 1 {
		return newInList(arg, consts)
	}
	ors := make([]Expr, len(list))
	for i, a := range list {
		ors[i] = NewCall(eq, col.Bool, arg, a)
	}
	return NewOr(ors...)
}

func newInList(arg Expr, list []*Const) *InList {
	values := make([]*col.Vector, len(list))
	for i, c := range list {
		values[i] = c.value
	}
	return &InList{arg, list, fn.NewSet(values)}
}

// List are the constants; read-only.
func (e *InList) List() []*Const { return e.list }

func (e *InList) Type() col.Type        { return col.Bool }
func (e *InList) Args() []Expr          { return []Expr{e.arg} }
func (e *InList) With(args []Expr) Expr { return &InList{args[0], e.list, e.set} }

// Eval is part of Expr.
func (e *InList) Eval(c *fn.Ctx, b *col.Batch, sel []uint32) *col.Vector {
	return e.set.Has(c, e.arg.Eval(c, b, sel), sel, b.N)
}

func (e *InList) Append(dst []byte) []byte {
	dst = e.arg.Append(append(dst, "(in "...))
	for _, c := range e.list {
		dst = c.Append(append(dst, ' '))
	}
	return append(dst, ')')
}

func (e *InList) SQL(names func(int) string) string {
	texts := make([]string, len(e.list))
	for i, c := range e.list {
		texts[i] = c.SQL(names)
	}
	return "(" + e.arg.SQL(names) + " IN (" + strings.Join(texts, ", ") + "))"
}

var _ = node("in", func(p *parser) (Expr, error) {
	args, err := p.args()
	if err != nil {
		return nil, err
	}
	if len(args) < 2 {
		return nil, p.fail("list")
	}
	list := make([]*Const, len(args)-1)
	for i, a := range args[1:] {
		c, ok := a.(*Const)
		if !ok || !a.Type().Is(args[0].Type()) {
			return nil, p.fail("constant of the operand's type")
		}
		list[i] = c
	}
	return newInList(args[0], list), nil
})
