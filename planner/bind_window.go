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
	s, err := e.fromItem(w.Input, in)
	if err != nil {
		return nil, err
	}
	b := &binder{env: e, scope: s, clause: clause{name: string(w.Kind)}}
	ts, err := e.windowColumn(b, w.Time, "the second argument of %s must be a column", w.Kind)
	if err != nil {
		return nil, err
	}
	if err := e.windowTime(w.Kind, w.Time, s.columns()[ts].Type); err != nil {
		return nil, err
	}
	var partition []int
	for _, x := range w.PartitionBy {
		p, err := e.windowColumn(b, x, "what %s is partitioned by must be columns", w.Kind)
		if err == nil {
			err = e.at(x.Position(), comparable(s.columns()[p].Type))
		}
		if err != nil {
			return nil, err
		}
		partition = append(partition, p)
	}
	over, err := e.windows(w)
	if err != nil {
		return nil, err
	}
	return e.windowed(s, w, func(n Node, at func(int) int) Node { return over(n, at(ts), mapped(partition, at)) })
})

func mapped(xs []int, at func(int) int) []int {
	var out []int
	for _, x := range xs {
		out = append(out, at(x))
	}
	return out
}

// windowColumn binds an argument that must be a column of the input.
func (e *env) windowColumn(b *binder, written ast.Expr, otherwise string, kind ast.WindowKind) (int, error) {
	x, err := b.expr(written)
	if err != nil {
		return 0, err
	}
	c, ok := x.(*expr.Column)
	if !ok || c.Index >= aggregateBase {
		return 0, e.at(written.Position(), pgerr.New(pgerr.InvalidParameterValue, otherwise, kind).
			WithHint("Compute it in a subquery: %s((SELECT …), …).", kind))
	}
	return c.Index, nil
}

func (e *env) windowTime(kind ast.WindowKind, at ast.Expr, t col.Type) error {
	if !t.Is(col.Timestamp) && !t.Is(col.Timestamptz) {
		return e.at(at.Position(), pgerr.New(pgerr.DatatypeMismatch, "the time column of %s must be of type timestamp or timestamp with time zone, not %s", kind, bare(t)))
	}
	return nil
}

// windowed puts the window's columns behind those of its input.
func (e *env) windowed(s *scope, w *ast.WindowTable, over func(n Node, at func(int) int) Node) (*scope, error) {
	// Only what * shows goes into the window, as SELECT * FROM the input would say.
	src := *s.sources[0]
	var keep []int
	var cols []string
	hidden, places := map[int]bool{}, map[int]int{}
	for i, f := range s.fields {
		places[f.at] = i
		keep = append(keep, f.at)
		cols = append(cols, f.name)
		hidden[i] = f.hidden
	}
	var n Node = s.node
	if len(keep) != len(n.Schema()) {
		n = columnsProject(n, keep)
	}
	src.fields, src.key = nil, nil
	out := newSource(over(n, func(c int) int { return places[c] }), &src, append(cols, windowColumns[:]...), func(i int) bool { return hidden[i] })
	return out, e.rename(out, w.Alias, "table")
}

// windows reads the lengths of windows and returns what puts them over rows, by their time
// column and, of sessions, those of the partition.
func (e *env) windows(w *ast.WindowTable) (func(n Node, ts int, partition []int) Node, error) {
	if w.Kind == ast.Session {
		gap, err := e.windowLength(w, w.Size, true)
		if err != nil {
			return nil, err
		}
		return func(n Node, ts int, partition []int) Node {
			return &Session{Input: n, SessionSpec: exec.SessionSpec{Time: ts, Partition: partition, Gap: gap}}
		}, nil
	}
	spec, err := e.windowSpec(w)
	return func(n Node, ts int, _ []int) Node {
		s := spec
		s.Time = ts
		return &Window{Input: n, WindowSpec: s}
	}, err
}

func (e *env) windowSpec(w *ast.WindowTable) (exec.WindowSpec, error) {
	s := exec.WindowSpec{Cumulate: w.Kind == ast.Cumulate}
	var err error
	if s.Size, err = e.windowLength(w, w.Size, true); err != nil {
		return s, err
	}
	s.Slide = s.Size
	if w.Slide != nil {
		if s.Slide, err = e.windowLength(w, w.Slide, true); err != nil {
			return s, err
		}
		if err := e.at(w.Slide.Position(), checkSlide(w.Kind, s)); err != nil {
			return s, err
		}
	}
	if w.Offset != nil {
		s.Offset, err = e.windowLength(w, w.Offset, false)
	}
	return s, err
}

func checkSlide(kind ast.WindowKind, s exec.WindowSpec) error {
	word := map[ast.WindowKind]string{ast.Hop: "slide", ast.Cumulate: "step"}[kind]
	switch {
	case s.Slide > s.Size:
		return pgerr.New(pgerr.InvalidParameterValue, "the %s of %s must not be longer than its size", word, kind)
	case s.Cumulate && s.Size%s.Slide != 0:
		return pgerr.New(pgerr.InvalidParameterValue, "the size of %s must be a multiple of its %s", kind, word)
	case s.Size/s.Slide > 10_000:
		return pgerr.New(pgerr.ProgramLimitExceeded, "a row lies in more than 10000 windows")
	}
	return nil
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
