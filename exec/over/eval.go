package over

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/fn"
)

// Eval evaluates calls over Rows. Its memory is scratch that lasts from one evaluation to the
// next; it belongs to one goroutine.
type Eval struct {
	ctx   *fn.Ctx
	calls []Call
	bytes int // of all calls' States

	rows    *Rows
	targets []int32 // rows to be evaluated, segment after segment
	known   map[Frame]*frames
	states  []byte
	at      int // of the running call's State in a row's
	errs    map[int]*pgerr.Error
	partial bool // a State does not say all
	heap    scratch
}

// New makes an Eval for calls.
func New(ctx *fn.Ctx, calls []Call) *Eval {
	return &Eval{ctx: ctx, calls: calls, bytes: StateBytes(calls), known: map[Frame]*frames{}}
}

// Result is what an evaluation gives, by target; it is good until the next one.
type Result struct {
	Targets []int32       // rows of Rows
	Out     []*col.Vector // a vector for each call
	States  []byte        // StateBytes of each target
	Carried bool          // the States say all; else an accumulator was too long for one
	Errors  map[int]*pgerr.Error
}

// Run evaluates the calls for all targets.
func (e *Eval) Run(r *Rows) Result {
	e.rows, e.targets, e.errs, e.partial = r, e.targets[:0], nil, false
	clear(e.known)
	for _, s := range r.Segs {
		for i := s.Begin; i < s.End; i++ {
			e.targets = append(e.targets, int32(i))
		}
	}
	n := e.bytes * len(e.targets)
	if cap(e.states) < n {
		e.states = make([]byte, n, n+n/2)
	}
	e.states = e.states[:n]
	clear(e.states)
	res := Result{Targets: e.targets, States: e.states}
	e.at = 0
	for i := range e.calls {
		c := &e.calls[i]
		e.heap.reset()
		e.ctx.Reset()
		res.Out = append(res.Out, own(c.kernel().eval(e, c)))
		for _, m := range e.ctx.Marks() {
			e.fail(m.Lane, m.Err)
		}
		e.at += c.stateBytes()
	}
	e.ctx.Reset()
	res.Errors, res.Carried = e.errs, !e.partial
	return res
}

// own makes a vector independent of the context's scratch, and brings it into stored form.
func own(v *col.Vector) *col.Vector {
	out := &col.Vector{}
	out.ResetKind(v.Type, v.Kind, v.Scale)
	out.AppendAll(v)
	out.Own()
	return out.StoredKind()
}

// mayEnd ends the statement, if it is to end, now and then while targets, or rows, are counted.
func (e *Eval) mayEnd(i int) {
	if i%between == 0 {
		e.ctx.MayEnd()
	}
}

// fail notes the first error of a target.
func (e *Eval) fail(t int, err *pgerr.Error) {
	if e.errs == nil {
		e.errs = map[int]*pgerr.Error{}
	}
	if e.errs[t] == nil {
		e.errs[t] = err
	}
}

// state is a call's State at a target.
func (e *Eval) state(t, bytes int) []byte {
	at := t*e.bytes + e.at
	return e.states[at : at+bytes]
}

// before is a call's State at the row before a segment's Lo; nil: there is none.
func (e *Eval) before(s Segment, bytes int) []byte {
	if s.Before == nil {
		return nil
	}
	return s.Before[e.at : e.at+bytes]
}

// column is a column of the rows.
func (e *Eval) column(c int) *col.Vector { return &e.rows.B.Cols[c] }

// pick returns for each target the value of a column at the row of that target in at; -1 is NULL,
// unless other gives the value of the target's own row there.
func (e *Eval) pick(t col.Type, from *col.Vector, at []int32, other *col.Vector) *col.Vector {
	out := &col.Vector{}
	out.ResetKind(t, from.Kind, from.Scale)
	if other != nil && (other.Kind != from.Kind || other.Scale != from.Scale) {
		from, other = from.ToDec(), other.ToDec()
		out.ResetKind(t, from.Kind, from.Scale)
	}
	for k, i := range at {
		switch {
		case i >= 0:
			out.AppendFrom(from, int(i))
		case other != nil:
			out.AppendFrom(other, int(e.targets[k]))
		default:
			out.AppendNull()
		}
	}
	return out
}
