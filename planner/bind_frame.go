package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/exec/over"
	"github.com/millracedb/millrace/sql/ast"
)

// frame is a window's frame with what its offsets are computed by.
type frame struct {
	over.Frame
	startOffset, endOffset expr.Expr // as written, without columns; nil: none
	// Of a range with offsets: what rows are compared by, and the values of the bounds. Where the
	// query around computes how many rows or groups a bound is off, they are these numbers.
	key, start, end expr.Expr
	computed        bool // by subqueries, or columns of the queries around
}

// exprs are those that become columns of the rows.
func (f *frame) exprs() (xs []*expr.Expr) {
	for _, x := range []*expr.Expr{&f.key, &f.start, &f.end} {
		if *x != nil {
			xs = append(xs, x)
		}
	}
	return xs
}

// place enters the columns of exprs into the frame.
func (f *frame) place(to *over.Frame, at []int) {
	for _, p := range []struct {
		x  expr.Expr
		to *int
	}{{f.key, &to.Key}, {f.start, &to.Start.Col}, {f.end, &to.End.Col}} {
		if p.x != nil {
			*p.to, at = at[0], at[1:]
		}
	}
}

// namedWindow is a window that has been defined: behind OVER or in a WINDOW clause.
type namedWindow struct {
	name   string
	window *window
	frame  frame
	framed bool // a frame was written
}

// defaultFrame is from the partition's start to the row's peers.
var defaultFrame = frame{Frame: over.Frame{Mode: over.Range, End: over.Bound{Kind: over.CurrentRow}}}

// bindWindows binds the WINDOW clause.
func (s *selection) bindWindows() error {
	b := s.binder(clause{name: "WINDOW", aggregates: true, windows: true})
	for _, w := range s.sel.Windows {
		if slices.ContainsFunc(s.found.windows, func(o *namedWindow) bool { return o.name == w.Name }) {
			return s.env.at(w.Pos, pgerr.New(pgerr.WindowingError, "window %q is already defined", w.Name))
		}
		d, err := b.overWindow(w)
		if err != nil {
			return err
		}
		d.name = w.Name
		s.found.windows = append(s.found.windows, d)
	}
	return nil
}

// overWindow binds a window's definition.
func (b *binder) overWindow(w *ast.Window) (*namedWindow, error) {
	d := &namedWindow{window: &window{}, frame: defaultFrame}
	if w.Ref != "" {
		i := slices.IndexFunc(b.found.windows, func(o *namedWindow) bool { return o.name == w.Ref })
		if i < 0 {
			return nil, b.env.at(w.Pos, pgerr.New(pgerr.UndefinedObject, "window %q does not exist", w.Ref))
		}
		from := b.found.windows[i]
		if w.Bare {
			return from, nil
		}
		if err := b.inherit(w, d, from); err != nil {
			return nil, err
		}
	}
	if err := b.windowOrder(w, d); err != nil {
		return nil, err
	}
	if d.framed = w.Frame != nil; !d.framed {
		return d, nil
	}
	return d, b.bindFrame(w, d)
}

// inherit takes over what a window may take from another.
func (b *binder) inherit(w *ast.Window, d, from *namedWindow) error {
	var err *pgerr.Error
	switch {
	case len(w.PartitionBy) > 0:
		err = pgerr.New(pgerr.WindowingError, "cannot override PARTITION BY clause of window %q", w.Ref)
	case len(w.OrderBy) > 0 && len(from.window.order) > 0:
		err = pgerr.New(pgerr.WindowingError, "cannot override ORDER BY clause of window %q", w.Ref)
	case from.framed:
		err = pgerr.New(pgerr.WindowingError, "cannot copy window %q because it has a frame clause", w.Ref)
		if w.Name == "" && len(w.OrderBy) == 0 && w.Frame == nil {
			err = err.WithHint("Omit the parentheses in this OVER clause.")
		}
	default:
		d.window.partition, d.window.order = slices.Clone(from.window.partition), slices.Clone(from.window.order)
		return nil
	}
	return b.env.at(w.Pos, err)
}

// windowOrder binds PARTITION BY and ORDER BY.
func (b *binder) windowOrder(w *ast.Window, d *namedWindow) error {
	for _, p := range w.PartitionBy {
		e, err := b.windowExpr(p)
		if err == nil {
			err = b.env.at(p.Position(), comparable(e.Type()))
		}
		if err != nil {
			return err
		}
		d.window.partition = append(d.window.partition, e)
	}
	for _, o := range w.OrderBy {
		e, err := b.windowExpr(o.Expr)
		if err != nil {
			return err
		}
		if err := sortable(e.Type()); err != nil {
			return b.env.at(o.Pos, err)
		}
		order, err := sortOrder(o)
		if err != nil {
			return b.env.at(o.Pos, err)
		}
		d.window.order = append(d.window.order, sortKey{e, order, o.Pos})
	}
	return nil
}

// sortable refuses types without an order.
func sortable(t col.Type) error {
	if t.Is(col.JSON) {
		return pgerr.New(pgerr.UndefinedFunction, "could not identify an ordering operator for type json").
			WithHint("Use an explicit ordering operator or modify the query.")
	}
	return nil
}

// windowExpr binds an expression of a window's definition; aggregates may stand in it.
func (b *binder) windowExpr(x ast.Expr) (expr.Expr, error) {
	inner := *b
	inner.clause.name, inner.clause.place, inner.clause.windows, inner.clause.sets = "window definitions", "", false, false
	return inner.value(x)
}

var frameModes = map[string]over.Mode{"RANGE": over.Range, "ROWS": over.ByRow, "GROUPS": over.Groups}

var exclusions = map[string]over.Exclusion{"": over.NoOthers, "CURRENT ROW": over.ExcludeCurrentRow, "GROUP": over.ExcludeGroup, "TIES": over.ExcludeTies}

var boundKinds = map[ast.BoundKind]over.BoundKind{ast.UnboundedPreceding: over.UnboundedPreceding, ast.Preceding: over.Preceding,
	ast.CurrentRow: over.CurrentRow, ast.Following: over.Following, ast.UnboundedFollowing: over.UnboundedFollowing}

// bindFrame binds a frame clause over the window's order.
func (b *binder) bindFrame(w *ast.Window, d *namedWindow) error {
	f, x := w.Frame, &d.frame
	x.Frame = over.Frame{Mode: frameModes[f.Mode], Exclude: exclusions[f.Exclude]}
	if x.Mode == over.Groups && len(d.window.order) == 0 {
		return b.env.at(w.Pos, pgerr.New(pgerr.WindowingError, "GROUPS mode requires an ORDER BY clause"))
	}
	for _, e := range []struct {
		from      ast.Bound
		to        *over.Bound
		raw, edge *expr.Expr
	}{{f.Start, &x.Start, &x.startOffset, &x.start}, {f.End, &x.End, &x.endOffset, &x.end}} {
		e.to.Kind = boundKinds[e.from.Kind]
		if e.from.Offset == nil {
			continue
		}
		var err error
		switch {
		case x.Mode != over.Range:
			*e.raw, *e.edge, err = b.rowsBound(x, e.from, f)
		case len(d.window.order) != 1:
			err = b.env.at(w.Pos, pgerr.New(pgerr.WindowingError, "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column"))
		default:
			*e.raw, *e.edge, err = b.rangeBound(d, e.from, e.to == &x.End)
		}
		if err == nil && b.standing {
			err = b.env.at(e.from.Offset.Position(), constantOffset(*e.raw))
		}
		if err != nil {
			return err
		}
	}
	if x.countsComputed() {
		return b.bothComputed(x)
	}
	return nil
}

// constantOffset refuses, where a query stands, an offset that is known only when it runs.
func constantOffset(x expr.Expr) error {
	if x != nil && !isConst(x) {
		return pgerr.Unsupported("a frame's offset that is not a constant in a materialized view").WithHint("Write the number, or the interval.")
	}
	return nil
}

// rangeBound binds an offset of RANGE, and what a row's bound is computed by.
func (b *binder) rangeBound(d *namedWindow, from ast.Bound, end bool) (raw, edge expr.Expr, err error) {
	key := d.window.order[0]
	t := key.x.Type()
	i := slices.IndexFunc(ranges, func(r rangeType) bool { return slices.ContainsFunc(r.keys, t.Is) })
	raw, computed, err := b.rangeOffset(from.Offset)
	if err != nil {
		return nil, nil, err
	}
	if i < 0 {
		err := pgerr.New(pgerr.FeatureNotSupported, "RANGE with offset PRECEDING/FOLLOWING is not supported for column type %s", bare(t))
		return nil, nil, b.env.at(leftmost(from.Offset), err)
	}
	of, err := ranges[i].offset(t, raw.Type())
	if err != nil {
		return nil, nil, b.env.at(leftmost(from.Offset), err)
	}
	if raw, err = b.coerce(raw, of, fn.Implicit); err != nil {
		return nil, nil, b.env.at(leftmost(from.Offset), err)
	}
	if t.Is(col.Time) { // whose clock months and days do not move
		raw = expr.NewCall(fn.ByID("_clock_offset(interval)"), col.Interval, raw)
	}
	if k, ok := expr.Fold(b.ctx, raw, false); ok {
		raw = k
	}
	if computed {
		d.frame.computed = true
		if raw, err = b.checkedOffset(raw, map[bool]string{false: "starting range", true: "ending range"}[end]); err != nil {
			return nil, nil, err
		}
	}
	minus := (from.Kind == ast.Preceding) != key.Desc
	if d.frame.key, edge, err = ranges[i].bound(b, key.x, raw, minus, end != key.Desc); err != nil {
		return nil, nil, b.env.at(leftmost(from.Offset), err)
	}
	if d.frame.By = key.Order; computed {
		raw = nil
	}
	return raw, edge, nil
}

// rangeType is the types of columns that a range may be ordered by, those of offsets, and how
// the bounds are computed.
type rangeType struct {
	keys, offsets []col.Type
	bound         edger
}

// edger gives what rows are compared by, and the bound of a row: its key less the offset, or
// with it. upper tells that no greater value is in the frame, else no lesser one.
type edger func(b *binder, key, offset expr.Expr, minus, upper bool) (by, edge expr.Expr, err error)

// offset chooses the type of the offset, as PostgreSQL does among its in_range functions.
func (r rangeType) offset(key, written col.Type) (col.Type, error) {
	var fits []col.Type
	preferred := written
	if written.Is(col.Unknown) {
		preferred = key
	}
	for _, t := range r.offsets {
		if written.Is(col.Unknown) || written.Is(t) || fn.CanCast(written, t, fn.Implicit) {
			fits = append(fits, t)
		}
	}
	switch {
	case len(fits) == 0:
		return col.Type{}, pgerr.New(pgerr.FeatureNotSupported, "RANGE with offset PRECEDING/FOLLOWING is not supported for column type %s and offset type %s", bare(key), bare(written)).
			WithHint("Cast the offset value to an appropriate type.")
	case len(fits) == 1:
		return fits[0], nil
	case slices.ContainsFunc(fits, preferred.Is):
		return bare(preferred), nil
	}
	return col.Type{}, pgerr.New(pgerr.FeatureNotSupported, "RANGE with offset PRECEDING/FOLLOWING has multiple interpretations for column type %s and offset type %s", bare(key), bare(written)).
		WithHint("Cast the offset value to the exact intended type.")
}

// ranges are the types that RANGE knows. Integers are compared as numerics, which do not
// overflow; dates as timestamps, and times as intervals, which do not end at midnight.
var ranges = []rangeType{
	{[]col.Type{col.Int2, col.Int4}, []col.Type{col.Int8, col.Int4, col.Int2}, boundAs(col.Numeric, col.Numeric)},
	{[]col.Type{col.Int8}, []col.Type{col.Int8}, boundAs(col.Numeric, col.Numeric)},
	{[]col.Type{col.Float4, col.Float8}, []col.Type{col.Float8}, floatBound},
	{[]col.Type{col.Numeric}, []col.Type{col.Numeric}, numericBound},
	{[]col.Type{col.Date, col.Timestamp}, []col.Type{col.Interval}, boundAs(col.Timestamp, col.Interval)},
	{[]col.Type{col.Timestamptz}, []col.Type{col.Interval}, boundAs(col.Timestamptz, col.Interval)},
	{[]col.Type{col.Interval}, []col.Type{col.Interval}, boundAs(col.Interval, col.Interval)},
	{[]col.Type{col.Time}, []col.Type{col.Interval}, boundAs(col.Interval, col.Interval)},
}

var plusMinus = map[bool]string{false: "+", true: "-"}

// boundAs computes bounds by + and - of a type to which the key is cast.
func boundAs(t, offset col.Type) edger {
	return func(b *binder, key, off expr.Expr, minus, _ bool) (by, edge expr.Expr, err error) {
		if by, err = b.coerce(key, t, fn.Explicit); err != nil {
			return nil, nil, err
		}
		if off, err = b.coerce(off, offset, fn.Explicit); err != nil {
			return nil, nil, err
		}
		edge, err = b.operator(plusMinus[minus], by, off)
		return by, edge, err
	}
}

// numericBound is boundAs but for an infinite offset, by which every row but NaN has all
// numbers on that side in its frame, infinity too.
func numericBound(b *binder, key, off expr.Expr, minus, upper bool) (by, edge expr.Expr, err error) {
	constant := func(text string) expr.Expr {
		x, coerced := b.coerce(expr.NewUnknown(text), col.Numeric, fn.Implicit)
		if err == nil {
			err = coerced
		}
		return x
	}
	compare := func(op string, x, y expr.Expr) expr.Expr {
		e, called := b.operator(op, x, y)
		if err == nil {
			err = called
		}
		return e
	}
	infinite := map[bool]expr.Expr{false: constant("Infinity"), true: constant("-Infinity")}
	if err != nil || isConst(off) && !expr.Equal(off, infinite[false]) {
		by, edge, err = boundAs(col.Numeric, col.Numeric)(b, key, off, minus, upper)
		return by, edge, err
	}
	if key, err = b.coerce(key, col.Numeric, fn.Explicit); err != nil { // as the bounds are: those of numeric(p, s) are stored otherwise
		return nil, nil, err
	}
	nan := constant("NaN")
	added, err := b.operator(plusMinus[minus], key, off)
	if err != nil {
		return nil, nil, err
	}
	edge = expr.NewCase(col.Numeric, compare("<>", off, infinite[false]), added, compare("=", key, nan), nan,
		compare("=", key, infinite[!minus]), infinite[!upper], added)
	return key, edge, err
}

// floatBound computes bounds that may be infinite.
func floatBound(b *binder, key, off expr.Expr, minus, upper bool) (by, edge expr.Expr, err error) {
	if by, err = b.coerce(key, col.Float8, fn.Explicit); err != nil {
		return nil, nil, err
	}
	if minus {
		if off, err = b.operator("-", off); err != nil {
			return nil, nil, err
		}
	}
	m, err := fn.Resolve("_frame_bound", []col.Type{col.Float8, col.Float8, col.Bool}, nil)
	if err != nil {
		return nil, nil, err
	}
	edge, err = b.call(m, []expr.Expr{by, off, expr.NewBool(upper)}, nil)
	return by, edge, err
}
