package state

import (
	"sync"
	"unsafe"
)

// scratch is the working memory of one batch call. It is shared by all states, since
// there may be ten thousand of them.
type scratch struct {
	at   []unsafe.Pointer
	ids  []RowID
	off  []uintptr
	cand []uint64
	slow []uint32
	miss []bool
	repeats
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// takeScratch returns working memory for n rows; its contents are anything.
func takeScratch(n int) *scratch {
	s := scratches.Get().(*scratch)
	if len(s.cand) < n {
		n = max(n, 4096)
		s.at, s.ids, s.off = make([]unsafe.Pointer, n), make([]RowID, n), make([]uintptr, n)
		s.cand, s.slow, s.miss = make([]uint64, n), make([]uint32, n), make([]bool, n)
	}
	return s
}

func (s *scratch) give() { scratches.Put(s) }
