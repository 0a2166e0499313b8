package planner

import (
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// An aggregate that a user created is planned as what its functions are, over a state and the
// arguments of a row: expressions, which stand in stored plans (V1).

// userAggregates lists the aggregates of users that a call may mean, by their name and how many
// arguments they take.
func (e *env) userAggregates(x *ast.Call) []*catalog.Function {
	found := e.Catalog.FunctionsNamed(e.Path, x.Name.Schema, x.Name.Name)
	return slices.DeleteFunc(found, func(f *catalog.Function) bool { return f.Aggregate == nil || len(f.Inputs()) != len(x.Args) })
}

// resolveUserAggregate chooses the aggregate of a user that a call means, and casts the arguments
// in place; nil: it means one of the system.
func (b *binder) resolveUserAggregate(x *ast.Call, args []expr.Expr, moving bool) (*agg.Aggregate, error) {
	users := b.userAggregates(x)
	if len(users) == 0 {
		return nil, nil
	}
	system := x.Name.Schema == "" || x.Name.Schema == "pg_catalog"
	overloads, byScalar, err := b.candidates(users, &boundCall{args: args}, system, x.Name.Name)
	if err != nil {
		return nil, err
	}
	m, err := fn.ResolveAmong(overloads, x.Name.String(), exprTypes(args), nil)
	if err != nil || byScalar[m.Fn] == nil {
		return nil, err
	}
	f := byScalar[m.Fn]
	b.useFunction(f, x)
	for i, t := range m.Args {
		if args[i], err = b.coerce(args[i], t, fn.Implicit); err != nil {
			return nil, b.env.at(x.Args[i].Position(), err)
		}
	}
	way := &f.Aggregate.Plain
	if moving && f.Aggregate.Moving != nil {
		way = f.Aggregate.Moving
	}
	fold, err := b.env.foldOf(f, way, m, exprTypes(args))
	if err != nil {
		return nil, err
	}
	return fold.Aggregate(foldText(fold)), nil
}

// moves takes the other way of a user's aggregate where it has one and PostgreSQL takes it: over
// frames whose start moves, unless something volatile is asked for every row.
func (b *binder) moves(x *ast.Call, u *overUse) error {
	if a := u.call.Agg; a == nil || !a.IsDefined() || u.frame.Start.Kind == 0 || slices.ContainsFunc(u.exprs(), func(x *expr.Expr) bool { return volatile(*x) }) {
		return nil
	}
	a, err := b.resolveUserAggregate(x, u.args, true)
	u.call.Agg = a
	return err
}

// foldOf makes what an aggregate is in a call over arguments of types, from one of its ways.
func (e *env) foldOf(f *catalog.Function, way *catalog.Fold, m *fn.Match, args []col.Type) (*exec.Fold, error) {
	if f.OID != 0 && slices.Contains(e.functions, f.OID) {
		return nil, pgerr.Unsupported("an aggregate that calls itself")
	}
	if len(e.functions) >= mostFunctions {
		return nil, pgerr.New(pgerr.StatementTooComplex, "stack depth limit exceeded")
	}
	state, err := m.Of(way.State)
	if err != nil {
		return nil, err
	}
	inner := e.inFunction(f)
	times := len(inner.times)
	b := &binder{env: inner, clause: clause{name: "the state of an aggregate"}}
	fold := &exec.Fold{Name: f.Name, Args: args, State: state}
	if fold.Init, err = b.initial(way.Init, state); err != nil {
		return nil, err
	}
	over := stateAndRow(state, args)
	if fold.Step, fold.Strict, err = b.callOver(way.Step, over, state); err != nil {
		return nil, err
	}
	if !way.Inverse.IsNone() {
		if fold.Inverse, _, err = b.callOver(way.Inverse, over, state); err != nil {
			return nil, err
		}
	}
	if !way.Final.IsNone() {
		of := over[:1]
		if way.Extra {
			for _, t := range args {
				of = append(slices.Clip(of), expr.NewNull(t))
			}
		}
		if fold.Final, fold.StrictFinal, err = b.callOver(way.Final, of, col.Type{}); err != nil {
			return nil, err
		}
	}
	if e.standing && len(inner.times) > times {
		return nil, pgerr.Unsupported("an aggregate whose state tells the time in a materialized view")
	}
	e.notices, e.scored = inner.notices, inner.scored
	return fold, b.steady(fold)
}

// steady refuses in a standing plan what may not be computed again.
func (b *binder) steady(f *exec.Fold) error {
	for _, x := range []expr.Expr{f.Step, f.Inverse, f.Final} {
		if x == nil || !b.standing {
			continue
		}
		for _, s := range expr.Functions(x) {
			switch {
			case s.Volatility == fn.Volatile:
				return pgerr.New(pgerr.FeatureNotSupported, "volatile function %s in a materialized view is not supported", s.Name)
			case ReadsCatalog(s), tellsTime(s):
				return pgerr.Unsupported("an aggregate whose state calls %s() in a materialized view", s.Name)
			}
		}
	}
	return nil
}

// stateAndRow are the columns that the functions of an aggregate read.
func stateAndRow(state col.Type, args []col.Type) (over []expr.Expr) {
	for i, t := range append([]col.Type{state}, args...) {
		over = append(over, expr.NewColumn(i, t))
	}
	return over
}

// initial is the state over no rows.
func (b *binder) initial(text *string, t col.Type) (*expr.Const, error) {
	if text == nil {
		return expr.NewNull(t), nil
	}
	x, err := b.coerce(expr.NewUnknown(*text), t, fn.Implicit)
	if err != nil {
		return nil, err
	}
	v, err := evaluateOnce(b.ctx, x)
	if err != nil {
		return nil, err
	}
	return expr.NewConst(v), nil
}

// foldWord begins the ID of a user's aggregate, which says all that it is.
const foldWord = "fold"

func foldText(f *exec.Fold) string {
	l := newLine(foldWord).quoted(f.Name).number(int64(len(f.Args)))
	for _, t := range f.Args {
		l.typ(t)
	}
	l.typ(f.State).expr(f.Init).flag("strict", f.Strict).flag("strictfinal", f.StrictFinal).expr(f.Step)
	for _, x := range []expr.Expr{f.Inverse, f.Final} {
		if l.flag("then", x != nil); x != nil {
			l.expr(x)
		}
	}
	return l.Builder.String()
}

// aggregate reads an aggregate and its version.
func (r *reader) aggregate(id string, version int64) *agg.Aggregate {
	if text, defined := strings.CutPrefix(id, foldWord+" "); defined {
		return r.fold(id, text)
	}
	a := agg.ByID(id)
	if a == nil {
		r.fail("aggregate %s", id)
	} else if int64(a.Version) != version {
		r.stale = append(r.stale, id)
	}
	return a
}

// fold reads the rest of a user's aggregate.
func (r *reader) fold(id, text string) *agg.Aggregate {
	in := &reader{rest: text}
	f := &exec.Fold{Name: in.quoted()}
	for range in.count() {
		f.Args = append(f.Args, in.typ())
	}
	f.State = in.typ()
	init, _ := in.typed(nil, f.State).(*expr.Const)
	f.Init, f.Strict, f.StrictFinal = init, in.flag("strict"), in.flag("strictfinal")
	over := append([]col.Type{f.State}, f.Args...)
	if f.Step = in.typed(over, f.State); in.flag("then") {
		f.Inverse = in.typed(over, f.State)
	}
	if in.flag("then") {
		f.Final = in.expr(over[:1])
	}
	if in.err == nil && (init == nil || strings.TrimSpace(in.rest) != "") {
		in.fail("aggregate %q", id)
	}
	if r.stale = append(r.stale, in.stale...); in.err != nil {
		r.err, r.rest = in.err, ""
		return nil
	}
	return f.Aggregate(id)
}
