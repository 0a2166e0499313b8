package exec

import (
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/exec/fn"
)

// Partial is a worker's part of an Aggregate without groups (P1): it adds the rows of a step
// to accumulators that begin empty, and hands these on as one row, with the weight of the
// rows. With acc(r) the accumulators over rows r, and + their Merge,
//
//	acc(R + δ) = acc(R) + acc(δ1) + … + acc(δn)    δ dealt among n workers in any way
//
// so that it keeps nothing from step to step, and a row may go at another worker than it came.
type Partial struct {
	calls   []AggregateCall
	kernels []agg.Kernel
	offs    []int // of the calls' accumulators
	ctx     *fn.Ctx

	acc    []uint64
	weight int64
	any    bool // rows came in this step
	at     []unsafe.Pointer
	sel    []uint32
	out    *col.Batch
}

var partialTypes = []col.Type{col.Int8, col.Bytea}

// Mergeable reports whether a Partial can do a call: a row's part of its accumulator is added
// and, unless rows only come, taken away again, and the accumulator is bytes.
func (c AggregateCall) Mergeable(in []col.Type, appendOnly bool) bool {
	if c.Distinct || c.collecting(in) || !c.Agg.Whole() || c.Agg.Grows && !appendOnly {
		return false
	}
	return c.Agg.Extremum == 0 || appendOnly && col.CanonicalSame(in[c.Args[0]])
}

// GlobalAggregate adds an Aggregate without groups whose input lies at several workers: each
// makes a part of its rows of a step where every call lets it, else the rows themselves are
// brought to one; gather does that.
func (b *Builder) GlobalAggregate(in Ref, s AggregateSpec, gather func(Ref) Ref) Ref {
	types, appendOnly := b.Types(in), b.AppendOnly(in)
	for _, c := range s.Aggs {
		if !c.Mergeable(types, appendOnly) {
			return b.Aggregate(gather(in), s)
		}
	}
	r, _ := b.aggregate(gather(b.partial(in, s)), s, types, appendOnly)
	return r
}

func (b *Builder) partial(in Ref, s AggregateSpec) Ref {
	p := &Partial{calls: s.Aggs, ctx: b.newCtx(), out: col.NewBatch(partialTypes...)}
	size := 0
	for _, c := range s.Aggs {
		p.kernels, p.offs = append(p.kernels, c.Agg.New(nil, true)), append(p.offs, size)
		size += c.Agg.Size
	}
	p.acc = make([]uint64, max(1, size/8))
	return b.Add(p, partialTypes, true, in)
}

// Apply adds the batch to the step's accumulators.
func (p *Partial) Apply(_ *Tick, _ int, b *col.Batch, _ Emit) error {
	defer p.ctx.Reset()
	b = b.Compact()
	p.any = true
	for i := range b.N {
		p.weight += b.Weight(i)
	}
	for len(p.at) < b.N {
		p.at = append(p.at, unsafe.Pointer(&p.acc[0]))
	}
	for i, c := range p.calls {
		args, n, w := make([]*col.Vector, len(c.Args)), b.N, b.W
		for k, x := range c.Args {
			args[k] = &b.Cols[x]
		}
		if c.Filter >= 0 {
			args, n, w = p.passed(b, &b.Cols[c.Filter], args)
		}
		if n > 0 {
			p.kernels[i].Update(p.ctx, p.at[:n], uintptr(p.offs[i]), args, w)
		}
	}
	return nil
}

// passed is the arguments and weights of the rows for which a FILTER is true.
func (p *Partial) passed(b *col.Batch, f *col.Vector, args []*col.Vector) (of []*col.Vector, n int, w []int64) {
	p.sel = col.SelBits(p.sel[:0], b.N, f.Bits, f.Valid)
	if b.W != nil {
		for _, s := range p.sel {
			w = append(w, b.W[s])
		}
	}
	return gatherKeys(args, p.sel), len(p.sel), w
}

// Flush hands on the step's accumulators.
func (p *Partial) Flush(_ *Tick, emit Emit) error {
	if !p.any {
		return nil
	}
	p.out.Cols[0].AppendI64(p.weight)
	p.out.Cols[1].AppendBytes(unsafe.Slice((*byte)(unsafe.Pointer(&p.acc[0])), 8*len(p.acc)))
	p.out.Grow(1, 1)
	err := emit(p.out)
	p.out.Reset()
	clear(p.acc)
	p.weight, p.any = 0, false
	return err
}

// combine adds what Partials have made to the only group.
func (a *Aggregate) combine(t *Tick, b *col.Batch) error {
	b = b.Compact()
	a.at, a.ids, a.hash = growTo(a.at, b.N), growTo(a.ids, b.N), growTo(a.hash, b.N)
	a.seed.Keys(a.hash, nil)
	a.state.one.GetOrInsert(a.at, a.ids, nil, a.hash)
	if err := a.touch(t, a.state.one, 0, &col.Batch{N: b.N, W: b.Cols[0].I64[:b.N]}); err != nil {
		return err
	}
	a.part = growTo(a.part, (a.state.payloadAt+a.accs+a.size)/8+1)
	part := unsafe.Pointer(&a.part[0]) // laid out as a group's row
	for i := range b.N {
		copy(unsafe.Slice((*byte)(unsafe.Add(part, a.state.payloadAt+a.accs)), a.size), b.Cols[1].Bytes(i))
		for _, c := range a.calls {
			c.kernel(a.state.one).Merge(a.at[i:i+1], []unsafe.Pointer{part}, uintptr(c.payloadOff(a)))
		}
	}
	return nil
}
