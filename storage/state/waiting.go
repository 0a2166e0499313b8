package state

import (
	"math"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/pool"
)

// waiting is the rows of a Generations that stand in no table yet. They lie in blocks, column
// by column as they came, behind 32 bits of each row's hash; a probe reads all of these bits
// and looks closer where they are those of a key that is asked for. Where few keys are
// asked for, as of the bids that wait for an auction, that costs far less than a place in a
// table for each row; and a block whose rows have all expired goes without a look at any.
//
// credit decides, by nothing but what came and what was asked: a row that comes gives some, a
// probe uses up what it reads. While there is none, rows go into the table at once, and
// each probe enters the oldest block.
type waiting struct {
	blocks []waitingBlock // the oldest first; rows come into the last
	rows   int64
	credit int64

	keys, payload []lane
	width         int // bytes of a row in a block
}

// lane is a column in a block: at room × before from its start.
type lane struct {
	field
	before uintptr
}

type waitingBlock struct {
	chunk       pool.Chunk
	class       pool.Class
	n, room     int   // room is a multiple of 8, so that every column is aligned
	first, last int64 // least and greatest time of its rows
	heap        *Heap // of their long strings
	stale       int   // how often Expire has met it with some rows expired and others not
}

const (
	creditOfRow = 32 // the rows that a probe may read for one that came
	creditOfKey = 8  // what a key of a probe uses up, in rows read
	mostCredit  = 1 << 22
	hashWidth   = 4
)

// layWaiting lays out blocks for the rows of an arrangement.
func layWaiting(a *Arrangement) waiting {
	w := waiting{width: hashWidth}
	lay := func(fields []field) (out []lane) {
		for _, f := range fields {
			out = append(out, lane{f, uintptr(w.width)})
			w.width += int(f.width)
		}
		return out
	}
	w.keys, w.payload = lay(a.t.form.fields), lay(a.row.fields)
	return w
}

func (b *waitingBlock) at(p *pool.Pool, l *lane) unsafe.Pointer {
	return unsafe.Add(p.Addr(b.chunk), uintptr(b.room)*l.before)
}

// hashes is the part of each row's hash.
func (b *waitingBlock) hashes(p *pool.Pool) []uint32 {
	return unsafe.Slice((*uint32)(p.Addr(b.chunk)), b.n)
}

// waits reports whether rows that come now are to wait, and counts them as come. Rows with
// weights, counters or NULLs never wait.
func (s *Generations) waits(keys []*col.Vector, rows *col.Batch, n int) bool {
	w := &s.waiting
	w.credit = min(w.credit+creditOfRow*int64(n), mostCredit)
	if w.credit <= 0 || rows.W != nil || s.l.Counter {
		return false
	}
	for _, v := range keys {
		if v.AnyNull() {
			return false
		}
	}
	for i := range rows.Cols {
		if rows.Cols[i].AnyNull() {
			return false
		}
	}
	return true
}

// wait puts rows into the newest block, and new ones where it is full.
func (s *Generations) wait(keys []*col.Vector, hash []uint64, rows *col.Batch) error {
	w := &s.waiting
	for from := 0; from < len(hash); {
		if len(w.blocks) == 0 || w.newest().n == w.newest().room {
			w.begin(s, len(hash)-from)
		}
		b := w.newest()
		n := min(b.room-b.n, len(hash)-from)
		if err := b.put(s, keys, hash, rows, from, n); err != nil {
			return err
		}
		b.n += n
		w.rows += int64(n)
		from += n
	}
	return nil
}

func (w *waiting) newest() *waitingBlock { return &w.blocks[len(w.blocks)-1] }

// begin adds a block, for n rows or half as many as wait, of 2 MB at most.
func (w *waiting) begin(s *Generations, n int) {
	want := max(n, int(w.rows/2), 8) * w.width
	c := pool.ClassFor(min(want, pool.Class2M.Bytes()))
	w.blocks = append(w.blocks, waitingBlock{
		chunk: s.p.Alloc(s.o, c), class: c, room: c.Bytes() / w.width &^ 7,
		first: math.MaxInt64, last: math.MinInt64, heap: NewHeap(s.p, s.o),
	})
}

// put writes rows from one on behind those of the block.
func (b *waitingBlock) put(s *Generations, keys []*col.Vector, hash []uint64, rows *col.Batch, from, n int) error {
	w := &s.waiting
	out := unsafe.Slice((*uint32)(unsafe.Add(s.p.Addr(b.chunk), b.n*hashWidth)), n)
	s.p.Mark(unsafe.Pointer(&out[0]), uintptr(n*hashWidth))
	for i, h := range hash[from : from+n] {
		out[i] = tagOf(h)
	}
	for k := range w.keys {
		if err := b.putLane(s.p, &w.keys[k], keys[k], from, n); err != nil {
			return err
		}
	}
	for k := range w.payload {
		v := rows.Cols[k].StoredKind()
		s.proto.checkColumn(k, v, from+n)
		if err := b.putLane(s.p, &w.payload[k], v, from, n); err != nil {
			return err
		}
	}
	for _, t := range rows.Cols[s.time].I64[from : from+n] {
		b.first, b.last = min(b.first, t), max(b.last, t)
	}
	return nil
}

func (b *waitingBlock) putLane(p *pool.Pool, l *lane, v *col.Vector, from, n int) error {
	a := unsafe.Add(b.at(p, l), uintptr(b.n)*l.width)
	p.Mark(a, uintptr(n)*l.width)
	switch {
	case l.kind.IsView():
		return b.heap.copyLoose(unsafe.Slice((*col.Str)(a), n), v, from)
	case l.width == 1:
		d := unsafe.Slice((*bool)(a), n)
		for i := range d {
			d[i] = v.Bool(from + i)
		}
	default:
		size := uintptr(n) * l.width
		copy(unsafe.Slice((*byte)(a), size), unsafe.Slice((*byte)(unsafe.Add(lanes(v), uintptr(from)*l.width)), size))
	}
	return nil
}

// expireWaiting drops the blocks whose rows have all expired. Of one that a few rows of far times
// keep, these go into the table.
func (s *Generations) expireWaiting(before int64) {
	w, kept := &s.waiting, 0
	for i := range w.blocks {
		b := w.blocks[i]
		if b.last < before {
			w.drop(s, b)
			continue
		}
		if b.first < before {
			b.stale++
			if b.stale >= 8 && b.stale&(b.stale-1) == 0 && s.mostlyExpired(&b, before) {
				s.enter(&b, before)
				continue
			}
		}
		w.blocks[kept] = b
		kept++
	}
	clear(w.blocks[kept:])
	w.blocks = w.blocks[:kept]
}

func (s *Generations) mostlyExpired(b *waitingBlock, before int64) bool {
	live := 0
	for _, t := range unsafe.Slice((*int64)(b.at(s.p, &s.waiting.payload[s.time])), b.n) {
		if t >= before {
			live++
		}
	}
	return live < b.n/4
}

func (w *waiting) drop(s *Generations, b waitingBlock) {
	w.rows -= int64(b.n)
	s.p.Free(s.o, b.chunk)
	b.heap.Clear()
}

// bytes is the memory of the blocks.
func (w *waiting) bytes() (n int64) {
	for i := range w.blocks {
		n += int64(w.blocks[i].class.Bytes()) + w.blocks[i].heap.Bytes()
	}
	return n
}

func (s *Generations) clearWaiting() {
	for _, b := range s.waiting.blocks {
		s.waiting.drop(s, b)
	}
	s.waiting.blocks, s.waiting.credit = nil, 0
}
