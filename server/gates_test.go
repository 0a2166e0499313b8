package server

import (
	"context"
	"testing"
	"time"

	"github.com/millracedb/millrace/base/pgerr"
)

// TestGate has many pass together and one alone, who goes first, and those who wait give up.
func TestGate(t *testing.T) {
	g, ctx := &gate{}, context.Background()
	ended, end := context.WithCancelCause(ctx)
	end(errCanceled())
	for range 2 {
		if err := g.enter(ctx, false); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.enter(ended, true); pgerr.CodeOf(err) != pgerr.QueryCanceled {
		t.Errorf("who has given up passed: %v", err)
	}
	in := make(chan error)
	go func() { in <- g.enter(ctx, true) }()
	for waiting := 0; waiting == 0; {
		g.mu.Lock()
		waiting = g.waiting
		g.mu.Unlock()
	}
	if err := g.enter(ended, false); err == nil {
		t.Error("somebody went before who waits to be alone")
	}
	g.leave(false)
	select {
	case <-in:
		t.Error("who is to be alone is not")
	case <-time.After(10 * time.Millisecond):
	}
	g.leave(false)
	if err := <-in; err != nil {
		t.Fatal(err)
	}
	if err := g.enter(ended, false); err == nil {
		t.Error("who is to be alone is not")
	}
	g.leave(true)
	if err := g.enter(ctx, false); err != nil {
		t.Error(err)
	}
}
