package pool

import "unsafe"

// warmUp keeps frames faulted in ahead of need, so that no tick pays for the first touch.
func (p *Pool) warmUp() {
	from, to := p.cold(0, maxAhead)
	if from == to {
		return
	}
	go func() {
		defer p.bg.Done()
		defer p.warming.Store(false)
		faultIn(p.span(from, to))
	}()
}

// maxAhead is how many frames at most are faulted in ahead of need.
const maxAhead = 32

// Cold takes over what EndStep would leave to a goroutine of the pool's: frames to be faulted
// in ahead of need, up to n of them, of which the caller hands each to FaultIn before its next
// EndStep. That is for who has all processors at work, and would wait for one that such a
// goroutine takes from it. None: enough are warm.
func (p *Pool) Cold(n int) (frames [][]byte) {
	from, to := p.cold(n, n)
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

// cold says which frames are to be faulted in, at most so many, to have as many ahead of need as
// there should be and more. Of two callers at once one gets none; the other ends what it has begun with
// warming and bg. A pool that has used no whole frame yet needs none.
func (p *Pool) cold(more, most int) (from, to uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.fresh < 3 {
		return 0, 0
	}
	want := p.fresh + min(2+p.fresh/8, maxAhead) + uint32(more)
	from = max(p.warm.Load(), p.fresh)
	if want > p.committed && want <= p.maxFrames && p.commit(want) != nil {
		want = p.committed
	}
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
	faultIn(p.span(from, to))
	p.warm.Store(to)
	return nil
}

// span is the memory of frames.
func (p *Pool) span(from, to uint32) []byte {
	return unsafe.Slice((*byte)(unsafe.Add(p.base, uintptr(from)<<FrameShift)), int(to-from)<<FrameShift)
}
