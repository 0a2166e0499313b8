package pool

import "sync/atomic"

// Owner is who pays for chunks: a view, a query or a session. Name, Cap and Volatile are
// set before its first chunk.
type Owner struct {
	Name string
	Cap  int64 // bytes; past it the owner is marked out. 0: the pool's budget alone counts

	// Volatile owners are left out of checkpoints, and their steps end by themselves
	// (EndStepOf): ad hoc queries, and views while they are built aside.
	Volatile bool

	used  atomic.Int64
	out   atomic.Bool
	known bool // entered in the pool's list
	step  atomic.Uint64
	limbo []Chunk

	booked int64 // of used, what lies on the heap
}

// Used is the bytes of the owner's chunks, and of what is booked.
func (o *Owner) Used() int64 { return o.used.Load() }

// Out reports that the owner is past its cap, or is the greatest when the pool is past
// its reserve: its view is to be quarantined at the end of the tick, its query ended.
func (o *Owner) Out() bool { return o.out.Load() }

func (p *Pool) owner(o *Owner) *Owner {
	if o == nil {
		return &p.none
	}
	return o
}

// Step is the number of the owner's step: it grows when the step ends.
func (p *Pool) Step(o *Owner) uint64 {
	if o != nil && o.Volatile {
		return o.step.Load()
	}
	return p.step.Load()
}

// Forget removes an owner that owns nothing any more from the pool's list.
func (p *Pool) Forget(o *Owner) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if o.Volatile {
		o.limbo = p.release(o.limbo)
	}
	o.used.Add(-o.booked)
	p.booked, o.booked = p.booked-o.booked, 0
	for i, x := range p.owners {
		if x == o {
			p.owners = append(p.owners[:i], p.owners[i+1:]...)
			break
		}
	}
	o.known = false
}

// charge books a chunk on its owner. A tenth above the budget is the reserve in which a
// tick can end; past that the greatest owner is marked, whoever allocated.
func (p *Pool) charge(o *Owner, pg uint32, n int) {
	o = p.owner(o)
	if !o.known {
		o.known = true
		p.owners = append(p.owners, o)
	}
	setRange(p.volatile, pg, n>>PageShift, o.Volatile)
	own := o.used.Add(int64(n))
	all := p.used.Add(int64(n))
	p.judge(o, own, all)
}

// markGreatest marks the owner of most memory, unless one is marked already whose memory
// is still to come back.
func (p *Pool) markGreatest() {
	var worst *Owner
	for _, o := range p.owners {
		if o == &p.none {
			continue
		}
		if o.out.Load() && o.used.Load() > 0 {
			return
		}
		if worst == nil || o.used.Load() > worst.used.Load() {
			worst = o
		}
	}
	if worst != nil {
		p.markOut(worst)
	}
}

func (p *Pool) markOut(o *Owner) {
	if !o.out.Swap(true) {
		p.marked.Add(1)
	}
}

// Marked counts the owners that were ever marked out: while it stands still, nobody new is.
func (p *Pool) Marked() uint64 { return p.marked.Load() }

// Keep makes a volatile owner's chunk one that checkpoints hold. Pages marked before
// stay marked. Attach ends what Keep begins.
func (p *Pool) Keep(c Chunk) {
	p.mu.Lock()
	defer p.mu.Unlock()
	setRange(p.volatile, uint32(c), p.sizeOf(c)>>PageShift, false)
}

// Attach makes a volatile owner one that is not, between ticks, after all its chunks
// were kept: a view that was built aside becomes one of the engine's.
func (p *Pool) Attach(o *Owner) {
	p.mu.Lock()
	defer p.mu.Unlock()
	o.Volatile = false
	p.limbo = append(p.limbo, o.limbo...)
	o.limbo = nil
}
