package exec

import (
	"github.com/millracedb/millrace/base/col"
)

// Fixpoint computes rows that follow from rows: those of its first input, what a step makes of
// them, what it makes of that, until a round makes nothing new (WITH RECURSIVE). The step is a
// graph inside the node (D7): its recursion source gets each round what the round before found
// as a change, so that the step's states, like the relations that they hold, stand from round to
// round, and every round costs what it finds. It runs once, in a dataflow that does.
type Fixpoint struct {
	g     *Graph
	flow  *Dataflow
	in    []Ref // the inner sources of the node's inputs
	again Ref   // the recursion's source
	found *col.Batch
	types []col.Type
	cons  consolidator
	begun bool
	whole *rounds // where a step needs a round's rows whole; nil: their change is enough
}

// rounds is what a step needs whose rows are no sum over those that it reads: a round takes away
// what the round before had given it, so that it sees the last rows alone, and what it has made
// of them is what it has made so far, changed.
type rounds struct {
	f    *Fixpoint
	last *col.Batch // the rows that the step has
	made *col.Batch // what it makes of them, with its changes since
	next Ref        // the source of what it has made
}

// Step is what the step of a Fixpoint is built with.
type Step struct {
	*Builder     // of the inner graph
	Rows     Ref // what the round before found
	around   *Builder
	fix      *Fixpoint
	outer    []Ref
}

// Import gives the step the rows of a node of the dataflow around it.
func (s *Step) Import(outer Ref) Ref {
	r := s.g.NewSource(SourceSpec{Types: s.around.Types(outer), AppendOnly: s.around.AppendOnly(outer), Watermark: -1})
	s.outer, s.fix.in = append(s.outer, outer), append(s.fix.in, r)
	return r
}

// Fixpoint adds a Fixpoint: the rows of base and those that step makes, over and over; unless
// all, equal rows count once. The step yields rows of base's types. Without whole a change of
// Step.Rows must be a change of it by just as much: no aggregate, no Top-N, no second reading and
// no outer side of a join stands between.
func (b *Builder) Fixpoint(base Ref, all, whole bool, step func(*Step) Ref) Ref {
	if !b.once {
		panic("exec: a Fixpoint in a dataflow that stays")
	}
	f := &Fixpoint{types: b.Types(base), cons: consolidator{seed: b.g.Seed, stop: b.g.work}}
	f.g = NewGraph(b.g.Pool, b.g.Seed, b.g.steps)
	f.g.owner = b.g.owner
	f.g.stopBy(b.g.stop)
	f.g.raise = b.g.raise
	f.flow = NewDataflow(b.flow.OID, b.flow.Name, false, b.flow.owner, b.flow.report)
	s := &Step{Builder: f.g.NewBuilder(f.flow, b.ctx), around: b, fix: f}
	s.once = false // its states are probed round after round
	s.Node(b.plan)
	first := s.Import(base)
	f.again = f.g.NewSource(SourceSpec{Types: f.types, AppendOnly: b.AppendOnly(base) && !whole, Watermark: -1})
	s.Rows = f.again
	top := step(s)
	if whole {
		f.whole = &rounds{f: f, last: col.NewBatch(f.types...), made: col.NewBatch(f.types...)}
		s.Add(f.whole, nil, true, top)
		f.whole.next = f.g.NewSource(SourceSpec{Types: f.types, AppendOnly: true, Watermark: -1})
		top = f.whole.next
	}
	if top = s.Union(first, top); !all {
		top = s.Distinct(top)
	}
	f.found = col.NewBatch(f.types...)
	s.Add(&finds{f}, nil, true, top)
	b.flow.states = append(b.flow.states, f.flow.states...) // they go with the dataflow
	return b.Add(f, f.types, true, s.outer...)
}

// Apply keeps a change of what the step makes.
func (r *rounds) Apply(_ *Tick, _ int, b *col.Batch, _ Emit) error {
	own(r.made, b)
	return nil
}

// Flush has nothing to say.
func (r *rounds) Flush(*Tick, Emit) error { return nil }

// run gives the step the rows of a round in place of those that it has, and finds of what it
// makes of them.
func (r *rounds) run(t *Tick, rows *col.Batch) error {
	f := r.f
	gone := *r.last
	gone.W, gone.Consolidated = negated(r.last), false
	f.g.Begin(t.Number(), t.Now(), false)
	f.feed(f.again, &gone)
	f.feed(f.again, rows)
	r.last = copied(rows)
	if err := f.flush(); err != nil {
		return err
	}
	r.made = copied(f.cons.run(r.made))
	f.g.Begin(t.Number(), t.Now(), false)
	f.feed(r.next, r.made)
	return nil
}

func copied(b *col.Batch) *col.Batch {
	out := col.NewBatch(b.Types()...)
	own(out, b)
	return out
}

// own appends rows to a batch that lasts longer than the step.
func own(to, b *col.Batch) {
	rows := *b
	rows.Step, rows.Stable = false, false
	to.AppendBatch(&rows)
}

// finds is the last node of a step: it keeps what a round has found.
type finds struct{ *Fixpoint }

// Apply keeps a copy of the batch.
func (f *finds) Apply(_ *Tick, _ int, b *col.Batch, _ Emit) error {
	f.found.AppendBatch(b)
	return nil
}

// Flush has nothing to say.
func (f *finds) Flush(*Tick, Emit) error { return nil }

// Apply gives the step its input.
func (f *Fixpoint) Apply(t *Tick, in int, b *col.Batch, _ Emit) error {
	f.begin(t)
	f.g.Feed(f.in[in], b)
	return f.flow.failed
}

func (f *Fixpoint) begin(t *Tick) {
	if !f.begun {
		f.g.Begin(t.Number(), t.Now(), false)
		f.g.TouchAll(f.flow)
		f.begun = true
	}
}

// Flush goes round until nothing new is found.
func (f *Fixpoint) Flush(t *Tick, emit Emit) error {
	f.begin(t)
	for {
		if err := f.flush(); err != nil {
			return err
		}
		rows := f.cons.run(f.found)
		if rows.N == 0 {
			return nil
		}
		f.found = col.NewBatch(f.types...)
		if err := emit(rows); err != nil {
			return err
		}
		if f.whole == nil {
			f.g.Begin(t.Number(), t.Now(), false)
			f.feed(f.again, rows)
		} else if err := f.whole.run(t, rows); err != nil {
			return err
		}
	}
}

// flush lets the step make what it can of what it was fed.
func (f *Fixpoint) flush() error {
	f.g.Flush()
	switch {
	case f.flow.failed != nil:
		return f.flow.failed
	case f.flow.owner.Out():
		return f.g.errMemory()
	}
	return nil
}

// feed gives a source of the step rows.
func (f *Fixpoint) feed(source Ref, rows *col.Batch) {
	for from := 0; from < rows.N; from += col.BatchRows {
		f.g.Feed(source, slice(rows, from, min(col.BatchRows, rows.N-from)))
	}
}
