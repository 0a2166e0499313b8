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
	if raw, err = inner.rowCount(from.Offset, f.Mode); err != nil {
		return nil, nil, err
	}
	if !isComputed(raw) {
		return raw, nil, nil
	}
	x.computed = true
	what := "ending"
	if from.Offset == f.Start.Offset {
		what = "starting"
	}
	raw, err = b.checkedOffset(raw, what)
	return nil, raw, err
}

// isComputed reports whether the query around computes an offset: its only columns are those of subqueries and of the
// queries around.
func isComputed(offset expr.Expr) bool { return readsColumns(offset) || dependsOnOuter(offset) }

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

// numberedFrames are window functions whose frames count rows or groups by numbers that the query around computes:
// over the numbers of the rows, or of the groups, each frame is a range.
type numberedFrames struct {
	calls []OverCall
	uses  []int    // which of the query's functions they are
	rows  *Project // the rows with their numbers, and with the bounds of frames so far
	place int      // the column of a row's number, before that of its group's
}

// over adds the functions behind those that look at the same rows in the same order, so that all see one order of ties.
func (f *numberedFrames) over(b *binder, o *Over, values map[int]expr.Expr) (Node, error) {
	f.place = len(o.Schema())
	o.Calls = append(o.Calls, numbered(o.Input, o.Partition, o.Order, "row_number", "dense_rank").Calls...)
	f.rows = columnsProject(o, identity(f.place+2))
	for _, c := range []int{f.place, f.place + 1} {
		number, err := b.coerce(f.rows.Exprs[c], col.Numeric, fn.Explicit)
		if err != nil {
			return nil, err
		}
		f.rows.Exprs[c] = number
	}
	for i := range f.calls {
		if err := f.ranged(b, &f.calls[i].Frame); err != nil {
			return nil, err
		}
	}
	for i, use := range f.uses {
		values[overBase+use] = expr.NewColumn(len(f.rows.Exprs)+i, f.calls[i].Ret)
	}
	return &Over{Input: f.rows, Partition: o.Partition, Order: []exec.OrderBy{{Col: f.place}}, Calls: f.calls}, nil
}

// ranged makes a frame of rows or groups a range of their numbers. A group that is the row's own begins and ends at its
// number.
func (f *numberedFrames) ranged(b *binder, x *over.Frame) error {
	by := f.place
	if x.Mode == over.Groups {
		by++
	}
	for _, e := range []*over.Bound{&x.Start, &x.End} {
		switch {
		case hasOffset(*e):
			off, err := b.coerce(f.rows.Exprs[e.Col], col.Numeric, fn.Explicit)
			if err != nil {
				return err
			}
			edge, err := b.operator(plusMinus[e.Kind == over.Preceding], f.rows.Exprs[by], off)
			if err != nil {
				return err
			}
			e.Col = len(f.rows.Exprs)
			f.rows.Exprs, f.rows.Names = append(f.rows.Exprs, edge), append(f.rows.Names, "bound")
		case e.Kind == over.CurrentRow && x.Mode == over.Groups:
			*e = over.Bound{Kind: over.Preceding, Col: by}
		}
	}
	if x.Ranked = x.Mode == over.Groups || x.Exclude > over.ExcludeCurrentRow; x.Ranked {
		x.Peers = f.place + 1
	}
	x.Mode, x.Key, x.By = over.Range, by, col.Order{}
	return nil
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
	raw, err = inner.expr(x)
	if code := pgerr.CodeOf(err); code == pgerr.UndefinedColumn || code == pgerr.UndefinedTable {
		inner.clause.refuse, inner.clause.code = "argument of RANGE must not contain variables", pgerr.InvalidColumnReference
		_, err = inner.expr(x)
	}
	if err != nil {
		return nil, false, err
	}
	return raw, isComputed(raw), nil
}
