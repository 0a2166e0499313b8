package expr

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
)

// Test is the question of an Is node; none of them answers NULL.
type Test string

// The tests.
const (
	IsNull     Test = "NULL"
	IsNotNull  Test = "NOT NULL"
	IsTrue     Test = "TRUE"
	IsNotTrue  Test = "NOT TRUE"
	IsFalse    Test = "FALSE"
	IsNotFalse Test = "NOT FALSE"
)

// lanesWhere makes the bits of an answer from the operand's bits and validity.
var lanesWhere = map[Test]func(bits, valid uint64) uint64{
	IsNull:     func(_, valid uint64) uint64 { return ^valid },
	IsNotNull:  func(_, valid uint64) uint64 { return valid },
	IsTrue:     func(bits, valid uint64) uint64 { return bits & valid },
	IsNotTrue:  func(bits, valid uint64) uint64 { return ^(bits & valid) },
	IsFalse:    func(bits, valid uint64) uint64 { return ^bits & valid },
	IsNotFalse: func(bits, valid uint64) uint64 { return bits | ^valid },
}

// Is tests for NULL, or a boolean for its three values. IS UNKNOWN is IS NULL.
type Is struct {
	Test Test
	arg  Expr
}

// NewIs is arg IS test.
func NewIs(arg Expr, test Test) *Is { return &Is{test, arg} }

func (e *Is) Type() col.Type        { return col.Bool }
func (e *Is) Args() []Expr          { return []Expr{e.arg} }
func (e *Is) With(args []Expr) Expr { return NewIs(args[0], e.Test) }
func (e *Is) SQL(names func(int) string) string {
	return "(" + e.arg.SQL(names) + " IS " + string(e.Test) + ")"
}

func (e *Is) Append(dst []byte) []byte {
	dst = appendQuoted(append(dst, "(is "...), []byte(e.Test))
	return appendArgs(dst, e.Args())
}

func (e *Is) Eval(c *fn.Ctx, b *col.Batch, sel []uint32) *col.Vector {
	v := e.arg.Eval(c, b, sel)
	out := c.Vec(col.Bool)
	out.Resize(b.N)
	f := lanesWhere[e.Test]
	for w := range out.Bits {
		valid, bits := ^uint64(0), uint64(0)
		if v.Valid != nil {
			valid = v.Valid[w]
		}
		if v.Kind == col.KindBit {
			bits = v.Bits[w]
		}
		out.Bits[w] = f(bits, valid)
	}
	return out
}

var _ = node("is", func(p *parser) (Expr, error) {
	test, err := p.quoted()
	if err != nil {
		return nil, err
	}
	args, err := p.args()
	if err == nil && (len(args) != 1 || lanesWhere[Test(test)] == nil) {
		err = p.fail("test of one operand")
	}
	if err != nil {
		return nil, err
	}
	if test != string(IsNull) && test != string(IsNotNull) && !args[0].Type().Is(col.Bool) {
		return nil, p.fail("condition")
	}
	return NewIs(args[0], Test(test)), nil
})

// Distinct is IS [NOT] DISTINCT FROM: equality where NULL equals NULL.
type Distinct struct {
	eq   *fn.Scalar
	not  bool
	args []Expr
}

// NewDistinct is a IS DISTINCT FROM b, or IS NOT; eq is the equality of their types, to
// which they have been cast.
func NewDistinct(eq *fn.Scalar, not bool, a, b Expr) *Distinct {
	return &Distinct{eq, not, []Expr{a, b}}
}

func (e *Distinct) Type() col.Type        { return col.Bool }
func (e *Distinct) Args() []Expr          { return e.args }
func (e *Distinct) With(args []Expr) Expr { return NewDistinct(e.eq, e.not, args[0], args[1]) }
func (e *Distinct) function() *fn.Scalar  { return e.eq }

func (e *Distinct) SQL(names func(int) string) string {
	not := ""
	if e.not {
		not = "NOT "
	}
	return "(" + e.args[0].SQL(names) + " IS " + not + "DISTINCT FROM " + e.args[1].SQL(names) + ")"
}

func (e *Distinct) Append(dst []byte) []byte {
	dst = append(dst, "(distinct "...)
	if e.not {
		dst = append(dst, "not "...)
	}
	dst = appendFunction(dst, e.eq)
	return appendArgs(dst, e.args)
}

func (e *Distinct) Eval(c *fn.Ctx, b *col.Batch, sel []uint32) *col.Vector {
	x, y := e.args[0].Eval(c, b, sel), e.args[1].Eval(c, b, sel)
	eq := e.eq.Apply(c, []*col.Vector{x, y}, sel, b.N, col.Bool)
	out := c.Vec(col.Bool)
	out.Resize(b.N)
	flip := ^uint64(0)
	if e.not {
		flip = 0
	}
	for w := range out.Bits {
		xv, yv := ^uint64(0), ^uint64(0)
		if x.Valid != nil {
			xv = x.Valid[w]
		}
		if y.Valid != nil {
			yv = y.Valid[w]
		}
		out.Bits[w] = (^xv&^yv | xv&yv&eq.Bits[w]) ^ flip
	}
	return out
}

var _ = node("distinct", func(p *parser) (Expr, error) {
	not := p.word("not")
	eq, err := p.function()
	if err != nil {
		return nil, err
	}
	args, err := p.args()
	if err == nil && (!eq.Takes(args2types(args)) || len(args) != 2 || !eq.Ret.Is(col.Bool)) {
		err = p.fail("two operands")
	}
	if err != nil {
		return nil, err
	}
	return NewDistinct(eq, not, args[0], args[1]), nil
})
