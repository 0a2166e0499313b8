package pool

import (
	"iter"
	"math/bits"
	"sync/atomic"
	"unsafe"

	"github.com/millracedb/millrace/base/pgerr"
)

// PageRef names a page by its frame and its place in it.
type PageRef struct {
	Chunk uint32 // frame
	Page  uint16
}

// Pager brings missing pages back: it fills the 4 KB of each from where the checkpoint
// keeps them. It is called by the goroutine that touched them.
type Pager interface {
	ReadPages(p *Pool, pages []uint32) error
}

// SetPager names who brings missing pages back.
func (p *Pool) SetPager(g Pager) { p.pager = g }

// SetMissing notes that a page's contents stand in the checkpoint only.
func (p *Pool) SetMissing(page uint32) {
	w, b := &p.missing[page>>6], uint64(1)<<(page&63)
	if atomic.OrUint64(w, b)&b == 0 {
		p.absent.Add(1)
	}
}

// AllResident reports that no page is missing, so that states need not Touch before they
// read.
func (p *Pool) AllResident() bool { return p.absent.Load() == 0 }

// Touch makes the pages ready to be read, and with write to be written: missing ones are
// read together, then dirty bits are set. Kernels after it are unguarded. An error comes
// from the Pager.
func (p *Pool) Touch(pages []PageRef, write bool) error {
	if !p.AllResident() {
		if err := p.fetch(pages); err != nil {
			return err
		}
	}
	if write {
		for _, r := range pages {
			pg := uintptr(r.Chunk)*framePages + uintptr(r.Page)
			p.markPages(pg, pg)
		}
	}
	return nil
}

func (p *Pool) fetch(pages []PageRef) error {
	var want []uint32
	for _, r := range pages {
		pg := r.Chunk*framePages + uint32(r.Page)
		if p.missing[pg>>6]>>(pg&63)&1 != 0 {
			want = append(want, pg)
		}
	}
	if len(want) == 0 {
		return nil
	}
	if p.pager == nil {
		return pgerr.New(pgerr.InternalError, "page %d of operator state is missing", want[0])
	}
	if err := p.pager.ReadPages(p, want); err != nil {
		return err
	}
	for _, pg := range want {
		b := uint64(1) << (pg & 63)
		if atomic.AndUint64(&p.missing[pg>>6], ^b)&b != 0 {
			p.absent.Add(-1)
		}
	}
	return nil
}

// Unmarked reports whether Mark has anything to do for n bytes (at least 1) at a: it is
// inlined, a load and a test. Loops say: if p.Unmarked(a, n) { p.Mark(a, n) }.
func (p *Pool) Unmarked(a unsafe.Pointer, n uintptr) bool {
	o := uintptr(a) - uintptr(p.base)
	return o&(PageSize-1)+n > PageSize || *(*uint64)(unsafe.Add(p.dirty, o>>18<<3))>>(o>>PageShift&63)&1 == 0
}

// Mark sets the dirty bits of the pages under n bytes (at least 1) at a, an address
// inside the pool. It is to be called before the bytes are written.
func (p *Pool) Mark(a unsafe.Pointer, n uintptr) {
	o := uintptr(a) - uintptr(p.base)
	p.markPages(o>>PageShift, (o+n-1)>>PageShift)
}

// markPages works on words that goroutines may share, hence the atomic Or.
func (p *Pool) markPages(pg, last uintptr) {
	for ; pg <= last; pg++ {
		if w, b := &p.dirtyWords[pg>>6], uint64(1)<<(pg&63); *w&b == 0 {
			atomic.OrUint64(w, b)
		}
	}
}

func setRange(m []uint64, pg uint32, n int, on bool) {
	for n > 0 {
		k := min(n, 64-int(pg&63))
		b := ^uint64(0) >> (64 - k) << (pg & 63)
		if w := &m[pg>>6]; on {
			atomic.OrUint64(w, b)
		} else {
			atomic.AndUint64(w, ^b)
		}
		pg += uint32(k)
		n -= k
	}
}

// forget clears what is known of n pages.
func (p *Pool) forget(pg uint32, n int) {
	setRange(p.dirtyWords, pg, n, false)
	setRange(p.stored, pg, n, false)
	setRange(p.volatile, pg, n, false)
}

// Page is the 4 KB of a page.
func (p *Pool) Page(page uint32) []byte {
	return unsafe.Slice((*byte)(p.Addr(Chunk(page))), PageSize)
}

// Pages is the number of pages of all frames in use: every page number is below it.
func (p *Pool) Pages() uint32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fresh * framePages
}

// Dirty lists, in order, the pages that the next checkpoint must store: written since
// they were last stored, and not volatile. To be called between ticks.
func (p *Pool) Dirty() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for w := range p.Pages() / 64 {
			m := atomic.LoadUint64(&p.dirtyWords[w]) &^ atomic.LoadUint64(&p.volatile[w])
			for ; m != 0; m &= m - 1 {
				if !yield(w<<6 + uint32(bits.TrailingZeros64(m))) {
					return
				}
			}
		}
	}
}

// IsDirty reports whether the page was written since it was last stored.
func (p *Pool) IsDirty(page uint32) bool { return p.dirtyWords[page>>6]>>(page&63)&1 != 0 }

// Stored reports whether the last checkpoint holds the page, freed since or not in use
// never.
func (p *Pool) Stored(page uint32) bool { return p.stored[page>>6]>>(page&63)&1 != 0 }

// SetStored notes that a checkpoint holds the page as it is now.
func (p *Pool) SetStored(page uint32) {
	w, b := page>>6, uint64(1)<<(page&63)
	atomic.AndUint64(&p.dirtyWords[w], ^b)
	atomic.OrUint64(&p.stored[w], b)
}

// MarkPage is Mark for a page by its number.
func (p *Pool) MarkPage(page uint32) { p.markPages(uintptr(page), uintptr(page)) }
