package expr

import (
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
)

// Case is CASE WHEN … THEN … ELSE … END. Each branch is evaluated for the rows that take it
// alone, each condition for the rows that no branch before it took.
type Case struct {
	typ    col.Type
	args   []Expr      // condition, result, condition, result, …, else
	lookup *caseLookup // nil: the conditions are evaluated
}

// NewCase makes a CASE of the type, to which all results have been cast. args are
// conditions and results in turn, then the result of ELSE (NewNull for none).
func NewCase(t col.Type, args ...Expr) *Case { return &Case{t, args, newCaseLookup(args)} }

func (e *Case) Type() col.Type        { return e.typ }
func (e *Case) Args() []Expr          { return e.args }
func (e *Case) With(args []Expr) Expr { return NewCase(e.typ, args...) }
func (e *Case) Append(dst []byte) []byte {
	return appendArgs(appendType(append(dst, "(case "...), e.typ), e.args)
}

func (e *Case) SQL(names func(int) string) string {
	var b strings.Builder
	b.WriteString("CASE")
	last := len(e.args) - 1
	for i := 0; i < last; i += 2 {
		b.WriteString(" WHEN " + e.args[i].SQL(names) + " THEN " + e.args[i+1].SQL(names))
	}
	b.WriteString(" ELSE " + e.args[last].SQL(names) + " END")
	return b.String()
}

// Eval is part of Expr.
func (e *Case) Eval(c *fn.Ctx, b *col.Batch, sel []uint32) *col.Vector {
	out := fn.NewBlend(c, e.typ, b.N)
	last := len(e.args) - 1
	var found [][]uint32
	if e.lookup != nil {
		found = e.lookup.branches(c, b, sel, last/2)
	}
	for i := 0; i < last; i += 2 {
		if sel != nil && len(sel) == 0 {
			break
		}
		var hit []uint32
		if found != nil {
			hit = found[i/2]
		} else {
			hit = Filter(c, e.args[i], b, sel)
		}
		if len(hit) > 0 {
			out.Take(operand(c, e.args[i+1], b, hit), hit)
			sel = c.Without(sel, hit, b.N)
		}
	}
	if sel == nil || len(sel) > 0 {
		out.Take(operand(c, e.args[last], b, sel), sel)
	}
	return out.Done()
}

var _ = node("case", func(p *parser) (Expr, error) {
	t, err := p.typ()
	if err != nil {
		return nil, err
	}
	args, err := p.args()
	if err == nil && len(args)%2 == 0 {
		err = p.fail("odd number of operands")
	}
	if err != nil {
		return nil, err
	}
	for i, a := range args {
		condition := i%2 == 0 && i < len(args)-1
		if condition && !a.Type().Is(col.Bool) || !condition && !a.Type().Is(t) {
			return nil, p.fail("operand of the right type")
		}
	}
	return NewCase(t, args...), nil
})

// Coalesce is the first operand that is not NULL.
type Coalesce struct {
	typ  col.Type
	args []Expr
}

// NewCoalesce makes a COALESCE of the type, to which all operands have been cast.
func NewCoalesce(t col.Type, args ...Expr) *Coalesce { return &Coalesce{t, args} }

func (e *Coalesce) Type() col.Type        { return e.typ }
func (e *Coalesce) Args() []Expr          { return e.args }
func (e *Coalesce) With(args []Expr) Expr { return NewCoalesce(e.typ, args...) }
func (e *Coalesce) Append(dst []byte) []byte {
	return appendArgs(appendType(append(dst, "(coalesce "...), e.typ), e.args)
}
func (e *Coalesce) SQL(names func(int) string) string {
	return "COALESCE" + joinSQL(e.args, ", ", names)
}

// Eval is part of Expr.
func (e *Coalesce) Eval(c *fn.Ctx, b *col.Batch, sel []uint32) *col.Vector {
	var out *fn.Blend
	for i, a := range e.args {
		if sel != nil && len(sel) == 0 {
			break
		}
		v := operand(c, a, b, sel)
		if v.N == 1 && b.N != 1 {
			if v.Null(0) {
				continue
			}
			if out == nil {
				return typed(c, c.Expand(v, b.N), e.typ)
			}
			out.Take(v, sel)
			break
		}
		if v.Valid == nil && out == nil {
			return typed(c, v, e.typ)
		}
		hit := c.NotNull(v, sel, b.N)
		if out == nil {
			out = fn.NewBlend(c, e.typ, b.N)
		}
		out.Take(v, hit)
		if i < len(e.args)-1 {
			if hit == nil {
				break
			}
			sel = c.Without(sel, hit, b.N)
		}
	}
	if out == nil {
		return c.Expand(col.NullVector(e.typ, 1), b.N)
	}
	return out.Done()
}

// typed is v as a vector of the type, modifier included.
func typed(c *fn.Ctx, v *col.Vector, t col.Type) *col.Vector {
	if v.Type == t {
		return v
	}
	h := c.View(v)
	h.Type = t
	return h
}

// sameTyped parses the nodes that have a type and operands of it.
func sameTyped(make func(t col.Type, args []Expr) (Expr, error)) func(p *parser) (Expr, error) {
	return func(p *parser) (Expr, error) {
		t, err := p.typ()
		if err != nil {
			return nil, err
		}
		args, err := p.args()
		if err != nil {
			return nil, err
		}
		for _, a := range args {
			if !a.Type().Is(t) {
				return nil, p.fail("operand of the right type")
			}
		}
		if len(args) == 0 {
			return nil, p.fail("operand")
		}
		return make(t, args)
	}
}

var _ = node("coalesce", sameTyped(func(t col.Type, args []Expr) (Expr, error) {
	return NewCoalesce(t, args...), nil
}))

// NullIf is its first operand, or NULL where it equals the second.
type NullIf struct {
	eq   *fn.Scalar
	args []Expr // the value, the two operands of eq
}

// NewNullIf makes NULLIF: value, and the same value and the other cast to eq's types.
func NewNullIf(eq *fn.Scalar, value, a, b Expr) *NullIf {
	return &NullIf{eq, []Expr{value, a, b}}
}

func (e *NullIf) Type() col.Type        { return e.args[0].Type() }
func (e *NullIf) Args() []Expr          { return e.args }
func (e *NullIf) With(args []Expr) Expr { return NewNullIf(e.eq, args[0], args[1], args[2]) }
func (e *NullIf) function() *fn.Scalar  { return e.eq }
func (e *NullIf) Append(dst []byte) []byte {
	return appendArgs(appendFunction(append(dst, "(nullif "...), e.eq), e.args)
}
func (e *NullIf) SQL(names func(int) string) string {
	return "NULLIF(" + e.args[0].SQL(names) + ", " + e.args[2].SQL(names) + ")"
}

// Eval is part of Expr.
func (e *NullIf) Eval(c *fn.Ctx, b *col.Batch, sel []uint32) *col.Vector {
	v := e.args[0].Eval(c, b, sel)
	eq := NewCall(e.eq, col.Bool, e.args[1], e.args[2]).Eval(c, b, sel)
	out := c.View(v)
	out.Valid = c.Bitmap(b.N)
	for w := range out.Valid {
		equal := eq.Bits[w]
		if eq.Valid != nil {
			equal &= eq.Valid[w]
		}
		out.Valid[w] = ^equal
		if v.Valid != nil {
			out.Valid[w] &= v.Valid[w]
		}
	}
	return out
}

var _ = node("nullif", func(p *parser) (Expr, error) {
	eq, err := p.function()
	if err != nil {
		return nil, err
	}
	args, err := p.args()
	if err == nil && (len(args) != 3 || !eq.Takes(args2types(args[1:])) || !eq.Ret.Is(col.Bool)) {
		err = p.fail("three operands")
	}
	if err != nil {
		return nil, err
	}
	return NewNullIf(eq, args[0], args[1], args[2]), nil
})

// Extreme is GREATEST or LEAST: NULL operands do not count.
type Extreme struct {
	typ   col.Type
	least bool
	less  *fn.Scalar
	args  []Expr
}

// NewExtreme makes GREATEST, or LEAST, of the type, to which all operands have been cast.
func NewExtreme(t col.Type, least bool, args ...Expr) (*Extreme, error) {
	m, err := fn.ResolveOperator("<", []col.Type{t, t})
	if err != nil {
		return nil, err
	}
	return &Extreme{t, least, m.Fn, args}, nil
}

func (e *Extreme) Type() col.Type        { return e.typ }
func (e *Extreme) Args() []Expr          { return e.args }
func (e *Extreme) With(args []Expr) Expr { return &Extreme{e.typ, e.least, e.less, args} }
func (e *Extreme) function() *fn.Scalar  { return e.less }
func (e *Extreme) name() string {
	if e.least {
		return "least"
	}
	return "greatest"
}

func (e *Extreme) Append(dst []byte) []byte {
	dst = append(append(append(dst, '('), e.name()...), ' ')
	return appendArgs(appendType(dst, e.typ), e.args)
}

func (e *Extreme) SQL(names func(int) string) string {
	return strings.ToUpper(e.name()) + joinSQL(e.args, ", ", names)
}

// Eval is part of Expr.
func (e *Extreme) Eval(c *fn.Ctx, b *col.Batch, sel []uint32) *col.Vector {
	best := typed(c, e.args[0].Eval(c, b, sel), e.typ)
	for _, a := range e.args[1:] {
		v := a.Eval(c, b, sel)
		less := []*col.Vector{v, best}
		if !e.least {
			less[0], less[1] = best, v
		}
		better := e.less.Apply(c, less, sel, b.N, col.Bool)
		out := fn.NewBlend(c, e.typ, b.N)
		out.Take(best, c.NotNull(best, sel, b.N))
		// v is taken where it is better, and where there was nothing yet.
		take := c.NotNull(v, sel, b.N)
		take = c.Without(take, keepBest(c, best, better, take, b.N), b.N)
		out.Take(v, take)
		best = out.Done()
	}
	return best
}

// keepBest returns the lanes of sel where best is not NULL and the other not better.
func keepBest(c *fn.Ctx, best, better *col.Vector, sel []uint32, n int) []uint32 {
	keep := c.Sel(n)[:0]
	fn.Each(sel, n, func(i int) {
		if !best.Null(i) && !better.Bool(i) {
			keep = append(keep, uint32(i))
		}
	})
	return keep
}

var (
	_ = node("greatest", sameTyped(func(t col.Type, args []Expr) (Expr, error) { return NewExtreme(t, false, args...) }))
	_ = node("least", sameTyped(func(t col.Type, args []Expr) (Expr, error) { return NewExtreme(t, true, args...) }))
)
