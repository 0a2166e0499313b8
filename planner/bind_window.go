package planner

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

var _ = bindsFrom(func(e *env, w *ast.WindowTable, in *binding) (*scope, error) {
	if w.Kind != ast.Tumble && w.Kind != ast.Hop {
		return nil, e.at(w.Pos, pgerr.Unsupported("%s", w.Kind).WithHint("TUMBLE and HOP are."))
	}
	s, err := e.fromItem(w.Input, in)
	if err != nil {
		return nil, err
	}
	b := &binder{env: e, scope: s, clause: clause{name: string(w.Kind)}}
	x, err := b.expr(w.Time)
	if err != nil {
		return nil, err
	}
	ts, ok := x.(*expr.Column)
	if !ok || ts.Index >= aggregateBase {
		return nil, e.at(w.Time.Position(), pgerr.New(pgerr.InvalidParameterValue, "the second argument of %s must be a column", w.Kind))
	}
	if t := ts.Type(); !t.Is(col.Timestamp) && !t.Is(col.Timestamptz) {
		return nil, e.at(w.Time.Position(), pgerr.New(pgerr.DatatypeMismatch, "the time column of %s must be of type timestamp or timestamp with time zone, not %s", w.Kind, bare(t)))
	}
	spec, err := e.windowSpec(w, ts.Index)
	if err != nil {
		return nil, err
	}
	return e.windowed(s, w, spec)
})

// windowed puts the window's columns behind those of its input.
func (e *env) windowed(s *scope, w *ast.WindowTable, spec exec.WindowSpec) (*scope, error) {
	// Only what * shows goes into the window, as SELECT * FROM the input would say.
	src := *s.sources[0]
	var keep []int
	var cols []string
	hidden := map[int]bool{}
	for i, f := range s.fields {
		keep = append(keep, f.at)
		cols = append(cols, f.name)
		hidden[i] = f.hidden
	}
	var n Node = s.node
	if len(keep) != len(n.Schema()) {
		n = columnsProject(n, keep)
	}
	src.fields, src.key = nil, nil
	out := newSource(&Window{Input: n, WindowSpec: spec}, &src, append(cols, windowColumns[:]...), func(i int) bool { return hidden[i] })
	return out, e.rename(out, w.Alias, "table")
}

func (e *env) windowSpec(w *ast.WindowTable, ts int) (exec.WindowSpec, error) {
	s := exec.WindowSpec{Time: ts}
	var err error
	if s.Size, err = e.windowLength(w, w.Size, true); err != nil {
		return s, err
	}
	s.Slide = s.Size
	if w.Slide != nil {
		if s.Slide, err = e.windowLength(w, w.Slide, true); err != nil {
			return s, err
		}
		if s.Slide > s.Size {
			return s, e.at(w.Slide.Position(), pgerr.New(pgerr.InvalidParameterValue, "the slide of HOP must not be longer than its size"))
		}
		if s.Size/s.Slide > 10_000 {
			return s, e.at(w.Slide.Position(), pgerr.New(pgerr.ProgramLimitExceeded, "a row lies in more than 10000 windows"))
		}
	}
	if w.Offset != nil {
		s.Offset, err = e.windowLength(w, w.Offset, false)
	}
	return s, err
}

// windowLength reads a constant interval in microseconds; days have 24 hours.
func (e *env) windowLength(w *ast.WindowTable, x ast.Expr, positive bool) (int64, error) {
	b := &binder{env: e, clause: clause{name: string(w.Kind), refuse: "the length of a window must be a constant"}}
	v, err := b.expr(x)
	if err != nil {
		return 0, err
	}
	if v, err = e.coerce(v, col.Interval, fn.Implicit); err != nil {
		return 0, e.at(x.Position(), err)
	}
	k, ok := expr.Fold(e.ctx, v, false)
	if !ok {
		return 0, e.at(x.Position(), pgerr.New(pgerr.FeatureNotSupported, "the length of a window must be a constant"))
	}
	c := k.(*expr.Const)
	if c.IsNull() {
		return 0, e.at(x.Position(), pgerr.New(pgerr.NullValueNotAllowed, "the length of a window must not be NULL"))
	}
	months, days, us := col.IntervalParts(c.Value().Wide[0])
	if months != 0 {
		return 0, e.at(x.Position(), pgerr.Unsupported("a window of months").WithHint("Give its length in days or less."))
	}
	us += int64(days) * 86_400_000_000
	if positive && us <= 0 {
		return 0, e.at(x.Position(), pgerr.New(pgerr.InvalidParameterValue, "the length of a window must be positive"))
	}
	return us, nil
}
