package server

import (
	"context"
	"sync"

	"github.com/millracedb/millrace/catalog"
)

// gates lets a statement that keeps losing have a relation to itself.
type gates struct {
	mu sync.Mutex
	by map[catalog.OID]*gate
}

func (g *gates) of(rel catalog.OID) *gate {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.by == nil {
		g.by = map[catalog.OID]*gate{}
	}
	if g.by[rel] == nil {
		g.by[rel] = &gate{}
	}
	return g.by[rel]
}

// gate is passed by many or by one alone, as a sync.RWMutex is locked, and who waits for it can give
// up: who wants to be alone goes before those who come later.
type gate struct {
	mu      sync.Mutex
	inside  int  // who have passed
	alone   bool // the one inside is to be alone
	waiting int  // to be alone
	changed chan struct{}
}

// enter passes the gate, or fails when ctx ends before it may.
func (g *gate) enter(ctx context.Context, alone bool) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if alone {
		g.waiting++
		defer func() { g.waiting-- }()
	}
	for g.alone || alone && g.inside > 0 || !alone && g.waiting > 0 {
		if g.changed == nil {
			g.changed = make(chan struct{})
		}
		changed := g.changed
		g.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
		}
		g.mu.Lock()
		if ctx.Err() != nil {
			g.wake()
			return causeOf(ctx)
		}
	}
	g.inside++
	g.alone = alone
	return nil
}

// leave takes back what enter did.
func (g *gate) leave(alone bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	g.alone = g.alone && !alone
	g.wake()
}

// wake lets all who wait look again, once the mutex is free.
func (g *gate) wake() {
	if g.changed != nil {
		close(g.changed)
		g.changed = nil
	}
}
