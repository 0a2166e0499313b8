package agg

import (
	"unsafe"

	"github.com/millracedb/millrace/base/col"
)

// held is bytes of an accumulator that lie in the heap: the view, all zero for none.
type held = col.Str

// bytesOf is what put stored: of short values the accumulator's own bytes, so it is good
// until the accumulator changes.
func bytesOf(h Heap, s *held) []byte {
	n := s.Len()
	if n <= col.InlineLen {
		return unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(s), 4)), n)
	}
	arena, off := s.Ref()
	return h.Arenas()[arena][off : off+uint32(n) : off+uint32(n)]
}

// put replaces held bytes by others.
func put(h Heap, s *held, b []byte) {
	old := *s
	*s = h.Put(b)
	free(h, old)
}

func free(h Heap, s held) {
	if s.Len() > col.InlineLen {
		h.Free(s)
	}
}
