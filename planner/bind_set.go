package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// setCall binds the call of a function that returns rows. Its columns have the names that the
// function gives them; a single one without has none, and a record has none at all.
func (b *binder) setCall(x *ast.Call) (c exec.RowsCall, err error) {
	if err := b.functionSchema(x); err != nil {
		return c, err
	}
	if err := refuseModifiers(x, x.Name.Name); err != nil {
		return c, err
	}
	args, names, err := b.arguments(x)
	if err != nil {
		return c, err
	}
	f, m, err := fn.ResolveSet(x.Name.Name, exprTypes(args), names)
	if err != nil {
		return c, err
	}
	written := x.Args
	if names != nil {
		written = nil
	}
	call, err := b.call(m, args, written)
	if err != nil {
		return c, err
	}
	c = exec.RowsCall{Fn: f, Args: call.Args()}
	for _, p := range f.Columns {
		c.Columns = append(c.Columns, col.Column{Name: p.Name, Type: p.Type})
	}
	if len(f.Columns) == 0 && !f.Record {
		c.Columns = []col.Column{{Type: m.Ret}}
	}
	return c, nil
}

// setUse is a function that returns rows, in the expressions of a query.
type setUse struct {
	call exec.RowsCall // of a user's function the arguments and columns alone
	user *functionCall // nil: it is the system's
	at   *ast.Call
	// whole says that its rows, of several columns, come as values of one: NULL where another
	// function has more rows.
	whole bool
}

// width is how many columns its rows come in.
func (u setUse) width() int {
	if u.whole {
		return 1
	}
	return len(u.call.Columns)
}

// setReturning binds a call in the select list: the rows of the query are joined with those of
// the function.
func (b *binder) setReturning(x *ast.Call) (expr.Expr, error) {
	if err := b.takesSets(); err != nil {
		return nil, err
	}
	c, err := b.setCall(x)
	if err != nil {
		return nil, err
	}
	if c.Fn.Record {
		return nil, pgerr.New(pgerr.FeatureNotSupported, "could not determine row type for result of %s", c.Fn.Name).
			WithHint("Provide a non-null record argument, or call the function in the FROM clause using a column definition list.")
	}
	t := b.rowType(c.Columns)
	if len(c.Columns) == 1 {
		t, c.Columns[0].Name = c.Columns[0].Type, c.Fn.Name
	}
	at := slices.IndexFunc(b.found.sets, func(u setUse) bool {
		return u.user == nil && u.call.Fn == c.Fn && slices.EqualFunc(u.call.Args, c.Args, expr.Equal)
	})
	if at < 0 {
		at = len(b.found.sets)
		b.found.sets = append(b.found.sets, setUse{call: c})
	}
	return expr.NewColumn(setColumn+at, t), nil
}

// takesSets refuses functions that return rows where they must not stand.
func (b *binder) takesSets() error {
	switch {
	case b.inside:
		return pgerr.New(pgerr.FeatureNotSupported, "aggregate function calls cannot contain set-returning function calls").
			WithHint("You might be able to move the set-returning function into a LATERAL FROM item.")
	case b.found == nil || !b.clause.sets:
		err := pgerr.New(pgerr.FeatureNotSupported, "set-returning functions are not allowed in %s", b.clause.forbidden())
		if b.clause.place == "CASE" || b.clause.place == "COALESCE" {
			err = err.WithHint("You might be able to move the set-returning function into a LATERAL FROM item.")
		}
		return err
	}
	return nil
}

// value is the call's row, which is one value: that of its column, which is at a place, or the row
// of several.
func (u setUse) value(b *binder, at int) expr.Expr {
	switch {
	case u.user != nil && u.user.leavesColumns(b.env):
		return expr.NewColumn(at, anyRow)
	case u.whole:
		return expr.NewColumn(at, b.rowType(u.call.Columns))
	case len(u.call.Columns) == 1:
		return expr.NewColumn(at, u.call.Columns[0].Type)
	}
	r := &rowValue{names: []string{}}
	for i, c := range u.call.Columns {
		r.fields, r.names = append(r.fields, expr.NewColumn(at+i, c.Type)), append(r.names, c.Name)
	}
	return b.rowCall(r)
}

// withoutSets is b where set-returning functions must not stand.
func (b *binder) withoutSets(where string) *binder {
	if !b.clause.sets {
		return b
	}
	inner := *b
	inner.clause.sets, inner.clause.place = false, where
	return &inner
}

// joinSets gives every row of n the rows of those functions of the query that are not joined
// yet, or, with xs, of those that xs need. Functions go side by side; one whose arguments have
// a function in them gets a row for each of that one's rows, above it. The columns take their
// places in all expressions above n, and in xs.
func (s *selection) joinSets(n Node, xs ...*expr.Expr) (Node, error) {
	wanted := s.neededSets(xs)
	for len(wanted) > 0 {
		ready := slices.DeleteFunc(slices.Clone(wanted), func(k int) bool {
			return slices.ContainsFunc(s.found.sets[k].call.Args, func(x expr.Expr) bool { return len(setsIn(x)) > 0 })
		})
		var uses []setUse
		values, at := map[int]expr.Expr{}, len(n.Schema())
		for _, k := range ready {
			u := s.found.sets[k]
			u.whole = u.whole || len(ready) > 1 && len(u.call.Columns) > 1
			values[setColumn+k] = u.value(s.binder(clause{}), at)
			uses, at = append(uses, u), at+u.width()
		}
		// Among equals the order of the functions' rows holds, and where they are all that there is.
		sides := len(uses) > 1 && isOneRow(n) && slices.ContainsFunc(uses, func(u setUse) bool { return u.user != nil })
		ordered := xs == nil && (len(s.keys) > 0 || sides) && !s.sel.Distinct
		if ordered {
			s.keys = append(s.keys, sortKey{x: expr.NewColumn(at, col.Int8)})
		}
		var err error
		if n, err = s.withRows(n, uses, ordered); err != nil {
			return nil, err
		}
		for _, x := range slices.Concat(s.results(), xs) {
			*x = replaceColumns(*x, values)
		}
		s.joined = append(s.joined, ready...)
		wanted = slices.DeleteFunc(wanted, func(k int) bool { return slices.Contains(ready, k) })
	}
	return n, nil
}

// neededSets are the functions that expressions have in them, and those within their
// arguments; without expressions all that are not joined.
func (s *selection) neededSets(xs []*expr.Expr) (out []int) {
	if xs == nil {
		for k := range s.found.sets {
			if !slices.Contains(s.joined, k) {
				out = append(out, k)
			}
		}
		return out
	}
	var add func(x expr.Expr)
	add = func(x expr.Expr) {
		for _, k := range setsIn(x) {
			if slices.Contains(out, k) {
				continue
			}
			out = append(out, k)
			for _, a := range s.found.sets[k].call.Args {
				add(a)
			}
		}
	}
	for _, x := range xs {
		add(*x)
	}
	return out
}

// setsIn are the functions whose columns stand in an expression.
func setsIn(x expr.Expr) (out []int) {
	for _, c := range columnsOf(x) {
		if c >= setColumn && c < subqueryBase {
			out = append(out, c-setColumn)
		}
	}
	return out
}

// joinGroupSets joins the functions that groups are made by.
func (s *selection) joinGroupSets(n Node) (Node, error) {
	var xs []*expr.Expr
	for i := range s.group {
		if len(setsIn(s.group[i])) > 0 {
			xs = append(xs, &s.group[i])
		}
	}
	if xs == nil {
		return n, nil
	}
	for i := range s.having {
		xs = append(xs, &s.having[i])
	}
	return s.joinSets(n, xs...)
}

// setArguments are the arguments of the functions that are not joined yet.
func (s *selection) setArguments() (xs []*expr.Expr) {
	for k := range s.found.sets {
		if slices.Contains(s.joined, k) {
			continue
		}
		for i := range s.found.sets[k].call.Args {
			xs = append(xs, &s.found.sets[k].call.Args[i])
		}
	}
	return xs
}
