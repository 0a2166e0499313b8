package planner

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
)

// Series is generate_series(start, stop, step): one column, in a query that runs once.
type Series struct {
	Name string
	Args []expr.Expr // start, stop, step; of one type, but step is an interval for timestamps

	times *datetime.Settings // of Instantiate, for steps of days
}

var _ = nodeText("series", 0, func(r *reader) Node {
	s := &Series{Name: r.quoted()}
	for range 3 {
		s.Args = append(s.Args, r.expr(nil))
	}
	if r.err == nil && !s.Args[0].Type().Is(s.Args[1].Type()) {
		r.fail("a series from %s to %s", s.Args[0].Type(), s.Args[1].Type())
	}
	return s
})

func (s *Series) String() string {
	return newLine("series").quoted(s.Name).expr(s.Args[0]).expr(s.Args[1]).expr(s.Args[2]).Builder.String()
}

func (s *Series) Schema() []col.Column    { return []col.Column{{Name: s.Name, Type: s.Args[0].Type()}} }
func (s *Series) Inputs() []Node          { return nil }
func (s *Series) WithInputs(...Node) Node { return s }
func (s *Series) exprs() []expr.Expr      { return s.Args }
func (s *Series) withExprs(xs []expr.Expr) Node {
	return &Series{Name: s.Name, Args: xs, times: s.times}
}
func (s *Series) derive([]Properties) Properties {
	return Properties{AppendOnly: true, Keys: [][]int{{0}}, Partitioned: wholly(1)}
}
func (s *Series) keeps([]Properties) state { return state{} }
func (s *Series) meets() [][]int           { return nil }
func (s *Series) describe() string         { return "Series " + exprList(s.Args, nil) }
func (s *Series) needs([]bool) [][]bool    { return nil }

func (s *Series) pruned([]bool, []Node, [][]int) (Node, []int) { return s, []int{0} }

// Build adds the series, whose arguments Instantiate has computed.
func (s *Series) Build(b *Builder, _ []exec.Ref) exec.Ref {
	return b.Generate(types(s.Schema()), func(emit exec.Emit) error { return s.generate(emit) })
}

// generate emits the rows; an error of emit, such as that of a canceled query, ends it.
func (s *Series) generate(emit exec.Emit) error {
	var arg [3]*expr.Const
	for i, x := range s.Args {
		arg[i] = x.(*expr.Const)
		if arg[i].IsNull() {
			return nil
		}
	}
	c := fn.NewCtx(s.times, 0)
	down, err := s.stepSign(c, arg[2])
	if err != nil {
		return err
	}
	start, stop, step := arg[0].Value(), arg[1].Value(), arg[2].Value()
	switch t := s.Args[0].Type(); {
	case t.Is(col.Int4):
		return counted(t, lanesI32, start.I32[0], stop.I32[0], step.I32[0], emit)
	case t.Is(col.Int8):
		return counted(t, lanesI64, start.I64[0], stop.I64[0], step.I64[0], emit)
	case t.Is(col.Timestamp), t.Is(col.Timestamptz):
		return s.timed(c, start.I64[0], stop.I64[0], step, down, emit)
	}
	return s.stepped(c, arg, down, emit)
}

func lanesI32(v *col.Vector) []int32 { return v.I32 }
func lanesI64(v *col.Vector) []int64 { return v.I64 }

// counted fills batches from start to stop by a step that is not zero. It ends before the type
// would overflow.
func counted[T int32 | int64](t col.Type, lanes func(*col.Vector) []T, start, stop, step T, emit exec.Emit) error {
	if step > 0 && start > stop || step < 0 && start < stop {
		return nil
	}
	// The distance and the step are without sign, so no difference overflows.
	distance, stride := uint64(int64(stop)-int64(start)), uint64(step)
	if step < 0 {
		distance, stride = -distance, -uint64(int64(step))
	}
	left, at := distance/stride, start // rows behind the next one
	out := col.NewBatch(t)
	for {
		n := int(min(left, col.BatchRows-1)) + 1
		out.Reset()
		out.Cols[0].Resize(n)
		rows := lanes(&out.Cols[0])[:n]
		for i := range rows {
			rows[i] = at
			at += step
		}
		out.Grow(n, 1)
		if err := emit(out); err != nil || left < uint64(n) {
			return err
		}
		left -= uint64(n)
	}
}

// timed steps through times by an interval.
func (s *Series) timed(c *fn.Ctx, at, stop int64, step *col.Vector, down bool, emit exec.Emit) error {
	by, zone := fn.IntervalAt(step, 0), c.Settings.Zone
	zoned := s.Args[0].Type().Is(col.Timestamptz) && zone != nil
	out := col.NewBatch(s.Args[0].Type())
	for !down && at <= stop || down && at >= stop {
		out.Cols[0].AppendI64(at)
		out.Grow(out.N+1, 1)
		if out.N == col.BatchRows {
			if err := emit(out); err != nil {
				return err
			}
			out.Reset()
		}
		var err error
		if zoned {
			at, err = datetime.AddIntervalZone(at, by, zone)
		} else {
			at, err = datetime.AddInterval(at, by)
		}
		if err != nil {
			return err
		}
	}
	if out.N == 0 {
		return nil
	}
	return emit(out)
}

// stepped is a series by the operators of its type.
func (s *Series) stepped(c *fn.Ctx, arg [3]*expr.Const, down bool, emit exec.Emit) error {
	within := "<="
	if down {
		within = ">="
	}
	out := col.NewBatch(s.Args[0].Type())
	for at := arg[0]; ; {
		more, err := computed(c, within, at, arg[1])
		if err != nil {
			return err
		}
		if !more.Value().Bool(0) {
			break
		}
		out.Cols[0].AppendFrom(at.Value().StoredKind(), 0)
		out.Grow(out.N+1, 1)
		if out.N == col.BatchRows {
			if err := emit(out); err != nil {
				return err
			}
			out.Reset()
		}
		if at, err = computed(c, "+", at, arg[2]); err != nil {
			return err
		}
	}
	if out.N == 0 {
		return nil
	}
	return emit(out)
}

// stepSign reports whether the series goes down; a step of nothing is 22023.
func (s *Series) stepSign(c *fn.Ctx, step *expr.Const) (down bool, err error) {
	zero, err := expr.Coerce(c, expr.NewUnknown("0"), step.Type(), fn.Implicit)
	if err != nil {
		return false, err
	}
	same, err := computed(c, "=", step, zero)
	if err != nil {
		return false, err
	}
	if same.Value().Bool(0) {
		return false, pgerr.New(pgerr.InvalidParameterValue, "step size cannot equal zero")
	}
	less, err := computed(c, "<", step, zero)
	if err != nil {
		return false, err
	}
	return less.Value().Bool(0), nil
}

// computed calls an operator on constants.
func computed(c *fn.Ctx, op string, args ...expr.Expr) (*expr.Const, error) {
	x, err := expr.CallOperator(c, op, args...)
	if err != nil {
		return nil, err
	}
	defer c.Reset()
	return evaluate(c, x)
}
