package expr

import (
	"strconv"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
)

// Call applies a function, an operator or a cast.
type Call struct {
	Fn   *fn.Scalar
	args []Expr
	typ  col.Type
	once bool // all arguments have one value, and the function is not volatile
}

// NewCall calls f, whose arguments have been cast to the types it takes; t is the result's
// type, modifier included.
func NewCall(f *fn.Scalar, t col.Type, args ...Expr) *Call {
	e := &Call{Fn: f, args: args, typ: t, once: f.Volatility != fn.Volatile}
	for _, a := range args {
		s, ok := a.(single)
		if c, isCall := s.(*Call); !ok || isCall && !c.once {
			e.once = false
		}
	}
	return e
}

func (e *Call) Type() col.Type            { return e.typ }
func (e *Call) Args() []Expr              { return e.args }
func (e *Call) With(args []Expr) Expr     { return NewCall(e.Fn, e.typ, args...) }
func (e *Call) volatility() fn.Volatility { return e.Fn.Volatility }
func (e *Call) fallible() bool            { return e.Fn.Fallible }
func (e *Call) function() *fn.Scalar      { return e.Fn }

// Eval is part of Expr.
func (e *Call) Eval(c *fn.Ctx, b *col.Batch, sel []uint32) *col.Vector {
	if v := e.one(c); v != nil {
		return c.Expand(v, b.N)
	}
	return e.Fn.Apply(c, e.operands(c, b, sel), sel, b.N, e.typ)
}

func (e *Call) operands(c *fn.Ctx, b *col.Batch, sel []uint32) []*col.Vector {
	args := c.Args(len(e.args))
	for i, a := range e.args {
		args[i] = operand(c, a, b, sel)
	}
	return args
}

// one computes a call of constants once. A call in error has no one value: the error must be
// marked at every row, and at none when there are no rows.
func (e *Call) one(c *fn.Ctx) *col.Vector {
	if !e.once {
		return nil
	}
	args := c.Args(len(e.args))
	for i, a := range e.args {
		if args[i] = a.(single).one(c); args[i] == nil {
			return nil
		}
	}
	before := len(c.Marks())
	v := e.Fn.Apply(c, args, nil, 1, e.typ)
	if c.CutMarks(before) != nil {
		return nil
	}
	return v
}

func (e *Call) Append(dst []byte) []byte {
	dst = append(dst, "(call "...)
	dst = appendFunction(dst, e.Fn)
	dst = appendType(append(dst, ' '), e.typ)
	return appendArgs(dst, e.args)
}

var _ = node("call", func(p *parser) (Expr, error) {
	f, err := p.function()
	if err != nil {
		return nil, err
	}
	t, err := p.typ()
	if err != nil {
		return nil, err
	}
	args, err := p.args()
	if err != nil {
		return nil, err
	}
	if !f.Takes(args2types(args)) || !f.Returns(t) {
		return nil, p.fail("arguments of " + f.ID())
	}
	return NewCall(f, t, args...), nil
})

func args2types(args []Expr) []col.Type {
	ts := make([]col.Type, len(args))
	for i, a := range args {
		ts[i] = a.Type()
	}
	return ts
}

// SQL prints operators infix, casts with :: and all else as calls.
func (e *Call) SQL(names func(int) string) string {
	texts := make([]string, len(e.args))
	for i, a := range e.args {
		texts[i] = a.SQL(names)
	}
	switch {
	case e.Fn.IsOperator() && len(texts) == 2:
		return "(" + texts[0] + " " + e.Fn.Name + " " + texts[1] + ")"
	case e.Fn.IsOperator():
		return "(" + e.Fn.Name + " " + texts[0] + ")"
	case (e.Fn.IsCast() || e.Fn.Relabel) && len(texts) == 1:
		return "(" + texts[0] + ")::" + e.typ.String()
	}
	if e.Fn.Spread {
		texts[len(texts)-1] = "VARIADIC " + texts[len(texts)-1]
	}
	return e.Fn.Name + "(" + strings.Join(texts, ", ") + ")"
}

// appendFunction appends an overload and its version.
func appendFunction(dst []byte, f *fn.Scalar) []byte {
	dst = appendQuoted(dst, []byte(f.ID()))
	return strconv.AppendInt(append(dst, ' '), int64(f.Version), 10)
}

// function reads what appendFunction wrote.
func (p *parser) function() (*fn.Scalar, error) {
	id, err := p.quoted()
	if err != nil {
		return nil, err
	}
	f := fn.ByID(id)
	if f == nil {
		return nil, p.fail("function " + id + " of this release")
	}
	version, err := p.number()
	if err == nil && version != f.Version {
		p.stale = append(p.stale, id)
	}
	return f, err
}

// Heavy reports whether the call is one of constants, and so long that it is computed beside its
// statement.
func (e *Call) Heavy() bool {
	args := make([]*col.Vector, len(e.Args()))
	for i, a := range e.Args() {
		k, ok := a.(*Const)
		if !ok {
			return false
		}
		args[i] = k.value
	}
	return e.Fn.Heavy(args)
}
