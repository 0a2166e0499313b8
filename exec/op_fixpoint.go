package exec

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/pool"
)

// Fixpoint computes rows that follow from rows: those of its first input, what a step makes of
// them, what it makes of that, until a round makes nothing new (WITH RECURSIVE). What is new is
// told in a graph inside the node (D7). A step that makes of a change of its rows a change by
// just as much stands in that graph too: its recursion source gets each round what the round
// before found as a change, so that the step's states, like the relations that they hold, stand
// from round to round, and every round costs what it finds. Any other step begins anew each
// round (see rounds). It runs once, in a dataflow that does.
type Fixpoint struct {
	g      *Graph
	flow   *Dataflow
	in     []Ref // the inner sources of the node's inputs: the first alone where the step begins anew
	again  Ref   // the source of what the last round found; where the step begins anew, of what it makes
	found  *col.Batch
	booked int64 // bytes of what was found in a round, and is not used up
	types  []col.Type
	cons   consolidator
	begun  bool
	rounds *rounds // nil: the step stands
	passes bool    // what is found is emitted as it is found
	emit   Emit
	around *Graph
	node   *node // that it is there
}

// Step adds the step of a Fixpoint over the rows that the round before found, and what it reads
// beside them; it returns its last node, whose rows are of the same types. It is called once, or
// each round.
type Step func(b *Builder, rows Ref, beside []Ref) Ref

// Fixpoint adds a Fixpoint: the rows of base and those that step makes, over and over; unless
// all, equal rows count once. Without whole a change of the step's rows must be a change of it by
// just as much: no aggregate, no Top-N, no second reading, no outer side of a join and no other
// Fixpoint stands between.
func (b *Builder) Fixpoint(base Ref, beside []Ref, all, whole bool, step Step) Ref {
	if !b.once {
		panic("exec: a Fixpoint in a dataflow that stays")
	}
	f := &Fixpoint{types: b.Types(base), cons: consolidator{seed: b.g.Seed, stop: b.g.work}}
	f.g = b.g.inner(b.g.owner)
	f.flow = NewDataflow(b.flow.OID, b.flow.Name, false, b.flow.owner, b.flow.report)
	s := f.g.NewBuilder(f.flow, b.ctx)
	s.once = false // its states are probed round after round
	s.Node(b.plan)
	f.imports(b, base)
	f.again = f.g.NewSource(SourceSpec{Types: f.types, AppendOnly: whole || b.AppendOnly(base), Watermark: -1})
	top := f.again
	if whole {
		f.rounds = newRounds(f, b, beside, step)
	} else {
		f.imports(b, beside...)
		top = step(s, f.again, f.in[1:])
	}
	if top = s.Union(f.in[0], top); !all {
		top = s.Distinct(top)
	}
	f.passes = whole && s.AppendOnly(top)
	f.found = col.NewBatch(f.types...)
	s.Add(&finds{f}, nil, true, top)
	b.flow.states = append(b.flow.states, f.flow.states...) // they go with the dataflow
	r := b.Add(f, f.types, true, append([]Ref{base}, beside...)...)
	f.around, f.node = b.g, b.g.nodes[r]
	return r
}

// inner makes a private graph that serves a node of this one, on an owner's account.
func (g *Graph) inner(owner *pool.Owner) *Graph {
	in := NewGraph(g.Pool, g.Seed, g.steps)
	in.owner, in.raise = owner, g.raise
	in.stopBy(g.stop)
	return in
}

// imports adds sources for the rows of nodes of the dataflow around.
func (f *Fixpoint) imports(around *Builder, outer ...Ref) {
	for _, r := range outer {
		f.in = append(f.in, f.g.NewSource(SourceSpec{Types: around.Types(r), AppendOnly: around.AppendOnly(r), Watermark: -1}))
	}
}

func copied(b *col.Batch) *col.Batch {
	out := col.NewBatch(b.Types()...)
	own(out, b)
	return out
}

// own appends rows to a batch that lasts longer than the step.
func own(to, b *col.Batch) { to.AppendBatch(onward(b)) }

// onward is a batch as another graph gets it, whose step it does not last for.
func onward(b *col.Batch) *col.Batch {
	out := *b
	out.Step, out.Stable = false, false
	return &out
}

// finds is the last node inside a Fixpoint: it keeps what a round has found.
type finds struct{ *Fixpoint }

// Apply keeps a copy of the batch.
func (f *finds) Apply(_ *Tick, _ int, b *col.Batch, _ Emit) error {
	n := bytesOf(b)
	f.booked += n
	f.g.book(n)
	if !f.passes {
		f.found.AppendBatch(b)
		return f.g.outOfMemory()
	}
	own(f.found, b)
	if err := f.g.outOfMemory(); err != nil {
		return err
	}
	return f.emit(onward(b))
}

// Flush has nothing to say.
func (f *finds) Flush(*Tick, Emit) error { return nil }

// Apply gives the step its input, or keeps it where the step begins anew.
func (f *Fixpoint) Apply(t *Tick, in int, b *col.Batch, emit Emit) error {
	if in > 0 && f.rounds != nil {
		return f.rounds.keep(in-1, b)
	}
	f.begin(t, emit)
	f.g.Feed(f.in[in], b)
	return f.flow.failed
}

func (f *Fixpoint) begin(t *Tick, emit Emit) {
	f.emit = emit
	if !f.begun {
		f.g.Begin(t.Number(), t.Now(), false)
		f.g.TouchAll(f.flow)
		f.begun = true
	}
}

// Flush goes round until nothing new is found, or nobody wants more.
func (f *Fixpoint) Flush(t *Tick, emit Emit) error {
	f.begin(t, emit)
	used := int64(0) // booked for the rows that the last round began with
	for {
		err := f.flush()
		f.g.book(-used)
		if err != nil {
			return err
		}
		rows := f.cons.run(f.found)
		if rows.N == 0 {
			return nil
		}
		f.found, used, f.booked = col.NewBatch(f.types...), f.booked, 0
		if !f.passes {
			if err := emit(rows); err != nil {
				return err
			}
		}
		if !f.wanted() {
			return nil
		}
		f.g.Begin(t.Number(), t.Now(), false)
		if f.rounds == nil {
			feedAll(f.g, f.again, rows)
		} else if err := f.rounds.run(t, rows); err != nil {
			return err
		}
	}
}

func (f *Fixpoint) wanted() bool { return f.around.wanted(f.node) }

// flush lets the inner graph make what it can of what it was fed.
func (f *Fixpoint) flush() error {
	f.g.Flush()
	if f.flow.failed != nil {
		return f.flow.failed
	}
	return f.g.outOfMemory()
}

// feedAll gives a source rows that are a batch of any length.
func feedAll(g *Graph, source Ref, rows *col.Batch) {
	for from := 0; from < rows.N; from += col.BatchRows {
		g.Feed(source, slice(rows, from, min(col.BatchRows, rows.N-from)))
	}
}
