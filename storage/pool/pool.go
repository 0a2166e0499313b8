package pool

import (
	"fmt"
	"math/bits"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/millracedb/millrace/base/pgerr"
)

// Sizes of the units of memory, in bytes and as shifts.
const (
	PageShift  = 12
	PageSize   = 1 << PageShift
	FrameShift = 21
	FrameSize  = 1 << FrameShift
	framePages = FrameSize / PageSize

	// MaxExtent is the longest run that AllocBytes hands out.
	MaxExtent = 16 << 20
)

// Class is the size of a chunk: 4 KB doubled so many times.
type Class uint8

// The classes with a use of their own; those between serve what grows by doubling.
const (
	Class4K  Class = 0 // a small state's slots or rows; a page of an ordered tree
	Class64K Class = 4 // a page of slots
	Class2M  Class = 9 // a chunk of rows
)

// Bytes is the size of a chunk of the class.
func (c Class) Bytes() int { return PageSize << c }

// ClassFor is the least class that holds n bytes, n at most 2 MB.
func ClassFor(n int) Class {
	if n <= PageSize {
		return Class4K
	}
	return Class(bits.Len(uint(n-1)) - PageShift)
}

// Chunk names a chunk by the number of its first page; 0: none.
type Chunk uint32

// Config sizes a pool.
type Config struct {
	// Budget is the bytes that owners may use together; 0: no limit. Allocation goes on
	// past it (a tick cannot fail), but Over says so and past a tenth more an owner is
	// marked out.
	Budget int64
	// Reserve is the bytes of address space; 0: eight times the budget, at least 64 GB.
	// Reserved addresses cost nothing until they are used.
	Reserve int64
}

// Pool hands out chunks of one reserved address range. Alloc and Free may be called by
// any goroutine; the memory itself belongs to whoever allocated it. Use New.
type Pool struct {
	base  unsafe.Pointer // of frame 0
	dirty unsafe.Pointer // bitmap of pages written since they were last stored

	stored, volatile, missing []uint64 // bitmaps by page
	dirtyWords                []uint64
	order                     []uint8  // by page: see chunks.go
	next, prev                []uint32 // by page: free lists
	table                     [][]byte // by frame
	mem, meta                 []byte

	step   atomic.Uint64
	arenas atomic.Pointer[[][]byte]
	used   atomic.Int64
	marked atomic.Uint64
	absent atomic.Int64 // pages in missing
	pager  Pager

	mu        sync.Mutex
	free      [Class2M + 1]uint32 // heads of the free lists, by class
	fresh     uint32              // first frame never handed out
	committed uint32              // frames that may be accessed
	reaching  bool                // more are being made accessible
	maxFrames uint32
	limbo     []Chunk // freed by owners that are not volatile, in this step
	owners    []*Owner
	none      Owner // who pays where nobody is named
	budget    int64
	booked    int64 // by all owners, on the heap
	closed    bool

	warm    atomic.Uint32 // frames below are faulted in
	warming atomic.Bool
	bg      sync.WaitGroup
}

const commitFrames = 32 // frames made accessible at a time

// New reserves the address range. It fails only when the system refuses that.
func New(c Config) (*Pool, error) {
	frames, mem, err := reserve(c)
	if err != nil {
		return nil, err
	}
	p := &Pool{mem: mem, maxFrames: uint32(frames), budget: c.Budget}
	a := uintptr(unsafe.Pointer(&mem[0]))
	p.base = unsafe.Add(unsafe.Pointer(&mem[0]), -a&(FrameSize-1))
	if err := p.mapMeta(frames); err != nil {
		unix.Munmap(mem)
		return nil, err
	}
	p.none.Name = "(pool)"
	p.step.Store(1)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.commit(1); err != nil {
		unix.Munmap(p.meta)
		unix.Munmap(mem)
		return nil, err
	}
	return p, nil
}

// reserve maps the address range, without access. Where the process may not have as
// much as is asked for by default it takes what it gets, down to four times the budget.
func reserve(c Config) (frames int, mem []byte, err error) {
	want, least := c.Reserve, c.Reserve
	if want == 0 {
		want, least = max(8*c.Budget, 64<<30), max(4*c.Budget, 1<<30)
	}
	for ; ; want /= 2 {
		frames = max(int(want>>FrameShift), 2*commitFrames)
		frames = (frames + commitFrames - 1) / commitFrames * commitFrames
		// One frame more, to align the first.
		mem, err = unix.Mmap(-1, 0, (frames+1)<<FrameShift, unix.PROT_NONE, unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_NORESERVE)
		if err == nil {
			return frames, mem, nil
		}
		if want/2 < least {
			return 0, nil, pgerr.New(pgerr.OutOfMemory, "could not reserve %d MB of address space: %v", frames*2, err)
		}
	}
}

// mapMeta maps what the pool knows of its pages, untouched until it is used.
func (p *Pool) mapMeta(frames int) error {
	pages := frames * framePages
	words := pages / 64
	size := 4*words*8 + 2*pages*4 + frames*24 + pages
	meta, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_NORESERVE)
	if err != nil {
		return pgerr.New(pgerr.OutOfMemory, "could not reserve %d MB of address space: %v", size>>20, err)
	}
	p.meta = meta
	at := unsafe.Pointer(&meta[0])
	cut := func(n int) unsafe.Pointer { a := at; at = unsafe.Add(at, n); return a }
	p.dirtyWords = unsafe.Slice((*uint64)(cut(words*8)), words)
	p.stored = unsafe.Slice((*uint64)(cut(words*8)), words)
	p.volatile = unsafe.Slice((*uint64)(cut(words*8)), words)
	p.missing = unsafe.Slice((*uint64)(cut(words*8)), words)
	p.table = unsafe.Slice((*[]byte)(cut(frames*24)), frames)
	p.next = unsafe.Slice((*uint32)(cut(pages*4)), pages)
	p.prev = unsafe.Slice((*uint32)(cut(pages*4)), pages)
	p.order = unsafe.Slice((*uint8)(cut(pages)), pages)
	p.dirty = unsafe.Pointer(unsafe.SliceData(p.dirtyWords))
	return nil
}

// commit makes the frames below n accessible, and some more, and enters them in Arenas.
func (p *Pool) commit(n uint32) error {
	if n <= p.committed {
		return nil
	}
	if n > p.maxFrames {
		return pgerr.New(pgerr.OutOfMemory, "operator state has used up its address space of %d MB", int64(p.maxFrames)<<FrameShift>>20)
	}
	to := p.upTo(n)
	if err := p.open(p.committed, to); err != nil {
		return err
	}
	p.enter(to)
	return nil
}

// upTo is where frames that are made accessible together with those below n end.
func (p *Pool) upTo(n uint32) uint32 {
	return min((n+commitFrames-1)/commitFrames*commitFrames, p.maxFrames)
}

// open makes frames accessible. It needs no lock, and may be called for frames that are.
func (p *Pool) open(from, to uint32) error {
	part := p.span(from, to)
	if err := unix.Mprotect(part, unix.PROT_READ|unix.PROT_WRITE); err != nil {
		return pgerr.New(pgerr.OutOfMemory, "could not get %d MB of memory: %v", len(part)>>20, err)
	}
	if from == 0 { // the first frame serves small states and small servers
		part = part[FrameSize:]
	}
	adviseHuge(part)
	return nil
}

// enter enters accessible frames up to one in Arenas.
func (p *Pool) enter(to uint32) {
	end := int(p.maxFrames) << FrameShift
	for f := p.committed; f < to; f++ {
		at := int(f) << FrameShift
		p.table[f] = unsafe.Slice((*byte)(unsafe.Add(p.base, at)), min(MaxExtent, end-at))
	}
	p.committed = to
	t := p.table[:to:to]
	p.arenas.Store(&t)
}

// Close gives all memory back. Nothing of the pool may be used afterwards.
func (p *Pool) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	p.mu.Unlock()
	p.bg.Wait()
	err := unix.Munmap(p.meta)
	if e := unix.Munmap(p.mem); err == nil {
		err = e
	}
	return err
}

// Base is the address of the range's start: position 0 of every offset kept in state.
func (p *Pool) Base() unsafe.Pointer { return p.base }

// Addr is the address of a chunk.
func (p *Pool) Addr(c Chunk) unsafe.Pointer { return unsafe.Add(p.base, uintptr(c)<<PageShift) }

// Bytes is a chunk's memory, valid until the chunk is freed and its owner's step ends.
func (p *Pool) Bytes(c Chunk) []byte {
	return unsafe.Slice((*byte)(p.Addr(c)), p.sizeOf(c))
}

// Arenas is the chunk table: entry f begins at frame f, so that a view of arena number f
// and an offset leads to its bytes. The table is read-only; a later call may return a
// longer one, whose first entries are the same.
func (p *Pool) Arenas() [][]byte { return *p.arenas.Load() }

// Used is the bytes of all chunks handed out, those freed in the running step included.
func (p *Pool) Used() int64 { return p.used.Load() }

// Budget is the bytes that owners may use together; 0: no limit.
func (p *Pool) Budget() int64 { return p.budget }

// Over reports whether more than the budget is in use: between ticks, the time to refuse
// writers with 53200.
func (p *Pool) Over() bool { return p.budget > 0 && p.used.Load() > p.budget }

// String describes the pool for a log.
func (p *Pool) String() string {
	return fmt.Sprintf("pool of %d KB, budget %d KB", p.Used()>>10, p.budget>>10)
}
