package expr

import (
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
)

// And is the conjunction of two or more conditions, Or the disjunction. An operand is
// evaluated where those before it have not decided.
type And struct{ args []Expr }

// Or is described at And.
type Or struct{ args []Expr }

// NewAnd is the conjunction of the conditions: true for none, the condition itself for one.
// Conjunctions among them are taken apart.
func NewAnd(args ...Expr) Expr {
	var flat []Expr
	for _, a := range args {
		if x, ok := a.(*And); ok {
			flat = append(flat, x.args...)
		} else {
			flat = append(flat, a)
		}
	}
	switch len(flat) {
	case 0:
		return NewBool(true)
	case 1:
		return flat[0]
	}
	return &And{flat}
}

// NewOr is the disjunction of the conditions: false for none.
func NewOr(args ...Expr) Expr {
	var flat []Expr
	for _, a := range args {
		if x, ok := a.(*Or); ok {
			flat = append(flat, x.args...)
		} else {
			flat = append(flat, a)
		}
	}
	switch len(flat) {
	case 0:
		return NewBool(false)
	case 1:
		return flat[0]
	}
	return &Or{flat}
}

// Conjuncts lists the conditions that e is the conjunction of, e alone if it is none.
func Conjuncts(e Expr) []Expr {
	if a, ok := e.(*And); ok {
		return a.args
	}
	return []Expr{e}
}

func (e *And) Type() col.Type           { return col.Bool }
func (e *And) Args() []Expr             { return e.args }
func (e *And) With(args []Expr) Expr    { return NewAnd(args...) }
func (e *And) Append(dst []byte) []byte { return appendArgs(append(dst, "(and"...), e.args) }
func (e *And) SQL(names func(int) string) string {
	return joinSQL(e.args, " AND ", names)
}

func (e *And) Eval(c *fn.Ctx, b *col.Batch, sel []uint32) *col.Vector {
	return connective(c, e.args, b, sel, false)
}

func (e *Or) Type() col.Type           { return col.Bool }
func (e *Or) Args() []Expr             { return e.args }
func (e *Or) With(args []Expr) Expr    { return NewOr(args...) }
func (e *Or) Append(dst []byte) []byte { return appendArgs(append(dst, "(or"...), e.args) }
func (e *Or) SQL(names func(int) string) string {
	return joinSQL(e.args, " OR ", names)
}

func (e *Or) Eval(c *fn.Ctx, b *col.Batch, sel []uint32) *col.Vector {
	return connective(c, e.args, b, sel, true)
}

var (
	_ = node("and", func(p *parser) (Expr, error) {
		args, err := p.conditions()
		return NewAnd(args...), err
	})
	_ = node("or", func(p *parser) (Expr, error) {
		args, err := p.conditions()
		return NewOr(args...), err
	})
)

func joinSQL(args []Expr, by string, names func(int) string) string {
	texts := make([]string, len(args))
	for i, a := range args {
		texts[i] = a.SQL(names)
	}
	return "(" + strings.Join(texts, by) + ")"
}

// connective is AND (decides: false) or OR (decides: true) in three-valued logic, over
// bitmaps: a lane is decided by the first operand with the deciding value, else NULL if some
// operand was, else the other value.
func connective(c *fn.Ctx, args []Expr, b *col.Batch, sel []uint32, decides bool) *col.Vector {
	n := b.N
	out := c.Vec(col.Bool)
	out.Resize(n)
	decided, null := c.Bitmap(n), c.Bitmap(n)
	clear(decided)
	clear(null)
	flip := ^uint64(0)
	if decides {
		flip = 0
	}
	for k, a := range args {
		if sel != nil && len(sel) == 0 {
			break
		}
		c.MayEndAt(k)
		v := a.Eval(c, b, sel)
		live := lanesOf(c, sel, n)
		found := uint64(0)
		for w := range decided {
			valid := ^uint64(0)
			if v.Valid != nil {
				valid = v.Valid[w]
			}
			d := (v.Bits[w] ^ flip) & valid & live[w]
			decided[w] |= d
			null[w] |= ^valid & live[w]
			found |= d
		}
		if found != 0 && k+1 < len(args) {
			sel = undecided(c, sel, decided, n)
		}
	}
	for w := range decided {
		out.Bits[w] = decided[w] ^ flip
	}
	setNulls(out, null, decided)
	return out
}

// lanesOf is the bitmap of a selection.
func lanesOf(c *fn.Ctx, sel []uint32, n int) []uint64 {
	w := c.Bitmap(n)
	if sel == nil {
		for i := range w {
			w[i] = ^uint64(0)
		}
		if r := n & 63; r != 0 {
			w[len(w)-1] = 1<<r - 1
		}
		return w
	}
	clear(w)
	for _, i := range sel {
		w[i>>6] |= 1 << (i & 63)
	}
	return w
}

func undecided(c *fn.Ctx, sel []uint32, decided []uint64, n int) []uint32 {
	if sel == nil {
		open := c.Bitmap(n)
		for w := range open {
			open[w] = ^decided[w]
		}
		return col.SelBits(c.Sel(n)[:0], n, open, nil)
	}
	dst, k := c.Sel(len(sel)), 0
	for _, i := range sel {
		dst[k] = i
		k += int(^decided[i>>6] >> (i & 63) & 1)
	}
	return dst[:k]
}

// setNulls makes NULL the lanes in null that are not decided; it uses up null's memory.
func setNulls(out *col.Vector, null, decided []uint64) {
	some := uint64(0)
	for w := range null {
		null[w] &^= decided[w]
		some |= null[w]
		null[w] = ^null[w]
	}
	if some != 0 {
		out.Valid = null
	}
}

// Not is negation.
type Not struct{ arg Expr }

// NewNot is NOT arg.
func NewNot(arg Expr) Expr { return &Not{arg} }

func (e *Not) Type() col.Type                    { return col.Bool }
func (e *Not) Args() []Expr                      { return []Expr{e.arg} }
func (e *Not) With(args []Expr) Expr             { return &Not{args[0]} }
func (e *Not) Append(dst []byte) []byte          { return appendArgs(append(dst, "(not"...), e.Args()) }
func (e *Not) SQL(names func(int) string) string { return "(NOT " + e.arg.SQL(names) + ")" }

func (e *Not) Eval(c *fn.Ctx, b *col.Batch, sel []uint32) *col.Vector {
	v := e.arg.Eval(c, b, sel)
	out := c.Vec(col.Bool)
	out.Resize(b.N)
	for w := range out.Bits {
		out.Bits[w] = ^v.Bits[w]
	}
	out.Valid = v.Valid
	return out
}

var _ = node("not", func(p *parser) (Expr, error) {
	args, err := p.conditions()
	if err == nil && len(args) != 1 {
		err = p.fail("one operand")
	}
	if err != nil {
		return nil, err
	}
	return NewNot(args[0]), nil
})
