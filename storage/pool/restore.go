package pool

import "github.com/millracedb/millrace/base/pgerr"

// Reading back: a checkpoint fills pages (Fill), every state claims the chunks that its
// directories name (Claim), and Sweep frees what nobody claimed. Until Sweep, Alloc takes
// frames beyond all those that were filled. Which chunks are in use is written nowhere
// but in the states' directories, so it cannot contradict them.

func corrupt(format string, args ...any) error {
	return pgerr.New(pgerr.DataCorrupted, format, args...)
}

// Fill makes room for the page of a checkpoint and returns its 4 KB. The pool is new:
// nothing was allocated from it.
func (p *Pool) Fill(page uint32) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := page / framePages
	if page == 0 || f >= p.maxFrames {
		return nil, corrupt("checkpoint names page %d, outside the pool", page)
	}
	if err := p.commit(f + 1); err != nil {
		return nil, err
	}
	for ; p.fresh <= f; p.fresh++ {
		p.order[p.fresh*framePages] = unclaimed
	}
	return p.Page(page), nil
}

// Claim takes a chunk for a state that is being restored, of the size it had.
func (p *Pool) Claim(o *Owner, c Chunk, k Class) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	pg, n := uint32(c), uint32(1)<<k
	if k > Class2M || pg == 0 || pg&(n-1) != 0 {
		return corrupt("operator state names a chunk %d that cannot be", pg)
	}
	if err := p.openFrame(pg / framePages); err != nil {
		return err
	}
	if !p.carve(pg, k) {
		return corrupt("operator state names chunk %d twice", pg)
	}
	p.order[pg] = taken | uint8(k)
	p.charge(o, pg, k.Bytes())
	return nil
}

// ClaimBytes is Claim for a chunk that AllocBytes handed out.
func (p *Pool) ClaimBytes(o *Owner, c Chunk, n int) error {
	if n <= FrameSize {
		return p.Claim(o, c, ClassFor(n))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	pg, frames := uint32(c), uint32((n+FrameSize-1)>>FrameShift)
	if pg == 0 || pg%framePages != 0 || n > MaxExtent {
		return corrupt("operator state names an extent %d that cannot be", pg)
	}
	for f := range frames {
		if err := p.openFrame(pg/framePages + f); err != nil {
			return err
		}
		if p.order[pg+f*framePages] != freeHead|uint8(Class2M) {
			return corrupt("operator state names extent %d twice", pg)
		}
	}
	for f := range frames {
		p.unlink(pg+f*framePages, Class2M)
	}
	p.order[pg], p.next[pg] = extent, frames
	p.charge(o, pg, int(frames)<<FrameShift)
	return nil
}

// openFrame turns an unclaimed frame into a free one.
func (p *Pool) openFrame(f uint32) error {
	if f >= p.maxFrames {
		return corrupt("operator state names frame %d, outside the pool", f)
	}
	if err := p.commit(f + 1); err != nil {
		return err
	}
	for ; p.fresh <= f; p.fresh++ {
		p.order[p.fresh*framePages] = unclaimed
	}
	if p.order[f*framePages] != unclaimed {
		return nil
	}
	p.order[f*framePages] = inside
	if f == 0 {
		for j := range Class2M {
			p.link(uint32(1)<<j, j)
		}
		return nil
	}
	p.link(f*framePages, Class2M)
	return nil
}

// carve cuts the chunk out of the free chunk that contains it.
func (p *Pool) carve(pg uint32, k Class) bool {
	for c := k; c <= Class2M; c++ {
		head := pg &^ (uint32(1)<<c - 1)
		if p.order[head] != freeHead|uint8(c) {
			continue
		}
		p.unlink(head, c)
		for ; c > k; c-- {
			half := uint32(1) << (c - 1)
			if pg&half != 0 {
				p.link(head, c-1)
				head += half
			} else {
				p.link(head+half, c-1)
			}
		}
		return true
	}
	return false
}

// Sweep ends the restoring: pages that no state claimed are free, and forgotten.
func (p *Pool) Sweep() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for f := range p.fresh {
		pg := f * framePages
		if p.order[pg] == unclaimed {
			p.openFrame(f)
		}
	}
	for f := range p.fresh {
		for pg := f * framePages; pg < (f+1)*framePages; {
			switch o := p.order[pg]; {
			case o == extent:
				pg += p.next[pg] * framePages
			case o&taken != 0:
				pg += 1 << (o &^ taken)
			case o&freeHead != 0:
				n := uint32(1) << (o &^ freeHead)
				p.forget(pg, int(n))
				pg += n
			default:
				pg++
			}
		}
	}
}
