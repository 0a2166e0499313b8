package pool

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/millracedb/millrace/base/pgerr"
)

// What order says of a page.
const (
	inside    = 0    // not the first page of anything, or never handed out
	freeHead  = 0x40 // + class: the first page of a free chunk
	taken     = 0x80 // + class: the first page of a chunk handed out
	extent    = 0xc0 // the first page of an extent; next holds its frames
	unclaimed = 0x20 // the first page of a frame that was read back, until Sweep
)

// Alloc hands out a chunk, its contents undefined. It does not fail: past the budget it
// goes on, and marks an owner out (see Owner). When even the address range is used up it
// panics with an error of SQLSTATE 53200.
func (p *Pool) Alloc(o *Owner, c Class) Chunk {
	return p.allocated(func() uint32 {
		pg := p.take(c)
		p.order[pg] = taken | uint8(c)
		p.charge(o, pg, c.Bytes())
		return pg
	})
}

// allocated hands out the chunk at a page that is found while nobody else looks.
func (p *Pool) allocated(find func() uint32) Chunk {
	pg, from, to := p.found(find)
	p.fault(from, to)
	return Chunk(pg)
}

// found says beside it which frames are fresh no more.
func (p *Pool) found(find func() uint32) (pg, from, to uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	from = p.fresh
	pg = find()
	return pg, from, p.fresh
}

// AllocBytes hands out a chunk of at least n bytes, at most MaxExtent.
func (p *Pool) AllocBytes(o *Owner, n int) Chunk {
	if n <= FrameSize {
		return p.Alloc(o, ClassFor(n))
	}
	frames := uint32((n + FrameSize - 1) >> FrameShift)
	return p.allocated(func() uint32 {
		pg := p.run(frames) * framePages
		p.order[pg], p.next[pg] = extent, frames
		p.charge(o, pg, int(frames)<<FrameShift)
		return pg
	})
}

// Free gives a chunk back. Its memory stays as it is until the owner's step ends.
func (p *Pool) Free(o *Owner, c Chunk) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.order[c]&taken == 0 {
		panic("pool: free of a chunk that is not handed out")
	}
	if o = p.owner(o); o.Volatile {
		o.limbo = append(o.limbo, c)
	} else { // with what the owner freed while it was volatile
		p.limbo = append(append(p.limbo, c), o.limbo...)
		o.limbo = o.limbo[:0]
	}
	o.used.Add(-int64(p.sizeOf(c)))
}

// EndStep ends the step of all owners that are not volatile: what they freed in it may
// be used again.
func (p *Pool) EndStep() {
	p.step.Add(1)
	p.warmUp(p.endStep())
}

// endStep is EndStep, but for the frames that it says are to be faulted in.
func (p *Pool) endStep() (from, to uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.limbo = p.release(p.limbo)
	return p.cold(0, maxAhead)
}

// EndStepOf ends the step of a volatile owner.
func (p *Pool) EndStepOf(o *Owner) {
	o.step.Add(1)
	p.mu.Lock()
	o.limbo = p.release(o.limbo)
	p.mu.Unlock()
}

func (p *Pool) release(cs []Chunk) []Chunk {
	for _, c := range cs {
		pg, n := uint32(c), p.sizeOf(c)
		p.used.Add(-int64(n))
		p.forget(pg, n>>PageShift)
		if poison {
			scribble(p.Bytes(c))
		}
		if p.order[pg] == extent {
			for i := range p.next[pg] {
				p.put(pg+i*framePages, Class2M)
			}
			continue
		}
		p.put(pg, Class(p.order[pg]&^taken))
	}
	return cs[:0]
}

// sizeOf is the bytes of a chunk handed out.
func (p *Pool) sizeOf(c Chunk) int {
	if p.order[c] == extent {
		return int(p.next[c]) << FrameShift
	}
	return Class(p.order[c] &^ taken).Bytes()
}

// take finds pages for a chunk by the buddy system: a greater free chunk is halved until
// it fits.
func (p *Pool) take(c Class) uint32 {
	k := c
	for k <= Class2M && p.free[k] == 0 {
		k++
	}
	var pg uint32
	if k > Class2M {
		pg, k = p.freshFrame(), Class2M
	} else {
		pg = p.free[k]
		p.unlink(pg, k)
	}
	if pg == 0 { // frame 0: page 0 stays out, the rest is free
		for j := range Class2M {
			p.link(uint32(1)<<j, j)
		}
		return p.take(c)
	}
	for ; k > c; k-- {
		p.link(pg+uint32(1)<<(k-1), k-1)
	}
	return pg
}

// put frees pages and joins them with their buddies.
func (p *Pool) put(pg uint32, c Class) {
	p.order[pg] = inside
	for c < Class2M {
		buddy := pg ^ uint32(1)<<c
		if p.order[buddy] != freeHead|uint8(c) {
			break
		}
		p.unlink(buddy, c)
		pg &= buddy
		c++
	}
	p.link(pg, c)
}

func (p *Pool) link(pg uint32, c Class) {
	p.order[pg] = freeHead | uint8(c)
	head := p.free[c]
	p.next[pg], p.prev[pg] = head, 0
	if head != 0 {
		p.prev[head] = pg
	}
	p.free[c] = pg
}

func (p *Pool) unlink(pg uint32, c Class) {
	n, v := p.next[pg], p.prev[pg]
	if v != 0 {
		p.next[v] = n
	} else {
		p.free[c] = n
	}
	if n != 0 {
		p.prev[n] = v
	}
	p.order[pg] = inside
}

// freshFrame is the first page of a frame never handed out.
func (p *Pool) freshFrame() uint32 {
	f := p.fresh
	if err := p.commit(f + 1); err != nil {
		panic(err)
	}
	p.fresh++
	return f * framePages
}

// run finds contiguous frames: free ones, else fresh ones.
func (p *Pool) run(frames uint32) uint32 {
	n := uint32(0)
	for f := range p.fresh {
		if p.order[f*framePages] != freeHead|uint8(Class2M) {
			n = 0
			continue
		}
		if n++; n == frames {
			first := f + 1 - frames
			for i := range frames {
				p.unlink((first+i)*framePages, Class2M)
			}
			return first
		}
	}
	first := max(p.fresh, 1) // frame 0 has no page 0
	if p.fresh == 0 {
		pg := p.take(Class4K) // opens frame 0
		p.put(pg, Class4K)
	}
	if err := p.commit(first + frames); err != nil {
		panic(err)
	}
	p.fresh = first + frames
	return first
}

// Trim gives the memory of free whole frames back to the system, but for keep of them.
// It returns the bytes given back. To be called between ticks.
func (p *Pool) Trim(keep int) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	var n int64
	for pg := p.free[Class2M]; pg != 0; pg = p.next[pg] {
		if keep--; keep >= 0 {
			continue
		}
		b := unsafe.Slice((*byte)(p.Addr(Chunk(pg))), FrameSize)
		if unix.Madvise(b, unix.MADV_DONTNEED) == nil {
			n += FrameSize
		}
	}
	return n
}

// TooLong is the error for a value beyond MaxExtent.
func TooLong(n int) error {
	return pgerr.New(pgerr.ProgramLimitExceeded, "value of %d bytes exceeds the limit of %d bytes", n, MaxExtent)
}

// scribble fills freed memory with what no reader expects.
func scribble(b []byte) {
	for i := range b {
		b[i] = 0xdb
	}
}
