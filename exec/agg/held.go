package agg

import (
	"github.com/millracedb/millrace/base/col"
)

// held is bytes of an accumulator that lie in the heap: the view, all zero for none.
type held = col.Str

// bytesOf reads what put stored.
func bytesOf(h Heap, s *held) []byte {
	var v col.Vector
	v.Kind, v.N = col.KindBin, 1
	v.Str = []col.Str{*s}
	if s.Len() > col.InlineLen {
		v.Arenas = h.Arenas()
		return v.Bytes(0)
	}
	return append([]byte(nil), v.Bytes(0)...)
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
