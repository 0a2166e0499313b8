package expr

import (
	"bytes"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
)

// Expr is a typed expression over the columns of a batch. It is immutable.
type Expr interface {
	// Type is the result's type, modifier included.
	Type() col.Type
	// Eval computes the lanes of sel (nil: all). The result has b.N lanes, of which the
	// selected ones mean something; it may be a column of b itself, and is read-only and
	// valid as long as b and until c.Reset.
	Eval(c *fn.Ctx, b *col.Batch, sel []uint32) *col.Vector
	// Args are the operands; With is the same node over others, as many, of the same types.
	Args() []Expr
	With(args []Expr) Expr
	// Append appends the stored form.
	Append(dst []byte) []byte
	// SQL is the expression's text for people; names tells a column's.
	SQL(names func(i int) string) string
}

// single is what may have one value for a whole batch: one returns it as a vector of one
// value, or nil when it has none.
type single interface{ one(c *fn.Ctx) *col.Vector }

// operand evaluates e as an argument of a kernel: one value where that is enough.
func operand(c *fn.Ctx, e Expr, b *col.Batch, sel []uint32) *col.Vector {
	if s, ok := e.(single); ok {
		if v := s.one(c); v != nil {
			return v
		}
	}
	return e.Eval(c, b, sel)
}

// Walk calls f for e and everything below it, until f returns false.
func Walk(e Expr, f func(Expr) bool) bool {
	if !f(e) {
		return false
	}
	for _, a := range e.Args() {
		if !Walk(a, f) {
			return false
		}
	}
	return true
}

// Rewrite rebuilds e from the leaves up, putting f's answer in place of each node.
func Rewrite(e Expr, f func(Expr) Expr) Expr {
	args := e.Args()
	var changed []Expr
	for i, a := range args {
		r := Rewrite(a, f)
		if r != a && changed == nil {
			changed = slices.Clone(args)
		}
		if changed != nil {
			changed[i] = r
		}
	}
	if changed != nil {
		e = e.With(changed)
	}
	return f(e)
}

// Remap gives every column another number.
func Remap(e Expr, f func(i int) int) Expr {
	return Rewrite(e, func(e Expr) Expr {
		if c, ok := e.(*Column); ok {
			if i := f(c.Index); i != c.Index {
				return NewColumn(i, c.typ)
			}
		}
		return e
	})
}

// Columns lists the columns that e reads, ascending, each once.
func Columns(e Expr) []int {
	var cols []int
	Walk(e, func(e Expr) bool {
		if c, ok := e.(*Column); ok {
			cols = append(cols, c.Index)
		}
		return true
	})
	slices.Sort(cols)
	return slices.Compact(cols)
}

// Volatility is the highest of the functions in e. A parameter is Stable.
func Volatility(e Expr) fn.Volatility {
	v := fn.Immutable
	Walk(e, func(e Expr) bool {
		if x, ok := e.(interface{ volatility() fn.Volatility }); ok {
			v = max(v, x.volatility())
		}
		return v != fn.Volatile
	})
	return v
}

// Fallible reports whether e can mark a row.
func Fallible(e Expr) bool {
	return !Walk(e, func(e Expr) bool {
		x, ok := e.(interface{ fallible() bool })
		return !ok || !x.fallible()
	})
}

// Counts reports whether a call in e changes what others answer, or answers by them.
func Counts(e Expr) bool {
	return !Walk(e, func(e Expr) bool {
		c, ok := e.(*Call)
		return !ok || !c.Fn.Counts
	})
}

// InOrder reports whether expressions over a row are to be computed for one row after the other: several
// calls in them answer by those before them. Calls of one function that count apart, each by a constant of
// its own, do not.
func InOrder(es ...Expr) bool {
	var calls []*Call
	for _, e := range es {
		if e == nil {
			continue
		}
		Walk(e, func(e Expr) bool {
			if c, ok := e.(*Call); ok && c.Fn.Counts {
				calls = append(calls, c)
			}
			return true
		})
	}
	counted := map[string]bool{}
	for _, c := range calls {
		by := ""
		if len(c.args) == 1 {
			if k, ok := c.args[0].(*Const); ok {
				by = string(k.Append(nil))
			}
		}
		if len(calls) > 1 && (by == "" || c.Fn != calls[0].Fn || counted[by]) {
			return true
		}
		counted[by] = true
	}
	return false
}

// Functions lists the functions called in e, each once, in order of their first use.
func Functions(e Expr) []*fn.Scalar {
	var fs []*fn.Scalar
	Walk(e, func(e Expr) bool {
		if x, ok := e.(interface{ function() *fn.Scalar }); ok && !slices.Contains(fs, x.function()) {
			fs = append(fs, x.function())
		}
		return true
	})
	return fs
}

// Equal reports whether a and b are the same tree.
func Equal(a, b Expr) bool {
	return a == b || bytes.Equal(a.Append(nil), b.Append(nil))
}

// IsConst reports whether e is a constant, and returns it.
func IsConst(e Expr) (*Const, bool) {
	c, ok := e.(*Const)
	return c, ok
}
