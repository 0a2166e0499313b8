package planner

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// binder turns expressions of one clause into typed ones over the columns of a scope.
type binder struct {
	*env
	scope  *scope
	clause clause
	ctes   *cte
	found  *found      // what the query collects; nil where a constant is wanted
	inside bool        // an aggregate's arguments
	guard  []expr.Expr // only for rows for which these are true is what is bound computed

	windowed bool // a window function's arguments
}

// forbidden is the name of the clause in messages about what must not stand in it.
func (c clause) forbidden() string {
	if c.place != "" {
		return c.place
	}
	return c.name
}

// clause is where an expression stands, and what may stand there.
type clause struct {
	name       string // as messages name it: "WHERE"
	place      string // where aggregates and windows are not allowed, when that has another name
	aggregates bool
	windows    bool
	sets       bool   // functions that return rows
	refuse     string // for constants: what a column reference is told
	code       string // and with which SQLSTATE; empty: 0A000
}

// found is what the expressions of one query level hold beside columns; each is bound to a
// column of its own number range until it has a place.
type found struct {
	aggregates []aggregateUse
	overs      []overUse
	windows    []*namedWindow // of the WINDOW clause
	subqueries []subqueryUse
	functions  []functionUse
	sets       []setUse    // functions that return rows
	collecting int         // the arguments of how many aggregates are being bound
	columns    map[int]int // where each column was first named, for messages
}

// binders are the binders of the kinds of expression.
var binders = map[reflect.Type]func(*binder, ast.Expr) (expr.Expr, error){}

// binds registers the binder of one kind of expression.
func binds[X ast.Expr](f func(*binder, X) (expr.Expr, error)) bool {
	t := reflect.TypeFor[X]()
	if binders[t] != nil {
		panic(fmt.Sprintf("planner: %v is bound twice", t))
	}
	binders[t] = func(b *binder, x ast.Expr) (expr.Expr, error) { return f(b, x.(X)) }
	return true
}

// maxNesting bounds how deeply bound expressions nest.
const maxNesting = 2000

// expr binds one expression.
func (b *binder) expr(x ast.Expr) (expr.Expr, error) {
	f := binders[reflect.TypeOf(x)]
	if f == nil {
		return nil, b.env.at(x.Position(), pgerr.Unsupported("%s", x))
	}
	if b.depth++; b.depth > maxNesting {
		return nil, b.env.at(x.Position(), pgerr.New(pgerr.StatementTooComplex, "stack depth limit exceeded"))
	}
	defer func() { b.depth-- }()
	e, err := f(b, x)
	if err != nil {
		return nil, b.env.at(x.Position(), err)
	}
	b.note(e)
	if b.standing {
		if e, err = b.frozen(e); err != nil {
			return nil, b.env.at(x.Position(), err)
		}
	}
	return e, b.allowed(x, e)
}

// frozen computes what a standing view asks the catalog or the session, once and for all; what
// it would have to ask for each row is refused (V4).
func (b *binder) frozen(e expr.Expr) (expr.Expr, error) {
	var failed error
	e = expr.Rewrite(e, func(x expr.Expr) expr.Expr {
		c, ok := x.(*expr.Call)
		if !ok || failed != nil || !ReadsCatalog(c.Fn) || c.Fn.Volatility == fn.Volatile {
			return x
		}
		if readsColumns(c) {
			failed = pgerr.New(pgerr.FeatureNotSupported, "a function of the catalog over a column in a materialized view is not supported").
				WithHint("Its answer changes with the catalog. Call it in the query that reads the view.")
			return x
		}
		v, err := evaluateOnce(b.ctx, c)
		if err != nil {
			failed = err
			return x
		}
		return expr.NewConst(v)
	})
	return e, failed
}

// allowed refuses what a standing view cannot keep up to date (V3, V7).
func (b *binder) allowed(x ast.Expr, e expr.Expr) error {
	c, ok := e.(*expr.Call)
	if !ok || !b.standing {
		return nil
	}
	if c.Fn.Volatility == fn.Volatile {
		err := pgerr.New(pgerr.FeatureNotSupported, "volatile function %s in a materialized view is not supported", c.Fn.Name)
		return b.env.at(x.Position(), err.WithHint("Let a column of the table have it as its DEFAULT, and read the column."))
	}
	if tellsTime(c.Fn) { // where it may stand is seen in the whole plan
		b.env.times = append(b.env.times, x.Position())
	}
	return nil
}

// value binds an expression and gives an untyped one the type text.
func (b *binder) value(x ast.Expr) (expr.Expr, error) {
	e, err := b.expr(x)
	if err != nil || !e.Type().Is(col.Unknown) {
		return e, err
	}
	if _, param := e.(*expr.Param); param {
		return e, nil // a later context may tell
	}
	return b.coerce(e, col.Text, fn.Implicit)
}

// leftmost is where an expression begins, as far as casts go: PostgreSQL reports there that its
// type does not fit.
func leftmost(x ast.Expr) int {
	if c, ok := x.(*ast.Cast); ok {
		return min(c.Pos, leftmost(c.Expr))
	}
	if o, ok := x.(*ast.Binary); ok {
		return min(o.Pos, leftmost(o.Left))
	}
	return x.Position()
}

// condition binds an expression that must be boolean.
func (b *binder) condition(x ast.Expr) (expr.Expr, error) {
	e, err := b.expr(x)
	if err != nil {
		return nil, err
	}
	return b.toBool(e, b.clause.name, leftmost(x))
}

func (b *binder) toBool(e expr.Expr, what string, pos int) (expr.Expr, error) {
	if t := e.Type(); !t.Is(col.Bool) && !t.Is(col.Unknown) {
		return nil, b.env.at(pos, pgerr.New(pgerr.DatatypeMismatch, "argument of %s must be type boolean, not type %s", what, bare(t)))
	}
	c, err := b.coerce(e, col.Bool, fn.Implicit)
	return c, b.env.at(pos, err)
}

func bare(t col.Type) col.Type { return col.Type{OID: t.OID, Mod: -1} }

// list binds expressions.
func (b *binder) list(xs []ast.Expr) ([]expr.Expr, error) {
	out := make([]expr.Expr, len(xs))
	for i, x := range xs {
		var err error
		if out[i], err = b.expr(x); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func exprTypes(xs []expr.Expr) []col.Type {
	t := make([]col.Type, len(xs))
	for i, x := range xs {
		t[i] = x.Type()
	}
	return t
}

// operator calls an operator.
func (b *binder) operator(name string, args ...expr.Expr) (expr.Expr, error) {
	return b.operatorAt(name, args, nil)
}

// operatorAt is operator for operands as they were written, where an invalid literal is
// reported.
func (b *binder) operatorAt(name string, args []expr.Expr, at []ast.Expr) (expr.Expr, error) {
	m, err := fn.ResolveOperator(name, exprTypes(args))
	if err != nil {
		return nil, err
	}
	return b.call(m, args, at)
}

// call casts the arguments and makes the call that was chosen. at are the arguments as they
// were written, or nil.
func (b *binder) call(m *fn.Match, args []expr.Expr, at []ast.Expr) (expr.Expr, error) {
	args = slices.Clone(args)
	for i, t := range m.Args {
		k := m.From[i]
		if k < 0 || k >= len(at) || !isConst(args[k]) || !args[k].Type().Is(col.Unknown) {
			continue
		}
		c, err := b.literal(args[k].(*expr.Const), t)
		if err != nil {
			return nil, b.env.at(at[k].Position(), err)
		}
		args[k] = c
	}
	e, err := expr.CallMatch(b.ctx, m, args)
	if err == nil {
		b.note(e)
	}
	return e, err
}

// literal is a literal as a value of a type: the name of a catalog object as its number.
func (b *binder) literal(k *expr.Const, t col.Type) (expr.Expr, error) {
	if !k.IsNull() && isRegistered(t) {
		return b.registered(string(k.Value().Bytes(0)), t)
	}
	return b.coerce(k, t, fn.Implicit)
}

// common casts expressions to the one type that PostgreSQL chooses for them.
// at, if not nil, are the expressions as written: the first that does not fit those before it is where an
// error is reported.
func (b *binder) common(context string, xs []expr.Expr, at []ast.Expr) ([]expr.Expr, col.Type, error) {
	t, err := fn.CommonType(context, exprTypes(xs))
	if err != nil {
		for k := 1; k <= len(at); k++ {
			if _, bad := fn.CommonType(context, exprTypes(xs[:k])); bad != nil && at[k-1] != nil {
				return nil, t, b.env.at(leftmost(at[k-1]), bad)
			}
		}
		return nil, t, err
	}
	out := make([]expr.Expr, len(xs))
	for i, x := range xs {
		if out[i], err = b.coerce(x, t, fn.Implicit); err != nil {
			if i < len(at) && at[i] != nil {
				err = b.env.at(leftmost(at[i]), err)
			}
			return nil, t, err
		}
	}
	return out, t, nil
}

var _ = binds(func(b *binder, x *ast.ColumnRef) (expr.Expr, error) {
	if b.clause.refuse != "" {
		code := pgerr.FeatureNotSupported
		if b.clause.code != "" {
			code = b.clause.code
		}
		return nil, pgerr.New(code, "%s", b.clause.refuse)
	}
	if b.scope == nil {
		b.scope = &scope{node: &Values{}}
	}
	r, err := b.scope.resolve(b.env, x)
	if pgerr.CodeOf(err) == pgerr.UndefinedColumn && len(x.Parts) == 1 {
		if row, bad := b.wholeRecord(x.Parts); row != nil || bad != nil {
			return row, bad
		}
	}
	if err != nil {
		return nil, err
	}
	if r.in.values != nil {
		return r.in.values[r.at], nil
	}
	t := r.in.node.Schema()[r.at].Type
	if r.in == b.scope {
		b.found.note(r.at, x.Pos)
		return expr.NewColumn(r.at, t), nil
	}
	r.in.found.note(r.at, x.Pos)
	return expr.NewOuter(b.frameOf(r.in), r.at, t), nil
})

// frameOf is how Outer columns name a row of a scope.
func (e *env) frameOf(s *scope) int {
	if s.frame == 0 {
		*e.frames++
		s.frame = *e.frames
	}
	return s.frame
}

var _ = binds(func(b *binder, x *ast.Collate) (expr.Expr, error) {
	e, err := b.value(x.Expr)
	if err != nil {
		return nil, err
	}
	if t := e.Type(); !collatable(t) {
		return nil, errCollation(t)
	}
	switch x.Collation.Name {
	case "C", "POSIX", "default", "ucs_basic", "C.UTF-8", "C.utf8":
		return e, nil
	}
	return nil, pgerr.Unsupported("collation %q", x.Collation.Name).WithHint("Text is ordered by its bytes, which is collation \"C\".")
})

// collatable reports whether values of a type are ordered by a collation.
func collatable(t col.Type) bool {
	return t.Is(col.Text) || t.Is(col.Varchar) || t.Is(col.Bpchar) || t.Is(col.Name) || t.Is(col.Unknown)
}

func errCollation(t col.Type) error {
	return pgerr.New(pgerr.DatatypeMismatch, "collations are not supported by type %s", bare(t))
}
