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
// all, equal rows count once. The step yields rows of base's types, and a change of Step.Rows
// must be a change of it by just as much: no aggregate, no Top-N and no outer side of a join
// stands between.
func (b *Builder) Fixpoint(base Ref, all bool, step func(*Step) Ref) Ref {
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
	f.again = f.g.NewSource(SourceSpec{Types: f.types, AppendOnly: b.AppendOnly(base), Watermark: -1})
	s.Rows = f.again
	top := s.Union(first, step(s))
	if !all {
		top = s.Distinct(top)
	}
	f.found = col.NewBatch(f.types...)
	s.Add(&finds{f}, nil, true, top)
	b.flow.states = append(b.flow.states, f.flow.states...) // they go with the dataflow
	return b.Add(f, f.types, true, s.outer...)
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
		f.g.Flush()
		switch {
		case f.flow.failed != nil:
			return f.flow.failed
		case f.flow.owner.Out():
			return f.g.errMemory()
		}
		rows := f.cons.run(f.found)
		if rows.N == 0 {
			return nil
		}
		f.found = col.NewBatch(f.types...)
		if err := emit(rows); err != nil {
			return err
		}
		f.g.Begin(t.Number(), t.Now(), false)
		for from := 0; from < rows.N; from += col.BatchRows {
			f.g.Feed(f.again, slice(rows, from, min(col.BatchRows, rows.N-from)))
		}
	}
}
