package exec

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
)

// Fold is an aggregate as a user defines one: a state, what a row makes of it, and what is told of
// it in the end. Its result is made of a group's rows in order, and anew when they change: nothing
// says how a row is taken away again. It is immutable.
type Fold struct {
	Name  string
	Args  []col.Type
	State col.Type
	Init  *expr.Const // of the state's type
	// Step and Inverse are the state with a row and, nil but over frames that move, without the one
	// that came first: expressions over the state and then the arguments.
	Step, Inverse expr.Expr
	// Strict says that rows with a NULL among the arguments do not count, and that the first
	// argument of the first one that does is the state where Init is NULL. A state that has become
	// NULL stays so.
	Strict bool
	// Final is the result over the state; nil: the state itself. StrictFinal: NULL of NULL.
	Final       expr.Expr
	StrictFinal bool
}

// Type is the type of the results.
func (f *Fold) Type() col.Type {
	if f.Final == nil {
		return f.State
	}
	return f.Final.Type()
}

// Aggregate makes an aggregate of it, whose ID is text: it must say all of f.
func (f *Fold) Aggregate(text string) *agg.Aggregate {
	return agg.Defined(f.Name, f.Args, f.Type(), text, func(c *fn.Ctx) agg.Steps { return f.steps(c) }, f.Inverse != nil)
}

// folding is a Fold on its way from row to row. It has a context of its own, since the vectors of a
// step are not needed behind it.
type folding struct {
	*Fold
	ctx   *fn.Ctx
	state *col.Vector // one value
	n     int64       // rows that count and are in it
	row   *col.Batch  // the state and a row's arguments
}

func (f *Fold) steps(c *fn.Ctx) *folding {
	return &folding{Fold: f, ctx: c.Within(), row: &col.Batch{N: 1, Cols: make([]col.Vector, 1+len(f.Args))}}
}

// Begin implements agg.Steps.
func (s *folding) Begin() { s.state, s.n = s.Init.Value(), 0 }

// Add implements agg.Steps.
func (s *folding) Add(args []*col.Vector, lane int) error {
	if !s.counts(args, lane) {
		return nil
	}
	s.n++
	switch {
	case !s.Strict || !s.state.Null(0):
	case s.n == 1:
		s.state = oneValue(s.State, args[0], lane)
		return nil
	default:
		return nil
	}
	if err := s.become(s.Step, args, lane); err != nil {
		return err
	}
	if s.Inverse != nil && s.state.Null(0) {
		return pgerr.New(pgerr.NullValueNotAllowed, "moving-aggregate transition function must not return null")
	}
	return nil
}

// Remove implements agg.Steps. The state of the last row is not taken back but made anew: it may
// have begun as NULL.
func (s *folding) Remove(args []*col.Vector, lane int) (bool, error) {
	switch {
	case !s.counts(args, lane):
		return true, nil
	case s.n == 1:
		s.Begin()
		return true, nil
	}
	s.n--
	err := s.become(s.Inverse, args, lane)
	return err == nil && !s.state.Null(0), err
}

// Result implements agg.Steps.
func (s *folding) Result(out *col.Vector) error {
	result := s.state
	if s.Final != nil {
		if s.StrictFinal && s.state.Null(0) {
			out.AppendNull()
			return nil
		}
		v, err := s.value(s.Final)
		if err != nil {
			return err
		}
		result = v
	}
	out.GatherAny(result, []uint32{0}, 0)
	return nil
}

// counts reports whether a row matters to the state.
func (s *folding) counts(args []*col.Vector, lane int) bool {
	if s.Strict {
		for _, a := range args {
			if a.Null(lane) {
				return false
			}
		}
	}
	return true
}

// become makes the state what an expression over it and a row says.
func (s *folding) become(x expr.Expr, args []*col.Vector, lane int) error {
	for i, a := range args {
		s.row.Cols[1+i] = *oneValue(a.Type, a, lane)
	}
	v, err := s.value(x)
	if err == nil {
		s.state = v
	}
	return err
}

// value is the value of an expression over the state and the row at hand, in a vector of its own.
func (s *folding) value(x expr.Expr) (*col.Vector, error) {
	s.ctx.MayEnd()
	defer s.ctx.Reset()
	s.row.Cols[0] = *s.state
	v := x.Eval(s.ctx, s.row, nil)
	if m := s.ctx.Marks(); len(m) > 0 {
		return nil, m[0].Err
	}
	return oneValue(x.Type(), v, 0), nil
}

// oneValue is a copy of a value, in the form that states keep.
func oneValue(t col.Type, from *col.Vector, lane int) *col.Vector {
	v := &col.Vector{}
	v.ResetKind(t, from.Kind, from.Scale)
	v.AppendFrom(from, lane)
	return v.StoredKind()
}
