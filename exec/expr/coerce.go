package expr

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/typeio"
	"github.com/millracedb/millrace/exec/fn"
)

// Coerce casts e to a type, modifier included, as far as the context allows. A literal of
// unknown type is read as the type's input function does, under c's settings. What has the
// type but another modifier becomes of exactly the type where that changes how keys are made
// (Retype), so operands of = that become join keys are to be coerced to one type. Errors: 42846,
// or what is wrong with the literal. The caller words the error of an assignment (42804).
func Coerce(c *fn.Ctx, e Expr, to col.Type, context fn.CastContext) (Expr, error) {
	from := e.Type()
	if from == to || to.Mod < 0 && from.Is(to) && from.Kind() == to.Kind() {
		return e, nil
	}
	if from.Is(to) && to.IsRow() {
		return e, nil
	}
	if to.Mod < 0 && from.Is(to) {
		return Retype(e, to), nil
	}
	if k, ok := e.(*Const); ok && (from.Is(col.Unknown) || k.IsNull()) {
		return coerceLiteral(c, k, to, context)
	}
	if p, ok := e.(*Param); ok && from.Is(col.Unknown) {
		return Coerce(c, NewParam(p.Number, col.Type{OID: to.OID, Mod: -1}), to, context)
	}
	if from.Is(col.Unknown) {
		from = col.Text
		e = NewCall(fn.ByID("text(unknown)"), col.Text, e)
		if to.Is(col.Text) {
			return e, nil
		}
		context = fn.Explicit
	}
	steps, ok := fn.Cast(from, to, context)
	if !ok {
		return nil, fn.ErrCannotCast(from, to)
	}
	for _, s := range steps {
		e = NewCall(s.Fn, s.To, e)
	}
	return e, nil
}

// Retype gives the values of e another modifier of the same type without a change: as
// numeric what is numeric(10,2), whose keys and stored form differ though the values do not.
func Retype(e Expr, to col.Type) Expr {
	if k, ok := e.(*Const); ok && !k.IsNull() {
		v := *k.value
		v.Type = to
		return &Const{&v}
	}
	return NewCall(fn.ByID("retype(anyelement)"), to, e)
}

func coerceLiteral(c *fn.Ctx, k *Const, to col.Type, context fn.CastContext) (Expr, error) {
	if k.IsNull() {
		if !k.Type().Is(col.Unknown) && !fn.CanCast(k.Type(), to, context) {
			return nil, fn.ErrCannotCast(k.Type(), to)
		}
		return NewNull(to), nil
	}
	base := col.Type{OID: to.OID, Mod: -1}
	if to.Is(col.Interval) || context != fn.Explicit {
		base = to // the fields of an interval's modifier are for its input to read
	}
	v := col.NewVector(base)
	err := typeio.ParseText(v, k.value.Bytes(0), c.Settings)
	if err != nil && to.Mod >= 0 && !to.Is(col.Interval) {
		// What only the modifier refuses is in error where it is evaluated.
		v = col.NewVector(col.Type{OID: to.OID, Mod: -1})
		err = typeio.ParseText(v, k.value.Bytes(0), c.Settings)
	}
	if err != nil {
		return nil, pgerr.From(err)
	}
	return Coerce(c, NewConst(v), to, context)
}

// CallMatch casts the arguments of a call and makes the node: what Resolve or
// ResolveOperator chose for args.
func CallMatch(c *fn.Ctx, m *fn.Match, args []Expr) (Expr, error) {
	cast := make([]Expr, len(m.Args))
	for i, t := range m.Args {
		var err error
		if m.From[i] < 0 {
			p := m.Fn.Params[i]
			v := col.NewVector(p.Type)
			if err := fn.ParseStored(v, []byte(p.Default)); err != nil {
				return nil, err
			}
			cast[i] = NewConst(v)
			continue
		}
		if cast[i] = args[m.From[i]]; t.Is(cast[i].Type()) {
			continue // kernels take every modifier
		}
		if cast[i], err = Coerce(c, args[m.From[i]], t, fn.Implicit); err != nil {
			return nil, err
		}
	}
	return NewCall(m.Fn, m.Ret, cast...), nil
}

// CallNamed resolves a function by name and calls it.
func CallNamed(c *fn.Ctx, name string, args ...Expr) (Expr, error) {
	m, err := fn.Resolve(name, args2types(args), nil)
	if err != nil {
		return nil, err
	}
	return CallMatch(c, m, args)
}

// CallOperator resolves an operator for one or two operands and calls it.
func CallOperator(c *fn.Ctx, name string, args ...Expr) (Expr, error) {
	m, err := fn.ResolveOperator(name, args2types(args))
	if err != nil {
		return nil, err
	}
	return CallMatch(c, m, args)
}

// Fold computes e, which reads no columns, and returns the constant. It returns e itself, and
// ok false, when e is in error or is not a constant: a row that evaluates it will tell.
// Stable functions are computed only if stable is set.
func Fold(c *fn.Ctx, e Expr, stable bool) (k Expr, ok bool) {
	if _, done := e.(*Const); done {
		return e, true
	}
	limit := fn.Immutable
	if stable {
		limit = fn.Stable
	}
	if Volatility(e) > limit || len(Columns(e)) > 0 || ReadsOuter(e, 0) {
		return e, false
	}
	before := len(c.Marks())
	v := e.Eval(c, &col.Batch{N: 1}, nil)
	if c.CutMarks(before) != nil {
		return e, false
	}
	out := &col.Vector{}
	out.ResetKind(e.Type(), v.Kind, v.Scale)
	out.AppendFrom(v, 0)
	return NewConst(out), true
}
