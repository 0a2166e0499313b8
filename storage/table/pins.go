package table

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/millracedb/millrace/base/pgerr"
)

// ErrSnapshotTooOld is what a reader gets whose versions have been let go.
var ErrSnapshotTooOld = pgerr.New(pgerr.SnapshotTooOld, "snapshot too old")

// Pins is what all stores of an engine share: the published tick, which ticks are being
// read, and how many bytes old readers may hold back. It is safe for concurrent use.
type Pins struct {
	published atomic.Uint64
	budget    int64
	mu        sync.Mutex
	held      []*Pin // by tick, ascending
}

// Pin keeps the versions of a tick and of all later ones from being dropped.
type Pin struct {
	of     *Pins
	tick   uint64
	exempt bool
	ended  atomic.Bool
	held   bool
}

// NewPins returns an empty set of pins; budget is the bytes of dead versions that readers
// may hold back before the oldest of them is ended (0: no limit).
func NewPins(budget int64) *Pins { return &Pins{budget: budget} }

// Publish makes a tick the newest one that readers see: the one atomic store by which all
// relations change together. Only the tick's goroutine calls it.
func (p *Pins) Publish(tick uint64) { p.published.Store(tick) }

// Published is the newest tick that readers may ask for.
func (p *Pins) Published() uint64 { return p.published.Load() }

// Pin pins the published tick for a reader.
func (p *Pins) Pin() *Pin {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hold(p.published.Load(), false)
}

// PinExempt pins the published tick for a holder that the budget never ends, such as the
// filling of a view.
func (p *Pins) PinExempt() *Pin {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hold(p.published.Load(), true)
}

// HoldHorizon pins the oldest tick that anybody reads: nothing that a reader of today may
// ask for goes. The budget never ends it until Yield.
func (p *Pins) HoldHorizon() *Pin {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hold(p.horizon(), true)
}

// Yield lets the budget end the pin from now on.
func (h *Pin) Yield() {
	h.of.mu.Lock()
	defer h.of.mu.Unlock()
	h.exempt = false
}

// PinAt pins a tick of the past, as one that resumes needs it. It fails with
// ErrSnapshotTooOld when the tick is below the horizon.
func (p *Pins) PinAt(tick uint64) (*Pin, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if tick < p.horizon() {
		return nil, ErrSnapshotTooOld
	}
	return p.hold(tick, false), nil
}

func (p *Pins) hold(tick uint64, exempt bool) *Pin {
	h := &Pin{of: p, tick: tick, exempt: exempt, held: true}
	i, _ := slices.BinarySearchFunc(p.held, tick+1, func(x *Pin, t uint64) int {
		if x.tick < t {
			return -1
		}
		return 1
	})
	p.held = slices.Insert(p.held, i, h)
	return h
}

func (p *Pins) drop(h *Pin) {
	if !h.held {
		return
	}
	h.held = false
	if i := slices.Index(p.held, h); i >= 0 {
		p.held = slices.Delete(p.held, i, i+1)
	}
}

// Tick is the tick that is pinned.
func (h *Pin) Tick() uint64 { return h.tick }

// Err is ErrSnapshotTooOld once the budget has ended the pin, else nil.
func (h *Pin) Err() error {
	if h.ended.Load() {
		return ErrSnapshotTooOld
	}
	return nil
}

// Release lets the tick go. It may be called more than once.
func (h *Pin) Release() {
	h.of.mu.Lock()
	defer h.of.mu.Unlock()
	h.of.drop(h)
}

// Advance moves the pin to a later tick, as a subscription does that has read up to it.
// Only the pin's owner calls it, and Tick.
func (h *Pin) Advance(tick uint64) {
	h.of.mu.Lock()
	defer h.of.mu.Unlock()
	if !h.held || tick <= h.tick {
		return
	}
	h.of.drop(h)
	n := h.of.hold(tick, h.exempt)
	h.of.held[slices.Index(h.of.held, n)] = h
	h.tick, h.held = tick, true
}

func (p *Pins) horizon() uint64 {
	pub := p.published.Load()
	if len(p.held) > 0 {
		return min(pub, p.held[0].tick)
	}
	return pub
}

// Horizon is the oldest pinned tick, the published one when nothing is pinned.
func (p *Pins) Horizon() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.horizon()
}

// Evict ends the oldest readers for as long as the bytes of dead versions held back exceed
// the budget; kept tells those bytes for a horizon (the sum of Store.Kept). A holder
// that is exempt protects those after it too, since ending them frees nothing. It returns
// the horizon that is left. Only the tick's goroutine calls it.
func (p *Pins) Evict(kept func(horizon uint64) int64) uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.budget > 0 && len(p.held) > 0 && !p.held[0].exempt && p.held[0].tick < p.published.Load() && kept(p.horizon()) > p.budget {
		h := p.held[0]
		h.ended.Store(true)
		p.drop(h)
	}
	return p.horizon()
}
