package exec

import (
	"cmp"
	"context"
	"errors"
	"math"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/storage/pool"
)

// Query is a dataflow that runs once over a snapshot.
type Query struct {
	Snapshot *Snapshot
	// Ctx gives settings, parameters and the time of now().
	Ctx *fn.Ctx
	// Build adds the dataflow and returns its last node.
	Build func(b *Builder) Ref
	// Sink takes the rows, in batches that are valid for the call. Weights are above 0.
	Sink func(b *col.Batch) error
	// Own is what the transaction has written itself, by relation.
	Own map[uint32]*OwnWrites
	// SkipErrors leaves out rows that cannot be computed, instead of ending with the first.
	SkipErrors bool
	// Measure is told what the dataflow has done, when it has; nil: nobody asks, and nothing is
	// timed.
	Measure func(Measures)
	// Cap bounds its memory; 0: the pool's budget alone. Raise is the hint of the error past it.
	Cap   int64
	Raise string
	// WorkMem bounds what each of its operators keeps in memory before it writes rows to
	// temporary files; 0: none does.
	WorkMem int64
}

// workMem leaves room in the query's memory for several operators; one that has little writes
// rows before it ends for want of room.
func (q *Query) workMem(memory int64) int64 {
	if most := cmp.Or(q.Cap, memory/2); most > 0 {
		return min(q.WorkMem, max(most/workMemParts, 1))
	}
	return q.WorkMem
}

// workMemParts: an operator keeps no greater part of its query's memory.
const workMemParts = 8

// OwnWrites is what a transaction has done to a relation so far: the rows it has deleted,
// by their identity, and those it has inserted.
type OwnWrites struct {
	Deleted  func(b *col.Batch, row int) bool // of whole key columns Key
	Key      []int
	Inserted *col.Batch
	Cut      bool // truncated
}

// View begins a part of a query that answers a view's own query: under the view's settings,
// and without the rows that cannot be computed, as the view is kept. Its nodes come before
// those that read it.
func (b *Builder) View(oid uint32, name string, ctx *fn.Ctx) *Builder {
	flow := NewDataflow(oid, name, false, b.flow.owner, func(*RowFault) error { return nil })
	b.src.inner = append(b.src.inner, flow)
	in := b.g.NewBuilder(flow, ctx)
	in.src = b.src
	return in
}

// once is the last node of a Query: it hands rows to the sink.
type once struct {
	sink func(*col.Batch) error
	keep *col.Batch // rows wait here when some may be retracted
	cons consolidator
	g    *Graph
}

// Apply hands the batch to the sink.
func (o *once) Apply(_ *Tick, _ int, b *col.Batch, _ Emit) error {
	if o.keep != nil {
		o.keep.AppendBatch(b)
		o.g.book(bytesOf(b))
		return o.g.outOfMemory()
	}
	return o.sink(b)
}

// Flush hands on what had to wait.
func (o *once) Flush(*Tick, Emit) error {
	if o.keep == nil {
		return nil
	}
	return o.sink(o.cons.run(o.keep))
}

// Run runs a query. At most as many as there are cores run at a time, the others wait.
// Errors: those of rows, 57014 when ctx ends, 72000, 53200.
func (e *Engine) Run(ctx context.Context, q *Query) error {
	select {
	case e.slots <- struct{}{}:
		defer func() { <-e.slots }()
	case <-ctx.Done():
		return canceled(ctx)
	}
	owner := &pool.Owner{Name: "query", Volatile: true, Cap: q.Cap}
	g := NewGraph(e.pool, e.seed, &e.steps)
	g.owner = owner
	g.stopBy(ctx)
	g.raise = q.Raise
	if q.WorkMem > 0 {
		most := min(q.workMem(e.opt.Memory), cmp.Or(e.opt.WorkMem, math.MaxInt64))
		g.spill = &spilling{e: e, most: most, open: map[*tempFile]struct{}{}}
		defer g.spill.close()
	}
	var report func(*RowFault) error
	if q.SkipErrors {
		report = func(*RowFault) error { return nil }
	}
	flow := NewDataflow(0, "query", false, owner, report)
	b := g.NewBuilder(flow, q.Ctx)
	b.src = &sources{e: e, tick: q.Snapshot.Tick}
	defer func() {
		for _, f := range append(b.src.inner, flow) {
			g.free(f)
		}
	}()
	err := guard(func() error {
		top := q.Build(b)
		sink := &once{sink: q.Sink, g: g, cons: consolidator{seed: e.seed, stop: g.work}}
		if !b.AppendOnly(top) {
			sink.keep = col.NewBatch(b.Types(top)...)
		}
		b.Node(0) // it is no node of the plan's
		b.Add(sink, nil, true, top)
		g.markTop(top)
		return nil
	})
	if err != nil {
		return err
	}
	err = q.run(ctx, e, g, b, flow)
	if q.Measure != nil {
		q.measure(g, b, flow)
	}
	switch {
	case errors.Is(err, errEnough):
		return nil
	case err != nil && ctx.Err() != nil:
		return canceled(ctx)
	}
	return err
}

// markTop tells a Sort below nothing but projections that it may end the dataflow.
func (g *Graph) markTop(r Ref) {
	for {
		switch op := g.nodes[r].op.(type) {
		case *Project:
			r = g.nodes[r].inputs[0]
			continue
		case *Sort:
			op.top = true
		}
		return
	}
}

// run feeds the sources, each when its rows are needed, in one step.
func (q *Query) run(ctx context.Context, e *Engine, g *Graph, b *Builder, flow *Dataflow) error {
	g.Begin(q.Snapshot.Tick, q.Snapshot.Now, true)
	g.watch.on, g.watch.each = q.Measure != nil, 1
	flows := append(b.src.inner, flow)
	for _, f := range flows {
		g.TouchAll(f)
	}
	d := demand{g: g, feeds: map[Ref]feed{}, read: func(f feed) error { return q.feed(ctx, g, f, flows) }, fail: func() error {
		if err := failureOf(flows); err != nil || !flow.owner.Out() {
			return err
		}
		return g.errMemory()
	}}
	for _, f := range b.src.feeds {
		d.feeds[f.node] = f
	}
	d.begin()
	if err := d.run(); err != nil {
		return err
	}
	g.Flush()
	return d.fail()
}

func failureOf(flows []*Dataflow) error {
	for _, f := range flows {
		if f.failed != nil {
			return f.failed
		}
	}
	return nil
}

func (q *Query) feed(ctx context.Context, g *Graph, f feed, flows []*Dataflow) error {
	if g.watch.on {
		defer g.watch.turn(g.watch.turn(g.nodes[f.node]))
	}
	own := q.Own[f.rel.OID].hiding(f.hidden)
	if own == nil || !own.Cut {
		cols := f.cols
		if own != nil && own.Deleted != nil {
			cols = append(append([]int(nil), f.cols...), own.Key...)
		}
		for b, err := range f.rel.store.At(q.Snapshot.AsOf(f.rel.OID), cols, f.access) {
			switch {
			case err != nil:
				return err
			case ctx.Err() != nil:
				return canceled(ctx)
			case flows[0].owner.Out():
				return g.errMemory()
			}
			if own != nil && own.Deleted != nil {
				if b = own.without(b, len(f.cols)); b.Len() == 0 {
					continue
				}
			}
			g.Feed(f.node, b)
			if err := failureOf(flows); err != nil {
				return err
			}
		}
	}
	if own != nil && own.Inserted != nil && own.Inserted.Len() > 0 {
		in := &col.Batch{N: own.Inserted.N, Sel: own.Inserted.Sel}
		for _, c := range f.cols {
			in.Cols = append(in.Cols, own.Inserted.Cols[c])
		}
		g.Feed(f.node, in)
	}
	return failureOf(flows)
}

// hiding is the same, and rows that a scan leaves out count as deleted.
func (o *OwnWrites) hiding(h *Hidden) *OwnWrites {
	switch {
	case h == nil:
		return o
	case o == nil:
		return &OwnWrites{Deleted: h.Has, Key: h.Key}
	}
	both := *o
	both.Key, both.Deleted = h.Key, h.Has
	if o.Deleted != nil {
		both.Deleted = func(b *col.Batch, row int) bool { return o.Deleted(b, row) || h.Has(b, row) }
	}
	return &both
}

// without leaves out the rows that the transaction has deleted, and the key columns that
// told them.
func (o *OwnWrites) without(b *col.Batch, n int) *col.Batch {
	out := *b
	keys := &col.Batch{N: b.N, Cols: b.Cols[n:]}
	out.Cols = b.Cols[:n]
	out.Sel = make([]uint32, 0, b.Len())
	for i := range b.Len() {
		if r := b.Row(i); !o.Deleted(keys, r) {
			out.Sel = append(out.Sel, uint32(r))
		}
	}
	return &out
}

// canceled is the error of a statement whose context ended: its cause, when that is an
// error for the client.
func canceled(ctx context.Context) error {
	var e *pgerr.Error
	if errors.As(context.Cause(ctx), &e) {
		return e
	}
	return pgerr.New(pgerr.QueryCanceled, "canceling statement due to user request")
}
