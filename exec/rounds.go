package exec

import (
	"errors"

	"github.com/millracedb/millrace/base/col"
)

// rounds is the step of a Fixpoint that must see the rows of a round whole and alone: it sorts
// or counts them, reads them twice, or has another Fixpoint over them. It is a dataflow that
// runs once, made anew each round over the rows of that round and over what it reads beside
// them, which is kept until the last one.
type rounds struct {
	f     *Fixpoint
	from  *Builder // of the dataflow around
	step  Step
	rows  []*col.Batch // of the round, and of what is read beside them
	only  []bool       // rows only come
	ready bool         // nothing more comes of what is read beside them
}

func newRounds(f *Fixpoint, from *Builder, beside []Ref, step Step) *rounds {
	r := &rounds{f: f, from: from, step: step, rows: []*col.Batch{nil}, only: []bool{true}}
	for _, in := range beside {
		r.rows, r.only = append(r.rows, col.NewBatch(from.Types(in)...)), append(r.only, from.AppendOnly(in))
	}
	return r
}

// keep adds a batch to one of the inputs that are read beside the rows of a round.
func (r *rounds) keep(in int, b *col.Batch) error {
	own(r.rows[in+1], b)
	r.from.g.book(bytesOf(b))
	return r.from.g.outOfMemory()
}

// complete nets what was kept.
func (r *rounds) complete() {
	if r.ready {
		return
	}
	r.ready = true
	for i, only := range r.only {
		if !only {
			r.rows[i] = r.f.cons.run(r.rows[i])
		}
	}
}

// run feeds the Fixpoint what the step makes of the rows of a round. Its states go with the round.
func (r *rounds) run(t *Tick, rows *col.Batch) error {
	r.complete()
	r.rows[0] = rows
	around := r.from.g
	g := around.inner(around.childOwner())
	g.spill, g.used = around.spill, around.used
	flow := NewDataflow(r.from.flow.OID, r.from.flow.Name, false, g.owner, r.from.flow.report)
	defer g.free(flow)
	d := r.build(g, flow)
	g.Begin(t.Number(), t.Now(), true)
	g.TouchAll(flow)
	d.begin()
	err := d.run()
	if err == nil {
		g.Flush()
		err = d.fail()
	}
	if errors.Is(err, errEnough) { // if nobody wants more, Flush finds that too
		return nil
	}
	return err
}

// build adds the step to a graph, and returns what runs it over the rows.
func (r *rounds) build(g *Graph, flow *Dataflow) *demand {
	d := &demand{g: g, feeds: map[Ref]feed{}, fail: func() error {
		if flow.failed != nil {
			return flow.failed
		}
		return g.outOfMemory()
	}}
	of := map[Ref]*col.Batch{}
	var in []Ref
	for _, rows := range r.rows {
		s := g.NewSource(SourceSpec{Types: rows.Types(), AppendOnly: true, Watermark: -1})
		in, of[s], d.feeds[s] = append(in, s), rows, feed{node: s}
	}
	d.read = func(f feed) error {
		feedAll(g, f.node, of[f.node])
		return nil
	}
	b := g.NewBuilder(flow, r.from.ctx)
	top := r.step(b, in[0], in[1:])
	last := &once{sink: r.take, g: g, cons: consolidator{seed: g.Seed, stop: g.work}}
	if !b.AppendOnly(top) {
		last.keep = col.NewBatch(b.Types(top)...)
	}
	b.Add(last, nil, true, top)
	return d
}

// take hands the Fixpoint rows that the step has made, and has it tell at once what is new of
// them: a step that has no end may have enough of one.
func (r *rounds) take(b *col.Batch) error {
	f := r.f
	f.g.Feed(f.again, onward(b))
	if err := f.flush(); err != nil {
		return err
	}
	f.g.Begin(f.g.t.number, f.g.t.now, false)
	if !f.wanted() {
		return errEnough
	}
	return nil
}
