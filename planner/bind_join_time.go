package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/sql/ast"
)

// versioned takes FOR SYSTEM_TIME AS OF from the right side of a join; table is nil where
// there is none.
func versioned(x ast.TableExpr) (item ast.TableExpr, table *ast.Table) {
	t, ok := x.(*ast.Table)
	if !ok || t.AsOf == nil {
		return x, nil
	}
	plain := *t
	plain.AsOf = nil
	return &plain, t
}

// asOfVersions makes a join one with the right rows as of a moment: that in which the left
// row comes, or a time of its own.
func (e *env) asOfVersions(s *scope, j *ast.Join, t *ast.Table, in *binding) error {
	n, ok := s.node.(*Join)
	if !ok {
		return e.at(j.Pos, pgerr.New(pgerr.FeatureNotSupported, "a subquery in the condition of a join with FOR SYSTEM_TIME AS OF is not supported"))
	}
	if j.AsOf || n.Kind != exec.Inner && n.Kind != exec.Left {
		return e.at(j.Pos, pgerr.New(pgerr.FeatureNotSupported, "FOR SYSTEM_TIME AS OF is supported only in inner and left joins"))
	}
	if c, ok := t.AsOf.(*ast.Call); ok && c.Name.Name == "proctime" && len(c.Args) == 0 {
		n.Proc = true
		return nil
	}
	b := &binder{env: e, scope: s, ctes: in.ctes, clause: clause{name: "FOR SYSTEM_TIME AS OF", place: "FOR SYSTEM_TIME AS OF"}}
	at, err := b.expr(t.AsOf)
	if err != nil {
		return err
	}
	width := len(n.Left.Schema())
	if !readsColumns(at) || !within(at, func(c int) bool { return c < width }) {
		return e.at(t.AsOf.Position(), pgerr.New(pgerr.FeatureNotSupported, "FOR SYSTEM_TIME AS OF needs PROCTIME(), or a time of the left side of the join"))
	}
	c, err := e.versionColumn(t)
	if err != nil {
		return err
	}
	right := n.Right.Schema()[c]
	cond, err := b.operator(">=", at, expr.NewColumn(width+c, right.Type))
	if err != nil {
		return e.at(t.AsOf.Position(), err)
	}
	return e.takeNearest(s, cond, t.AsOf.Position())
}

// versionColumn is the time from which each row of a relation, a version, is valid: the
// watermark's column of a stream, or the last column of a table's primary key.
func (e *env) versionColumn(t *ast.Table) (int, error) {
	r, err := e.relation(t.Name)
	if err != nil {
		return 0, err
	}
	switch {
	case r.Kind == catalog.Stream && r.Watermark != nil:
		return r.Watermark.Column, nil
	case r.Kind == catalog.Table && len(r.PrimaryKey) > 0:
		c := r.PrimaryKey[len(r.PrimaryKey)-1]
		if slices.Contains([]col.OID{col.OIDTimestamptz, col.OIDTimestamp, col.OIDDate}, r.Columns[c].Type.OID) {
			return c, nil
		}
	}
	return 0, e.at(t.Pos, pgerr.New(pgerr.FeatureNotSupported, "%q keeps no versions of its rows", r.Name).
		WithHint("FOR SYSTEM_TIME AS OF a column needs a table whose primary key ends with the time from which a row is valid, or a stream with a WATERMARK: each row is a version of its key, valid until the next."))
}

// nearest takes the comparison of times from the conditions of an ASOF JOIN.
func (e *env) nearest(s *scope, at *ast.Join) error {
	j, ok := s.node.(*Join)
	refused := pgerr.New(pgerr.FeatureNotSupported, "ASOF JOIN needs ON with one comparison (>=, >, <=, <) between its sides, and equalities").
		WithHint("Write a ASOF JOIN b ON a.k = b.k AND a.ts >= b.ts.")
	if !ok {
		return e.at(at.Pos, refused)
	}
	width := len(j.Left.Schema())
	var rest []expr.Expr
	var cond expr.Expr
	for _, x := range j.Residual {
		c, is := x.(*expr.Call)
		if !is || len(c.Args()) != 2 || mirrored[c.Fn.Name] == "" || c.Fn.Name == "=" || !acrossSides(c, width) {
			rest = append(rest, x)
			continue
		}
		if cond != nil {
			return e.at(at.Pos, refused)
		}
		cond = x
	}
	if cond == nil {
		return e.at(at.Pos, refused)
	}
	j.Residual = rest
	return e.takeNearest(s, cond, at.Pos)
}

// acrossSides reports whether a comparison has one side of a join on each of its own.
func acrossSides(c *expr.Call, width int) bool {
	left := func(x expr.Expr) bool { return readsColumns(x) && within(x, func(c int) bool { return c < width }) }
	right := func(x expr.Expr) bool { return readsColumns(x) && within(x, func(c int) bool { return c >= width }) }
	a, b := c.Args()[0], c.Args()[1]
	return left(a) && right(b) || right(a) && left(b)
}

// takeNearest makes a join one with the nearest row by a comparison between its sides. An
// operand that is no column is computed below the join.
func (e *env) takeNearest(s *scope, cond expr.Expr, pos int) error {
	j := s.node.(*Join)
	width := len(j.Left.Schema())
	c := cond.(*expr.Call)
	op, l, r := c.Fn.Name, c.Args()[0], c.Args()[1]
	if !within(l, func(c int) bool { return c < width }) {
		op, l, r = mirrored[op], r, l
	}
	l, r = oneForm(l, r)
	if !l.Type().Is(r.Type()) || l.Type().Is(col.JSON) {
		return e.at(pos, pgerr.New(pgerr.FeatureNotSupported, "an as-of join by %s and %s is not supported", l.Type(), r.Type()))
	}
	n := *j
	var lt, rt []int
	n.Left, lt = withColumns(j.Left, []expr.Expr{l})
	n.Right, rt = withColumns(j.Right, []expr.Expr{shiftBy(r, -width)})
	n.Nearest = &Nearest{Left: lt[0], Right: rt[0], Op: op}
	more := len(n.Left.Schema()) - width
	at := identity(width + len(j.Right.Schema()))
	for i := width; i < len(at); i++ {
		at[i] += more
	}
	n.Residual = moveAll(j.Residual, at)
	if s.node = &n; !slices.Equal(at, identity(len(n.Schema()))) {
		s.node = columnsProject(&n, at)
	}
	return nil
}
