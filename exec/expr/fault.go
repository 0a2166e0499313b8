package expr

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
)

// chooser is what computes not all of its operands.
type chooser interface {
	// asked calls f for the operands in their order, as far as constants among those before do not
	// keep an operand from being asked.
	asked(f func(Expr) error, value func(Expr) *Const) error
}

// Asked are the operands of e that are computed for every row that e is.
func Asked(e Expr) []Expr {
	if _, ok := e.(chooser); ok {
		return e.Args()[:1]
	}
	return e.Args()
}

// Fault is the error of the first part of e that no row decides, immutable functions of constants,
// and that constants do not keep from being asked: PostgreSQL finds it when it plans, whether there
// are rows or not. Nil: there is none.
func Fault(c *fn.Ctx, e Expr) error {
	if _, done := e.(*Const); done || !Fallible(e) {
		return nil
	}
	if x, ok := e.(chooser); ok {
		return x.asked(func(a Expr) error { return Fault(c, a) }, func(a Expr) *Const {
			k, _ := Fold(c, a, false)
			known, _ := k.(*Const)
			return known
		})
	}
	for _, a := range e.Args() {
		if err := Fault(c, a); err != nil {
			return err
		}
	}
	if _, call := e.(*Call); !call || Volatility(e) > fn.Immutable || len(Columns(e)) > 0 || ReadsOuter(e, 0) {
		return nil
	}
	before := len(c.Marks())
	e.Eval(c, &col.Batch{N: 1}, nil)
	if err := c.CutMarks(before); err != nil {
		return err
	}
	return nil
}

// decides reports whether a constant is a truth value.
func decides(k *Const, truth bool) bool { return k != nil && !k.IsNull() && k.Value().Bool(0) == truth }

func (e *Case) asked(f func(Expr) error, value func(Expr) *Const) error {
	last := len(e.args) - 1
	for i := 0; i < last; i += 2 {
		if err := f(e.args[i]); err != nil {
			return err
		}
		k := value(e.args[i])
		if k != nil && !decides(k, true) {
			continue
		}
		if err := f(e.args[i+1]); err != nil || k != nil {
			return err
		}
	}
	return f(e.args[last])
}

func (e *Coalesce) asked(f func(Expr) error, value func(Expr) *Const) error {
	for _, a := range e.args {
		if err := f(a); err != nil {
			return err
		}
		if k := value(a); k != nil && !k.IsNull() {
			return nil
		}
	}
	return nil
}

func (e *And) asked(f func(Expr) error, value func(Expr) *Const) error {
	return askedUntil(e.args, false, f, value)
}

func (e *Or) asked(f func(Expr) error, value func(Expr) *Const) error {
	return askedUntil(e.args, true, f, value)
}

func askedUntil(args []Expr, truth bool, f func(Expr) error, value func(Expr) *Const) error {
	for _, a := range args {
		if err := f(a); err != nil {
			return err
		}
		if decides(value(a), truth) {
			return nil
		}
	}
	return nil
}
