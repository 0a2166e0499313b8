package exec

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// barrier lets n goroutines wait for each other: first they look again and again whether the
// others have come, for who sleeps is woken late, and then they sleep.
type barrier struct {
	n       int32
	alone   bool // there are fewer processors than goroutines: who looks keeps another from coming
	arrived atomic.Int32
	round   atomic.Uint32
	crowded atomic.Int32 // 1 more than a processor on which one has waited for long; 0: none

	asleep atomic.Int32
	mu     sync.Mutex
	calls  int
	turned *sync.Cond
}

// How often a goroutine looks before it sleeps.
const (
	// idle is for a next step, of which nobody knows whether it comes: some 70 µs, about what it
	// costs to be woken.
	idle = 100_000
	// patience is for others in the middle of a step, who are sure to come: some 1.5 ms.
	patience = 2_000_000
	// yieldAfter is how many looks who looks for long takes between two others' turns: a microsecond's.
	yieldAfter = 1_500
)

// of says how many goroutines wait for each other, before the first does.
func (b *barrier) of(n int) { b.n, b.alone = int32(n), runtime.GOMAXPROCS(0) < n }

// wait returns when all have come.
func (b *barrier) wait(looks int) {
	round := b.round.Load()
	if b.arrived.Add(1) == b.n {
		b.arrived.Store(0)
		b.round.Add(1)
		b.wake()
		b.spread()
		return
	}
	if b.alone {
		looks = 0
	}
	for !b.looked(round, looks) && !b.slept(round) {
		looks = patience // called
	}
}

// spread moves who comes last away from where others have waited for it.
func (b *barrier) spread() {
	c := b.crowded.Load()
	if c == 0 {
		return
	}
	b.crowded.Store(0)
	if here := processor(); here == c-1 {
		leave(here)
	}
}

// looked reports whether the others have come while it looked. When it has for long, other
// threads may have the processor in between: the one that is waited for may be among them.
func (b *barrier) looked(round uint32, looks int) bool {
	for i := range looks {
		if b.round.Load() != round {
			return true
		}
		if i > idle && i%yieldAfter == 0 {
			b.crowded.Store(processor() + 1)
			yield()
		}
	}
	return b.round.Load() != round
}

// slept sleeps until the others have come, or until it is called; it reports whether they have.
func (b *barrier) slept(round uint32) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.turned == nil {
		b.turned = sync.NewCond(&b.mu)
	}
	b.asleep.Add(1)
	for calls := b.calls; b.round.Load() == round && b.calls == calls; {
		b.turned.Wait()
	}
	b.asleep.Add(-1)
	return b.round.Load() != round
}

// call wakes those that sleep in wait, since the last one is about to come.
func (b *barrier) call() {
	if !b.alone && b.asleep.Load() > 0 {
		b.mu.Lock()
		b.calls++
		b.mu.Unlock()
		b.wake()
	}
}

func (b *barrier) wake() {
	if b.asleep.Load() == 0 {
		return
	}
	b.mu.Lock()
	b.turned.Broadcast()
	b.mu.Unlock()
}
