package over

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/exec/fn"
)

// frameRows is the rows of a frame as a collecting aggregate sees them, in the window's order.
type frameRows struct {
	ctx  *fn.Ctx
	args []*col.Vector // of all rows
	rows []uint32      // those of the frame
}

var _ agg.Rows = (*frameRows)(nil)

// Len is the number of rows.
func (r *frameRows) Len() int64 { return int64(len(r.rows)) }

// Each hands out the arguments of all rows.
func (r *frameRows) Each(f func(*agg.Run) error) error {
	for from := 0; from < len(r.rows); from += col.BatchRows {
		r.ctx.MayEnd()
		part := r.rows[from:min(from+col.BatchRows, len(r.rows))]
		x := &agg.Run{N: len(part), W: make([]int64, len(part)), Peer: make([]bool, len(part))}
		for i := range x.W {
			x.W[i] = 1
		}
		for _, a := range r.args {
			v := &col.Vector{}
			v.ResetKind(a.Type, a.Kind, a.Scale)
			v.Gather(a, part)
			x.Args = append(x.Args, v)
		}
		if err := f(x); err != nil {
			return err
		}
	}
	return nil
}

// At is the row at a place.
func (r *frameRows) At(n int64) ([]*col.Vector, int) { return r.args, int(r.rows[n]) }

// Place is asked for by aggregates WITHIN GROUP, which stand over no window.
func (r *frameRows) Place([]*col.Vector, int) (int64, int64) { return 0, 0 }

// Different is, too.
func (r *frameRows) Different([]*col.Vector, int) int64 { return 0 }

// collect makes the result of each frame of its rows.
func (s *sums) collect(x *frames) *col.Vector {
	if s.c.Agg.Collecting.Steps != nil {
		return s.step(x)
	}
	out := col.NewVector(s.c.Ret)
	how, view := s.c.Agg.Collecting, &frameRows{ctx: s.e.ctx, args: s.args}
	var parts [][2]int32
	for t, row := range s.e.targets {
		s.e.mayEnd(t)
		parts = x.parts(t, int(row), parts[:0])
		view.rows = view.rows[:0]
		for _, p := range parts {
			view.rows = s.passing(view.rows, p[0], p[1])
		}
		if how.SkipNulls {
			kept := view.rows[:0]
			for _, i := range view.rows {
				if !s.args[0].Null(int(i)) {
					kept = append(kept, i)
				}
			}
			view.rows = kept
		}
		if err := how.Make(s.e.ctx, view, nil, 0, out); err != nil {
			s.e.fail(t, pgerr.From(err))
		}
		for out.N <= t {
			out.AppendNull()
		}
		if out.Kind.IsView() {
			s.e.ctx.Book(out.Str[t].Len())
		}
	}
	return out
}
