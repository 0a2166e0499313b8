package planner

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/exec/over"
	"github.com/millracedb/millrace/sql/ast"
)

// ofOffset binds a frame's offset, which may read no column of the query's own rows: columns of the queries
// around it, and subqueries.
func (b *binder) ofOffset() *binder {
	inner := &binder{env: b.env, ctes: b.ctes, found: b.found, scope: &scope{node: &Values{}}}
	if b.scope != nil {
		inner.scope.outer = b.scope.outer
	}
	return inner
}

// rowsBound binds an offset of ROWS or GROUPS: one that is known before the query runs, or one that is computed.
func (b *binder) rowsBound(x *frame, from ast.Bound, f *ast.Frame) (raw, computed expr.Expr, err error) {
	inner := b.ofOffset()
	queries := len(inner.found.subqueries)
	if raw, err = inner.rowCount(from.Offset, f.Mode); err != nil {
		return nil, nil, err
	}
	if len(inner.found.subqueries) == queries && !dependsOnOuter(raw) {
		return raw, nil, nil
	}
	if x.Mode == over.ByRow && (x.Exclude == over.ExcludeGroup || x.Exclude == over.ExcludeTies) {
		return nil, nil, b.env.at(from.Offset.Position(), pgerr.Unsupported("EXCLUDE of peers in a frame of computed rows").WithHint("Write GROUPS, or a constant number of rows."))
	}
	x.computed = true
	what := "ending"
	if from.Offset == f.Start.Offset {
		what = "starting"
	}
	raw, err = b.checkedOffset(raw, what)
	return nil, raw, err
}

// checkedOffset refuses an offset that is NULL, negative or no number when it is computed.
func (b *binder) checkedOffset(x expr.Expr, what string) (expr.Expr, error) {
	var bad []expr.Expr
	for op, than := range map[string]string{"<": "0", "=": "NaN"} {
		if t := x.Type(); op == "=" && !t.Is(col.Float8) && !t.Is(col.Numeric) {
			continue
		}
		y, err := b.coerce(expr.NewUnknown(than), x.Type(), fn.Implicit)
		if err != nil {
			return nil, err
		}
		is, err := b.operator(op, x, y)
		if err != nil {
			return nil, err
		}
		bad = append(bad, is)
	}
	fits := expr.NewCall(fn.ByID("_frame_offset_fits(bool,bool,text)"), col.Bool, expr.NewIs(x, expr.IsNull), expr.NewOr(bad...), expr.NewText(what))
	return expr.NewCase(x.Type(), fits, x, expr.NewNull(x.Type())), nil
}

// computedFrame adds a window function whose frame counts rows or groups by numbers that the query around computes:
// over the numbers of the rows, or of the groups, the frame is a range.
func (s *selection) computedFrame(b *binder, n Node, use int, values map[int]expr.Expr) (Node, error) {
	u := &s.found.overs[use]
	in, err := b.besideWindow(n, u.window, u.exprs())
	if err != nil {
		return nil, err
	}
	below := in.below
	number := "row_number"
	if u.frame.Mode == over.Groups {
		number = "dense_rank"
	}
	width := len(below.Schema())
	rows := columnsProject(numbered(below, in.partition, in.order, number), identity(width))
	place, err := b.coerce(expr.NewColumn(width, col.Int8), col.Numeric, fn.Explicit)
	if err != nil {
		return nil, err
	}
	rows.Exprs, rows.Names = append(rows.Exprs, place), append(rows.Names, number)
	call := u.placed(in.take)
	call.Frame.Mode, call.Frame.Key, call.Frame.By = over.Range, width, col.Order{}
	for _, e := range []*over.Bound{&call.Frame.Start, &call.Frame.End} {
		if !hasOffset(*e) {
			continue
		}
		off, err := b.coerce(column(e.Col, below.Schema()[e.Col]), col.Numeric, fn.Explicit)
		if err != nil {
			return nil, err
		}
		edge, err := b.operator(plusMinus[e.Kind == over.Preceding], place, off)
		if err != nil {
			return nil, err
		}
		e.Col = len(rows.Exprs)
		rows.Exprs, rows.Names = append(rows.Exprs, edge), append(rows.Names, "bound")
	}
	values[overBase+use] = expr.NewColumn(len(rows.Exprs), u.call.Ret)
	return &Over{Input: rows, Partition: in.partition, Order: []exec.OrderBy{{Col: width}}, Calls: []OverCall{call}}, nil
}

// bothComputed makes the constant offset of a frame whose other offset is computed a computed one.
func (b *binder) bothComputed(x *frame) (err error) {
	for _, e := range []struct {
		raw, edge *expr.Expr
		what      string
	}{{&x.startOffset, &x.start, "starting"}, {&x.endOffset, &x.end, "ending"}} {
		if *e.raw == nil {
			continue
		}
		if *e.edge, err = b.checkedOffset(*e.raw, e.what); err != nil {
			return err
		}
		*e.raw = nil
	}
	return nil
}

// countsComputed reports whether the frame counts rows or groups by computed numbers.
func (f *frame) countsComputed() bool { return f.computed && f.Mode != over.Range }

// rangeOffset binds an offset of RANGE; computed says that the query around computes it.
func (b *binder) rangeOffset(x ast.Expr) (raw expr.Expr, computed bool, err error) {
	inner := b.ofOffset()
	inner.clause = clause{name: "RANGE"}
	queries := len(inner.found.subqueries)
	raw, err = inner.expr(x)
	if code := pgerr.CodeOf(err); code == pgerr.UndefinedColumn || code == pgerr.UndefinedTable {
		inner.clause.refuse, inner.clause.code = "argument of RANGE must not contain variables", pgerr.InvalidColumnReference
		_, err = inner.expr(x)
	}
	if err != nil {
		return nil, false, err
	}
	return raw, len(inner.found.subqueries) > queries || dependsOnOuter(raw), nil
}
