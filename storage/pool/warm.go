package pool

import "unsafe"

// Where the system gives memory slowly, a frame's first touch takes milliseconds, for which whoever
// changes the address space waits. So both are done ahead of need, by goroutines of the pool's
// that do not hold mu; a tick that finds enough frames ahead waits for neither.

// warmUp faults frames in that cold has named, so that no tick pays for the first touch.
func (p *Pool) warmUp(from, to uint32) {
	if from == to {
		return
	}
	go func() {
		defer p.bg.Done()
		defer p.warming.Store(false)
		p.faultIn(from, to)
	}()
}

// reach, with mu held, has more frames made accessible, ahead of the need for those below n.
func (p *Pool) reach(n uint32) {
	if n+commitFrames/2 <= p.committed || p.reaching || p.committed == p.maxFrames {
		return
	}
	p.reaching = true
	from, to := p.committed, p.upTo(n+commitFrames)
	p.bg.Add(1)
	go func() {
		defer p.bg.Done()
		err := p.open(from, to)
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.reaching = false; err == nil && to > p.committed { // else who needs them will be told
			p.enter(to)
		}
	}()
}

// faultIn gives frames their memory, one by one: while the system is at it nobody can change the
// address space, as the growth of the heap does.
func (p *Pool) faultIn(from, to uint32) {
	for f := from; f < to; f++ {
		FaultIn(p.span(f, f+1))
	}
}

// fault gives frames that were handed out since the first of them was fresh their memory, if that
// was not done ahead: in a call of the system and not by a first touch, during which the Go
// scheduler could not give the processor to others, nor stop the world.
func (p *Pool) fault(from, to uint32) {
	if from = max(from, p.warm.Load(), fewFrames); from < to {
		p.faultIn(from, to)
	}
}

// fewFrames are what a small server uses, whose memory comes as it is touched.
const fewFrames = 3

// maxAhead is how many frames at most are faulted in ahead of need.
const maxAhead = 32

// Cold takes over what EndStep would leave to a goroutine of the pool's: frames to be faulted
// in ahead of need, up to n of them, of which the caller hands each to FaultIn before its next
// EndStep. That is for who has all processors at work, and would wait for one that such a
// goroutine takes from it. None: enough are warm.
func (p *Pool) Cold(n int) (frames [][]byte) {
	p.mu.Lock()
	from, to := p.cold(n, n)
	p.mu.Unlock()
	if from == to {
		return nil
	}
	for f := from; f < to; f++ {
		frames = append(frames, p.span(f, f+1))
	}
	p.warming.Store(false)
	p.bg.Done()
	return frames
}

// FaultIn gives a frame its memory.
func FaultIn(frame []byte) { faultIn(frame) }

// cold, with mu held, says which frames are to be faulted in, at most so many, to have as many ahead of need as
// there should be and more. Of two callers at once one gets none; the other ends what it has begun with
// warming and bg. A pool that has used few frames needs none.
func (p *Pool) cold(more, most int) (from, to uint32) {
	if p.closed || p.fresh < fewFrames {
		return 0, 0
	}
	want := p.fresh + min(2+p.fresh/8, maxAhead) + uint32(more)
	p.reach(want)
	from = max(p.warm.Load(), p.fresh)
	to = min(want, p.committed, from+uint32(most))
	if from+2 > to || !p.warming.CompareAndSwap(false, true) {
		return 0, 0
	}
	p.bg.Add(1)
	p.warm.Store(to)
	return from, to
}

// Warm faults so many bytes in that have not been handed out yet.
func (p *Pool) Warm(bytes int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	from := max(p.warm.Load(), p.fresh)
	to := p.fresh + uint32(bytes>>FrameShift)
	if bytes <= 0 || to <= from {
		return nil
	}
	if err := p.commit(to); err != nil {
		return err
	}
	p.faultIn(from, to)
	p.warm.Store(to)
	return nil
}

// span is the memory of frames.
func (p *Pool) span(from, to uint32) []byte {
	return unsafe.Slice((*byte)(unsafe.Add(p.base, uintptr(from)<<FrameShift)), int(to-from)<<FrameShift)
}
