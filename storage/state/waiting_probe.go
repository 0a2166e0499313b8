package state

import (
	"math"
	"math/bits"
	"sync"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/pool"
)

// keyFilter finds which keys of a probe have the 32 bits of a hash.
type keyFilter struct {
	maybe []uint64 // a bit for each of some leading bits: some key has them
	shift uint
	head  []uint32 // by the lowest bits: the first of the keys that have them, + 1
	next  []uint32 // of each key
	tags  []uint32 // of each key: the bits
	cand  []uint32
	left  []uint32
	rows  []uint32
	batch col.Batch
}

var keyFilters = sync.Pool{New: func() any { return new(keyFilter) }}

func (x *keyFilter) over(hash []uint64) {
	n := min(max(bits.Len(uint(len(hash)))+6, 12), 20) // a row of another key passes once in 64 times
	x.shift = uint(32 - n)
	x.maybe = zeroed(x.maybe, 1<<n/64)
	x.head = zeroed(x.head, 1<<bits.Len(uint(len(hash))))
	x.next, x.tags = zeroed(x.next, len(hash)), zeroed(x.tags, len(hash))
	for i, h := range hash {
		t := tagOf(h)
		x.tags[i] = t
		x.maybe[t>>x.shift>>6] |= 1 << (t >> x.shift & 63)
		at := &x.head[t&uint32(len(x.head)-1)]
		x.next[i], *at = *at, uint32(i+1)
	}
}

func zeroed[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	s = s[:n]
	clear(s)
	return s
}

// candidates lists the rows whose hash may be that of a key.
func (x *keyFilter) candidates(tags []uint32) []uint32 {
	if cap(x.cand) < len(tags) {
		x.cand = make([]uint32, len(tags))
	}
	out, n := x.cand[:len(tags)], 0
	maybe, shift := x.maybe, x.shift&31
	for i, t := range tags {
		out[n] = uint32(i)
		t >>= shift
		n += int(maybe[t>>6] >> (t & 63) & 1)
	}
	return out[:n]
}

// meet lists the pairs of keys and rows of a block that are equal.
func (x *keyFilter) meet(s *Generations, b *waitingBlock, keys []*col.Vector) {
	x.pair(b.hashes(s.p))
	for k := range s.waiting.keys {
		l, v := &s.waiting.keys[k], keys[k]
		a := b.at(s.p, l)
		switch {
		case v.AnyNull() || l.kind.IsView() || l.width == 1:
			x.keepOthers(b, l.width, a, v)
		case l.width == 4:
			keepEqual(x, unsafe.Slice((*uint32)(a), b.n), lanesOf[uint32](v, v.N))
		case l.width == 8:
			keepEqual(x, unsafe.Slice((*uint64)(a), b.n), lanesOf[uint64](v, v.N))
		default:
			keepEqual(x, unsafe.Slice((*[2]uint64)(a), b.n), lanesOf[[2]uint64](v, v.N))
		}
	}
}

// pair lists the keys and rows that share the hashes' bits.
func (x *keyFilter) pair(tags []uint32) {
	left, rows := x.left[:0], x.rows[:0]
	head, next, of := x.head, x.next, x.tags[:len(x.next)]
	mask := uint32(len(head) - 1)
	for _, r := range x.candidates(tags) {
		t := tags[r]
		for k := head[t&mask]; k != 0; k = next[k-1] {
			if of[k-1] == t {
				left, rows = append(left, k-1), append(rows, r)
			}
		}
	}
	x.left, x.rows = left, rows
}

// keepEqual keeps the pairs of which a column is equal in both.
func keepEqual[K comparable](x *keyFilter, of, keys []K) {
	left, rows, n := x.left, x.rows[:len(x.left)], 0
	for i, k := range left {
		r := rows[i]
		left[n], rows[n] = k, r
		if of[r] == keys[k] {
			n++
		}
	}
	x.left, x.rows = left[:n], rows[:n]
}

// keepOthers is keepEqual where a key may be NULL, which is equal to none, a string or a bool.
func (x *keyFilter) keepOthers(b *waitingBlock, width uintptr, a unsafe.Pointer, v *col.Vector) {
	n := 0
	for i, k := range x.left {
		r := x.rows[i]
		x.left[n], x.rows[n] = k, r
		if !v.Null(int(k)) && b.equalAt(unsafe.Add(a, uintptr(r)*width), width, v, int(k)) {
			n++
		}
	}
	x.left, x.rows = x.left[:n], x.rows[:n]
}

func (b *waitingBlock) equalAt(a unsafe.Pointer, width uintptr, v *col.Vector, i int) bool {
	switch {
	case v.Kind.IsView():
		return b.heap.equalStr((*col.Str)(a), v, i)
	case width == 1:
		return *(*bool)(a) == v.Bool(i)
	}
	return equalLane(a, lanes(v), width, i)
}

// equalLane compares what lies at a with lane i of others.
func equalLane(a, others unsafe.Pointer, width uintptr, i int) bool {
	switch width {
	case 4:
		return *(*uint32)(a) == load[uint32](others, uintptr(i)*4)
	case 8:
		return *(*uint64)(a) == load[uint64](others, uintptr(i)*8)
	}
	return *(*[2]uint64)(a) == load[[2]uint64](others, uintptr(i)*16)
}

// charge counts a probe of so many keys; it enters the oldest block where that is too many
// for the rows that came.
func (s *Generations) charge(keys int) {
	w := &s.waiting
	w.credit = max(w.credit-creditOfKey*int64(keys)-w.rows, -mostCredit)
	if w.credit < 0 && len(w.blocks) > 0 && s.probing == 0 {
		s.enterOldest()
	}
}

func (s *Generations) enterOldest() {
	w := &s.waiting
	s.enter(&w.blocks[0], math.MinInt64)
	w.blocks = append(w.blocks[:0], w.blocks[1:]...)
}

// probeWaiting hands on the waiting rows of keys, as ProbeSince.
func (s *Generations) probeWaiting(since int64, keys []*col.Vector, hash []uint64, cols []int, f func(left []uint32, rows *col.Batch) error) error {
	if len(s.waiting.blocks) == 0 || len(hash) == 0 {
		return nil
	}
	x := keyFilters.Get().(*keyFilter)
	defer keyFilters.Put(x)
	x.over(hash)
	for i := range s.waiting.blocks {
		b := &s.waiting.blocks[i]
		if b.last < since {
			continue
		}
		x.meet(s, b, keys)
		for from := 0; from < len(x.rows); from += probeRows {
			to := min(from+probeRows, len(x.rows))
			b.read(s.p, &x.batch, s.waiting.payload, cols, x.rows[from:to])
			if err := f(x.left[from:to], &x.batch); err != nil {
				return err
			}
		}
	}
	return nil
}

// weighWaiting adds the weights of the waiting rows of keys.
func (s *Generations) weighWaiting(w []int64, keys []*col.Vector, hash []uint64) {
	if len(s.waiting.blocks) == 0 || len(hash) == 0 {
		return
	}
	x := keyFilters.Get().(*keyFilter)
	defer keyFilters.Put(x)
	x.over(hash)
	for i := range s.waiting.blocks {
		x.meet(s, &s.waiting.blocks[i], keys)
		for _, k := range x.left {
			w[k]++
		}
	}
}

// read fills a batch with columns of rows.
func (b *waitingBlock) read(p *pool.Pool, out *col.Batch, of []lane, cols []int, rows []uint32) {
	if len(out.Cols) != len(cols) {
		out.Cols = make([]col.Vector, len(cols))
	}
	out.N, out.W, out.Sel, out.Hash, out.HashOf = len(rows), nil, nil, nil, nil
	out.AppendOnly, out.Consolidated, out.Step = true, false, false
	for i, c := range cols {
		b.readLane(p, &out.Cols[i], &of[c], rows)
	}
}

func (b *waitingBlock) readLane(p *pool.Pool, v *col.Vector, l *lane, rows []uint32) {
	v.ResetKind(l.typ, l.kind, l.typ.Scale())
	v.Resize(len(rows))
	a := b.at(p, l)
	switch l.width {
	case 1:
		clear(v.Bits)
		for i, r := range rows {
			v.Bits[i>>6] |= uint64(load[byte](a, uintptr(r))&1) << (i & 63)
		}
	case 4:
		pickLanes(lanesOf[uint32](v, len(rows)), unsafe.Slice((*uint32)(a), b.n), rows)
	case 8:
		pickLanes(lanesOf[uint64](v, len(rows)), unsafe.Slice((*uint64)(a), b.n), rows)
	default:
		pickLanes(lanesOf[[2]uint64](v, len(rows)), unsafe.Slice((*[2]uint64)(a), b.n), rows)
	}
	if l.kind.IsView() {
		v.Arenas = p.Arenas()
	}
}

func pickLanes[K any](out, from []K, rows []uint32) {
	out = out[:len(rows)]
	for i, r := range rows {
		out[i] = from[r]
	}
}

// enter puts the rows of a block whose time is not before an instant into the table of the
// youngest generation, and drops the block.
func (s *Generations) enter(b *waitingBlock, before int64) {
	w := &s.waiting
	var rows []uint32
	for i, t := range unsafe.Slice((*int64)(b.at(s.p, &w.payload[s.time])), b.n) {
		if t >= before {
			rows = append(rows, uint32(i))
		}
	}
	batch, hash := &col.Batch{}, make([]uint64, 0, probeRows)
	for len(rows) > 0 {
		part := rows[:min(probeRows, len(rows))]
		rows = rows[len(part):]
		b.read(s.p, batch, w.payload, allColumns(len(w.payload)), part)
		keys := make([]*col.Vector, len(w.keys))
		for k := range keys {
			keys[k] = new(col.Vector)
			b.readLane(s.p, keys[k], &w.keys[k], part)
		}
		hash = hash[:len(part)]
		s.seed.Keys(hash, keys)
		if err := s.youngest(batch, len(part)).mergeLoose(keys, hash, batch); err != nil {
			panic(err) // it was taken before
		}
	}
	w.drop(s, *b)
}

func allColumns(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
