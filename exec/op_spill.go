package exec

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/pool"
)

// Spill runs a piece of a dataflow that runs once, whose rows meet by keys alone, within
// work_mem: a part of the keys at a time when they do not all have room. Which part a row lies
// in is some bits of its keys' hash, so rows that meet lie in one part, in their order; the
// piece is made anew for each part, and what the parts give is together what the whole gives.
// A part that has no room either is divided by further bits.
//
// Rows are kept until their input is complete, but for those of an input that streams: of a
// join the side that is not kept, once the other is complete. Where the piece can say which
// rows belong to what it has already, as groups do, it gets every row at once, and from where it
// is full on only those; the others go to the parts.
type Spill struct {
	spec    SpillSpec
	level   int // how often the rows were divided already
	from    *Builder
	types   [][]col.Type
	only    []bool // by input: rows only come
	whole   *spillRun
	started bool
	used    *Usage

	held  [][]*col.Batch // by input
	bytes int64          // of them, as booked
	files [][]*tempFile  // by input and part; nil: nothing is written
	hash  []uint64
	sel   [spillParts][]uint32
}

// SpillSpec describes a piece.
type SpillSpec struct {
	Keys [][]int // by input
	// Build adds the piece over its inputs and returns its last node; takes is nil where it
	// wants a whole input at a time.
	Build func(b *Builder, in []Ref) (top Ref, takes *takesRows)
}

// takesRows is a piece that takes rows as they come.
type takesRows struct {
	// has tells the rows of a dense batch that belong to what the piece has from those that
	// do not.
	has func(b *col.Batch) (in, out []uint32)
	// bytes is what the piece keeps beside its states; nil: nothing.
	bytes func() int64
}

const (
	spillBits  = 4
	spillParts = 1 << spillBits
	mostLevels = 5 // of bits that neither shards nor slots are found by
)

// spill adds a piece, within work_mem where its dataflow has one.
func (b *Builder) spill(in []Ref, s SpillSpec) Ref { return b.spillAt(0, in, s) }

func (b *Builder) spillAt(level int, in []Ref, s SpillSpec) Ref {
	if !b.once || b.g.spill == nil || level == mostLevels {
		top, _ := s.Build(b, in)
		return top
	}
	o := &Spill{spec: s, level: level, from: b, used: b.usage(), held: make([][]*col.Batch, len(in))}
	for _, r := range in {
		o.types, o.only = append(o.types, b.Types(r)), append(o.only, b.AppendOnly(r))
	}
	o.whole = o.piece(b.flow.owner, func(b *Builder, in []Ref) Ref {
		top, takes := s.Build(b, in)
		o.whole.takes = takes
		return top
	})
	b.flow.states = append(b.flow.states, o.whole.flow.states...)
	r := b.Add(o, o.whole.types, o.whole.only, in...)
	for i := range in { // what streams comes last
		if !o.whole.streams(i) {
			b.g.nodes[r].first = append(b.g.nodes[r].first, in[i])
		}
	}
	return r
}

// spillRun is one making of the piece, in a graph of its own.
type spillRun struct {
	g      *Graph
	flow   *Dataflow
	in     []Ref
	types  []col.Type
	only   bool
	demand demand
	takes  *takesRows
	emit   Emit
	part   bool // its memory goes before the step ends
}

func (o *Spill) piece(owner *pool.Owner, build func(b *Builder, in []Ref) Ref) *spillRun {
	p := &spillRun{}
	if o.whole == nil {
		o.whole = p
	}
	b := o.from
	p.g = NewGraph(b.g.Pool, b.g.Seed, b.g.steps)
	p.g.owner, p.g.spill, p.g.raise, p.g.used = owner, b.g.spill, b.g.raise, b.g.used
	p.g.stopBy(b.g.stop)
	p.flow = NewDataflow(b.flow.OID, b.flow.Name, false, owner, b.flow.report)
	inner := p.g.NewBuilder(p.flow, b.ctx)
	inner.Node(b.plan)
	inner.divided = o.level
	for i, t := range o.types {
		p.in = append(p.in, p.g.newSource(SourceSpec{Types: t, AppendOnly: o.only[i], Watermark: -1}))
	}
	top := build(inner, p.in)
	p.types, p.only = inner.Types(top), inner.AppendOnly(top)
	inner.Add(&handsOn{p}, nil, true, top)
	return p
}

// handsOn is the last node of a piece.
type handsOn struct{ *spillRun }

// Apply emits the batch where the piece stands.
func (h handsOn) Apply(_ *Tick, _ int, b *col.Batch, _ Emit) error {
	if h.part {
		out := *b
		out.Step, out.Stable = false, false
		return h.emit(&out)
	}
	return h.emit(b)
}

// Flush has nothing to say.
func (handsOn) Flush(*Tick, Emit) error { return nil }

// streams reports whether rows of an input pass through, once the others are complete.
func (p *spillRun) streams(in int) bool {
	for _, port := range p.g.nodes[p.in[in]].ports {
		if to := p.g.nodes[port.To]; to.arr == nil || !to.streams(p.g) {
			return false
		}
	}
	return true
}

// begin starts the piece; read yields the rows of an input, where they are not fed.
func (p *spillRun) begin(t *Tick, read func(in int, feed func(b *col.Batch) error) error) {
	p.g.Begin(t.Number(), t.Now(), true)
	p.g.TouchAll(p.flow)
	p.demand = demand{g: p.g, feeds: map[Ref]feed{}, fail: func() error { return p.flow.failed }}
	of := map[Ref]int{}
	for i, r := range p.in {
		of[r], p.demand.feeds[r] = i, feed{node: r}
	}
	p.demand.read = func(f feed) error { return read(of[f.node], func(b *col.Batch) error { return p.feed(of[f.node], b) }) }
	p.demand.begin()
}

func (p *spillRun) feed(in int, b *col.Batch) error {
	p.g.Feed(p.in[in], b)
	if p.flow.failed == nil && p.flow.owner.Out() {
		return p.g.errMemory()
	}
	return p.flow.failed
}

// Apply passes the rows on where they stream or belong to what is there, and keeps them or
// writes them to their parts otherwise.
func (o *Spill) Apply(t *Tick, in int, b *col.Batch, emit Emit) error {
	o.whole.emit = emit
	switch {
	case o.whole.takes != nil:
		return o.take(t, b)
	case o.files != nil:
		return o.divide(in, b)
	case o.whole.streams(in) && o.othersComplete(t, in):
		if err := o.start(t, in); err != nil {
			return err
		}
		return o.whole.feed(in, b)
	}
	return o.hold(in, b)
}

func (o *Spill) othersComplete(t *Tick, in int) bool {
	for i, r := range t.n.inputs {
		if i != in && (len(t.g.done) <= int(r) || !t.g.done[r]) {
			return false
		}
	}
	return true
}

// start has the whole piece complete what an input's rows meet.
func (o *Spill) start(t *Tick, in int) error {
	if o.started {
		return nil
	}
	o.started = true
	o.whole.begin(t, o.readHeld)
	for _, port := range o.whole.g.nodes[o.whole.in[in]].ports {
		if to := o.whole.g.nodes[port.To]; to.arr != nil {
			if err := o.whole.demand.open(to); err != nil {
				return err
			}
		}
	}
	return nil
}

// readHeld feeds the rows that were kept, and lets them go.
func (o *Spill) readHeld(in int, feed func(b *col.Batch) error) error {
	for i, b := range o.held[in] {
		if err := feed(b); err != nil {
			return err
		}
		o.held[in][i] = nil
	}
	return nil
}

// take gives the whole piece the rows of a batch that it has room for.
func (o *Spill) take(t *Tick, b *col.Batch) error {
	if err := o.start(t, 0); err != nil {
		return err
	}
	if o.files != nil {
		b = b.Compact()
		in, out := o.whole.takes.has(b)
		if len(out) > 0 {
			others := *b
			others.Sel = out
			if err := o.divide(0, &others); err != nil {
				return err
			}
			mine := *b
			mine.Sel = in
			b = &mine
		}
	}
	if err := o.whole.feed(0, b); err != nil || o.files != nil || o.whole.bytes() <= o.from.g.spill.most {
		return err
	}
	return o.open()
}

// bytes is what the piece keeps.
func (p *spillRun) bytes() (n int64) {
	for _, s := range p.flow.states {
		n += s.state.Bytes()
	}
	if p.takes != nil && p.takes.bytes != nil {
		n += p.takes.bytes()
	}
	return n
}

// hold keeps the rows of a batch, while there is room for them and what is made of them.
func (o *Spill) hold(in int, b *col.Batch) error {
	list := o.held[in]
	if n := len(list); n == 0 || list[n-1].N+b.Len() > col.StepRows {
		list = append(list, col.NewBatch(o.types[in]...))
		list[len(list)-1].Step, list[len(list)-1].AppendOnly = true, o.only[in]
		o.held[in] = list
	}
	list[len(list)-1].AppendBatch(b)
	n := bytesOf(b)
	o.bytes += n
	o.from.g.book(n)
	o.used.kept(o.bytes)
	if 2*o.bytes <= o.from.g.spill.most {
		return o.from.g.outOfMemory()
	}
	if err := o.open(); err != nil {
		return err
	}
	for in := range o.held {
		for _, b := range o.held[in] {
			if err := o.divide(in, b); err != nil {
				return err
			}
		}
		o.held[in] = nil
	}
	o.release()
	return nil
}

func (o *Spill) release() {
	o.from.g.book(-o.bytes)
	o.bytes = 0
}

// open begins the files of the parts.
func (o *Spill) open() error {
	for _, types := range o.types {
		parts := make([]*tempFile, spillParts)
		for p := range parts {
			f, err := o.from.g.spill.create(types, o.used)
			if err != nil {
				return err
			}
			parts[p] = f
		}
		o.files = append(o.files, parts)
	}
	return nil
}

// divide writes the rows of a batch to their parts.
func (o *Spill) divide(in int, b *col.Batch) error {
	b = b.Compact()
	o.hash = growTo(o.hash, b.N)
	o.from.g.Seed.Keys(o.hash, canonicalKeys(b, o.spec.Keys[in]))
	for p := range o.sel {
		o.sel[p] = o.sel[p][:0]
	}
	shift := uint(o.level * spillBits)
	for i, h := range o.hash {
		p := h >> shift % spillParts
		o.sel[p] = append(o.sel[p], uint32(i))
	}
	part := *b
	for p, sel := range o.sel {
		if len(sel) == 0 {
			continue
		}
		part.Sel = sel
		if err := o.files[in][p].add(&part); err != nil {
			return err
		}
	}
	return nil
}

// Flush completes the whole piece, or what it has, and then runs the parts.
func (o *Spill) Flush(t *Tick, emit Emit) error {
	o.whole.emit = emit
	if o.files == nil || o.whole.takes != nil {
		if !o.started {
			o.started = true
			o.whole.begin(t, o.readHeld)
		}
		if err := o.whole.demand.run(); err != nil {
			return err
		}
		o.used.Batches++
		o.used.kept(o.bytes + o.whole.bytes())
		o.release()
	}
	if o.files == nil {
		return nil
	}
	for _, parts := range o.files {
		for _, f := range parts {
			if err := f.finish(); err != nil {
				return err
			}
		}
	}
	for p := range spillParts {
		if err := o.run(t, p, emit); err != nil {
			return err
		}
	}
	return nil
}

// run runs the piece over a part.
func (o *Spill) run(t *Tick, part int, emit Emit) error {
	rows := int64(0)
	for in := range o.files {
		rows += o.files[in][part].at
	}
	if rows > 0 {
		owner := o.from.g.childOwner()
		p := o.piece(owner, func(b *Builder, in []Ref) Ref { return b.spillAt(o.level+1, in, o.spec) })
		defer p.g.free(p.flow)
		p.emit, p.part = emit, true
		p.begin(t, func(in int, feed func(b *col.Batch) error) error { return o.files[in][part].each(feed) })
		if err := p.demand.run(); err != nil {
			return err
		}
	}
	for in := range o.files {
		o.files[in][part].drop()
	}
	return nil
}
