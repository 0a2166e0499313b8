package over

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/agg"
)

// scratch is where accumulators keep long values during one evaluation. Nothing is given back
// before its end, so that accumulators may be copied.
type scratch struct {
	arenas [][]byte
	full   bool // something lies in arenas
}

var _ agg.Heap = (*scratch)(nil)

const scratchArena = 64 << 10

func (h *scratch) reset() {
	if len(h.arenas) > 1 {
		h.arenas = h.arenas[:1]
	}
	if len(h.arenas) == 1 {
		h.arenas[0] = h.arenas[0][:0]
	}
	h.full = false
}

// used reports whether an accumulator leads into the heap, so that it means nothing without it.
func (h *scratch) used() bool { return h.full }

// Put stores a copy of b.
func (h *scratch) Put(b []byte) col.Str {
	if len(b) <= col.InlineLen {
		return col.ShortStr(b)
	}
	h.full = true
	last := len(h.arenas) - 1
	if last < 0 || len(h.arenas[last])+len(b) > cap(h.arenas[last]) {
		h.arenas = append(h.arenas, make([]byte, 0, max(scratchArena, len(b))))
		last++
	}
	off := len(h.arenas[last])
	h.arenas[last] = append(h.arenas[last], b...)
	return col.LongStr(b, uint32(last), uint32(off))
}

// Free keeps the bytes: copies of the accumulator may lead to them.
func (h *scratch) Free(col.Str) {}

// Arenas is what the views lead into.
func (h *scratch) Arenas() [][]byte { return h.arenas }
