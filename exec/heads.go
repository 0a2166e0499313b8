package exec

import "github.com/millracedb/millrace/base/col"

// heads are the batches that an operator makes of columns which others own, or which lie in
// its own scratch: a step of one row makes none anew. They let go of the columns when the step
// is over.
type heads struct {
	all  []head
	used int
}

type head struct {
	batch *col.Batch
	own   []col.Vector // what its columns lie in; nil: in another batch
}

// of is a batch without rows and with room for n columns, good for the call, or until the end
// of the step.
func (h *heads) of(t *Tick, n int, lasting bool) *col.Batch {
	if t.g.owner != nil { // a step may be long
		return &col.Batch{Cols: make([]col.Vector, n)}
	}
	x := h.next(t, lasting)
	if cap(x.own) < n {
		x.own = make([]col.Vector, n)
	}
	x.batch.Cols = x.own[:n]
	return x.batch
}

// copyOf is another batch over what b has, good for as long as b is.
func (h *heads) copyOf(t *Tick, b *col.Batch) *col.Batch {
	if t.g.owner != nil {
		out := *b
		return &out
	}
	x := h.next(t, b.Step)
	*x.batch = *b
	return x.batch
}

func (h *heads) next(t *Tick, lasting bool) *head {
	if h.used == len(h.all) {
		h.all = append(h.all, head{batch: &col.Batch{}})
	}
	if h.used == 0 {
		t.g.heads = append(t.g.heads, h)
	}
	x := &h.all[h.used]
	*x.batch = col.Batch{}
	if lasting {
		h.used++
	}
	return x
}

// release lets go of all columns.
func (h *heads) release() {
	for i := range h.all[:min(h.used+1, len(h.all))] {
		x := &h.all[i]
		*x.batch = col.Batch{}
		clear(x.own[:cap(x.own)])
	}
	h.used = 0
}
