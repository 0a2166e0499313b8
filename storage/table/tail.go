package table

import "sync/atomic"

// grow is an append-only list: one goroutine appends, any number read.
type grow[T any] struct {
	n   atomic.Uint32
	buf atomic.Pointer[[]T]
}

func (g *grow[T]) append(x T) {
	n := int(g.n.Load())
	b := g.buf.Load()
	if b == nil || n == len(*b) {
		c := make([]T, max(4, 2*n))
		if b != nil {
			copy(c, *b)
		}
		b = &c
		g.buf.Store(b)
	}
	(*b)[n] = x
	g.n.Store(uint32(n + 1))
}

// all is what has been appended so far.
func (g *grow[T]) all() []T {
	n := g.n.Load()
	if n == 0 {
		return nil
	}
	return (*g.buf.Load())[:n]
}

const tailChunk = 128

// tail is an append-only list whose oldest part is let go: one goroutine appends and trims,
// any number read. Positions count from the first element that ever was.
type tail[T any] struct {
	n    atomic.Uint64
	view atomic.Pointer[tailView[T]]
}

type tailView[T any] struct {
	base   uint64 // position of the first chunk
	chunks []*[tailChunk]T
	lead   int // chunks let go whose pointers still stand before the first
}

func (t *tail[T]) append(x T) {
	n := t.n.Load()
	v := t.view.Load()
	if v == nil {
		v = &tailView[T]{}
	}
	if n == v.base+uint64(len(v.chunks))*tailChunk {
		v = &tailView[T]{v.base, append(v.chunks, new([tailChunk]T)), v.lead}
		t.view.Store(v)
	}
	v.chunks[(n-v.base)/tailChunk][n%tailChunk] = x
	t.n.Store(n + 1)
}

// appendAll is append for many.
func (t *tail[T]) appendAll(xs []T) {
	for n := t.n.Load(); len(xs) > 0; n = t.n.Load() {
		t.append(xs[0])
		v := t.view.Load()
		k := copy(v.chunks[(n-v.base)/tailChunk][n%tailChunk+1:], xs[1:])
		t.n.Store(n + 1 + uint64(k))
		xs = xs[1+k:]
	}
}

func (v *tailView[T]) at(pos uint64) *T {
	if v == nil || pos < v.base || pos-v.base >= uint64(len(v.chunks))*tailChunk {
		return nil
	}
	return &v.chunks[(pos-v.base)/tailChunk][pos%tailChunk]
}

// at is the element at a position, nil when it was let go.
func (t *tail[T]) at(pos uint64) *T { return t.view.Load().at(pos) }

// trim lets whole chunks before a position go. The pointers to them are copied away once
// they are more than those left.
func (t *tail[T]) trim(pos uint64) {
	v := t.view.Load()
	if v == nil || pos < v.base+tailChunk {
		return
	}
	k := min(int((pos-v.base)/tailChunk), len(v.chunks))
	w := &tailView[T]{v.base + uint64(k)*tailChunk, v.chunks[k:], v.lead + k}
	if w.lead > len(w.chunks) {
		w.chunks, w.lead = append([]*[tailChunk]T(nil), w.chunks...), 0
	}
	t.view.Store(w)
}

// size is the number of elements that memory is held for.
func (t *tail[T]) size() int {
	if v := t.view.Load(); v != nil {
		return len(v.chunks) * tailChunk
	}
	return 0
}

// last is the position after the last element for which before holds, which it does for a
// head of the list; from is the position of the first element there is.
func (t *tail[T]) last(before func(*T) bool) (v *tailView[T], from, pos uint64) {
	n := t.n.Load()
	v = t.view.Load()
	if v == nil {
		return nil, 0, 0
	}
	from = v.base
	lo, hi := from, max(n, from)
	for lo < hi {
		mid := (lo + hi) / 2
		if before(v.at(mid)) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return v, from, lo
}
