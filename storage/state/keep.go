package state

import "github.com/millracedb/millrace/storage/pool"

// Keep makes a state whose owner was volatile one that checkpoints hold: between ticks,
// when a view that was built aside is attached. After all states of the owner, pool.Attach.
func (h *Heap) Keep() {
	for _, c := range h.pages {
		h.p.Keep(c.c)
	}
	for _, c := range h.bigOnes() {
		h.p.Keep(c)
	}
}

// Keep is Heap's.
func (t *RowTable) Keep() {
	for _, pg := range t.pages {
		t.p.Keep(pool.Chunk(pg.chunk))
	}
	for i := range t.sh {
		for _, c := range t.sh[i].chunks {
			t.p.Keep(pool.Chunk(c))
		}
	}
	t.heap.Keep()
}

// Keep is Heap's.
func (a *Arrangement) Keep() {
	a.t.Keep()
	a.ids.t.Keep()
}

// Keep is Heap's, for every pane.
func (s *Panes) Keep() {
	for _, t := range s.tables {
		t.Keep()
	}
}

// Keep is Heap's.
func (t *Ordered) Keep() {
	if t.root != 0 {
		_ = t.walk(t.root, func(page uint32) error { t.p.Keep(pool.Chunk(page)); return nil })
	}
	t.heap.Keep()
}
