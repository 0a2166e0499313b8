package table

import (
	"math"
	"sync/atomic"

	"github.com/millracedb/millrace/base/col"
)

// arenaChunk is the usual size of a chunk of an open segment's strings, maxArena the bytes
// of strings after which a segment is closed, however few its rows.
const (
	arenaChunk = 256 << 10
	maxArena   = 64 << 20
)

// plain is a column of an open segment: lanes of the segment's capacity that are only
// appended to. Words that rows share, validity and bools, are written atomically.
type plain struct {
	typ      col.Type
	kind     col.Kind
	scale    int32
	capacity int
	valid    atomic.Pointer[[]uint64]
	bits     []uint64
	i32      []int32
	i64      []int64
	f32      []float32
	f64      []float64
	wide     [][2]uint64
	str      []col.Str
	arenas   atomic.Pointer[[][]byte]
	cur      []byte // the chunk being filled; of the writer
	held     int64  // bytes of all chunks; of the writer
	size     atomic.Int64
}

func newPlain(t col.Type, capacity int) *plain {
	p := &plain{typ: t, kind: t.Kind(), scale: t.Scale(), capacity: capacity}
	switch p.kind {
	case col.KindBit:
		p.bits = make([]uint64, col.Words(capacity))
	case col.KindI32:
		p.i32 = make([]int32, capacity)
	case col.KindI64, col.KindD64:
		p.i64 = make([]int64, capacity)
	case col.KindF32:
		p.f32 = make([]float32, capacity)
	case col.KindF64:
		p.f64 = make([]float64, capacity)
	case col.KindIv, col.KindU128:
		p.wide = make([][2]uint64, capacity)
	default:
		p.str = make([]col.Str, capacity)
	}
	return p
}

func (p *plain) zone() *zone { return nil }

func (p *plain) profile() *profile { return nil }

func (p *plain) bytes() int64 { return int64(p.capacity*p.kind.Width()) + p.size.Load() }

func setBit(w []uint64, i int) {
	atomic.StoreUint64(&w[i>>6], w[i>>6]|1<<(i&63))
}

// nullAt marks a new row NULL; rows of the lane that were not marked are valid.
func (p *plain) nullAt(slot int) {
	w := p.valid.Load()
	if w == nil {
		n := make([]uint64, col.Words(p.capacity))
		for i := range n {
			n[i] = math.MaxUint64
		}
		w = &n
		p.valid.Store(w)
	}
	atomic.StoreUint64(&(*w)[slot>>6], (*w)[slot>>6]&^(1<<(slot&63)))
}

func (p *plain) null(slot int) bool {
	w := p.valid.Load()
	return w != nil && atomic.LoadUint64(&(*w)[slot>>6])>>(slot&63)&1 == 0
}

func copyLane[T any](dst, src []T, idx []uint32) {
	dst = dst[:len(idx)]
	for i, x := range idx {
		dst[i] = src[x]
	}
}

// picked are rows of a vector: those at idx, or, without it, n from lo on.
type picked struct {
	idx   []uint32
	lo, n int
}

// pick picks the rows at idx, which are mostly neighbours.
func pick(idx []uint32) picked {
	for i, x := range idx {
		if x != idx[0]+uint32(i) {
			return picked{idx: idx, n: len(idx)}
		}
	}
	return picked{lo: int(idx[0]), n: len(idx)}
}

func (r picked) at(i int) int {
	if r.idx != nil {
		return int(r.idx[i])
	}
	return r.lo + i
}

// put writes rows of v to the slots from at on.
func (p *plain) put(at int, v *col.Vector, r picked) {
	p.putLane(at, v, r)
	if v.Valid == nil {
		return
	}
	for i := range r.n {
		if v.Null(r.at(i)) {
			p.nullAt(at + i)
		}
	}
}

func laneOf[T any](dst []T, at int, src []T, r picked) {
	if r.idx == nil {
		copy(dst[at:at+r.n], src[r.lo:r.lo+r.n])
		return
	}
	copyLane(dst[at:], src, r.idx)
}

func (p *plain) putLane(at int, v *col.Vector, r picked) {
	switch p.kind {
	case col.KindBit:
		for i := range r.n {
			if v.Bool(r.at(i)) {
				setBit(p.bits, at+i)
			}
		}
	case col.KindI32:
		laneOf(p.i32, at, v.I32, r)
	case col.KindI64, col.KindD64:
		laneOf(p.i64, at, v.I64, r)
	case col.KindF32:
		laneOf(p.f32, at, v.F32, r)
	case col.KindF64:
		laneOf(p.f64, at, v.F64, r)
	case col.KindIv, col.KindU128:
		laneOf(p.wide, at, v.Wide, r)
	default:
		laneOf(p.str, at, v.Str, r)
		p.putStrings(at, v, r)
	}
}

// putStrings copies the long strings of the views just written into the arena.
func (p *plain) putStrings(at int, v *col.Vector, r picked) {
	dst := p.str[at : at+r.n]
	for i := range dst {
		l := dst[i].Len()
		if l <= col.InlineLen {
			continue
		}
		pos := r.at(i)
		if v.Valid != nil && v.Null(pos) {
			dst[i] = col.Str{}
			continue
		}
		dst[i].Hi = p.hold(v.Bytes(pos))
	}
}

// hold copies bytes into the arena and returns the high half of their view.
func (p *plain) hold(b []byte) uint64 {
	if len(p.cur)+len(b) > cap(p.cur) {
		p.chunk(len(b))
	}
	off := len(p.cur)
	p.cur = append(p.cur, b...)
	return uint64(len(*p.arenas.Load())-1)<<32 | uint64(off)
}

// chunk begins a new chunk of the arena; chunks double from a page to their usual size.
func (p *plain) chunk(need int) {
	size := max(need, min(arenaChunk, max(1024, 2*cap(p.cur))))
	p.cur = make([]byte, 0, size)
	p.held += int64(size)
	p.size.Store(p.held)
	var t [][]byte
	if old := p.arenas.Load(); old != nil {
		t = *old
	}
	t = append(t[:len(t):len(t)], p.cur[:size])
	p.arenas.Store(&t)
}

// lanes is the column as a vector from lo to hi without validity.
func (p *plain) lanes(lo, hi int) col.Vector {
	v := col.Vector{Type: p.typ, Kind: p.kind, Scale: p.scale, N: hi - lo}
	switch p.kind {
	case col.KindI32:
		v.I32 = p.i32[lo:hi:hi]
	case col.KindI64, col.KindD64:
		v.I64 = p.i64[lo:hi:hi]
	case col.KindF32:
		v.F32 = p.f32[lo:hi:hi]
	case col.KindF64:
		v.F64 = p.f64[lo:hi:hi]
	case col.KindIv, col.KindU128:
		v.Wide = p.wide[lo:hi:hi]
	case col.KindBit:
	default:
		v.Str = p.str[lo:hi:hi]
		if a := p.arenas.Load(); a != nil {
			v.Arenas = *a
		}
	}
	return v
}

// loadWords copies words that the writer may be changing for other rows.
func loadWords(w []uint64, lo, hi int) []uint64 {
	out := make([]uint64, col.Words(hi-lo))
	for i := range out {
		out[i] = atomic.LoadUint64(&w[lo>>6+i])
	}
	return out
}

func (p *plain) window(_ *col.Vector, lo, hi int) col.Vector {
	v := p.lanes(lo, hi)
	if p.kind == col.KindBit {
		v.Bits = loadWords(p.bits, lo, hi)
	}
	if w := p.valid.Load(); w != nil {
		v.Valid = loadWords(*w, lo, hi)
	}
	return v
}

func (p *plain) bool(slot int) bool {
	return atomic.LoadUint64(&p.bits[slot>>6])>>(slot&63)&1 != 0
}

func (p *plain) take(dst *col.Vector, slots []uint32) {
	src := p.lanes(0, p.capacity)
	hasNull := p.valid.Load() != nil
	for _, x := range slots {
		i := int(x)
		switch {
		case hasNull && p.null(i):
			dst.AppendNull()
		case p.kind == col.KindBit:
			dst.AppendBool(p.bool(i))
		default:
			dst.AppendFrom(&src, i)
		}
	}
}

func (p *plain) same(slot int, v *col.Vector, i int) bool {
	if a, b := p.null(slot), v.Null(i); a || b {
		return a && b
	}
	switch p.kind {
	case col.KindBit:
		return p.bool(slot) == v.Bool(i)
	case col.KindI32:
		return p.i32[slot] == v.I32[i]
	case col.KindI64, col.KindD64:
		return p.i64[slot] == v.I64[i]
	case col.KindF32:
		return math.Float32bits(p.f32[slot]) == math.Float32bits(v.F32[i])
	case col.KindF64:
		return math.Float64bits(p.f64[slot]) == math.Float64bits(v.F64[i])
	case col.KindIv, col.KindU128:
		return p.wide[slot] == v.Wide[i]
	}
	return p.sameString(slot, v, i)
}

func (p *plain) differs(slots []uint32, v *col.Vector, rows []uint32, from int) int {
	if p.valid.Load() == nil && v.Valid == nil {
		switch p.kind {
		case col.KindI32:
			return laneDiffers(p.i32, slots, v.I32, rows, from)
		case col.KindI64, col.KindD64:
			return laneDiffers(p.i64, slots, v.I64, rows, from)
		case col.KindIv, col.KindU128:
			return laneDiffers(p.wide, slots, v.Wide, rows, from)
		}
		if p.str != nil {
			return p.stringsDiffer(slots, v, rows, from)
		}
	}
	return eachDiffers(p, slots, v, rows, from)
}

func laneDiffers[T comparable](a []T, slots []uint32, b []T, rows []uint32, from int) int {
	rows = rows[:len(slots)]
	for i := from; i < len(slots); i++ {
		if a[slots[i]] != b[rows[i]] {
			return i
		}
	}
	return -1
}

func (p *plain) stringsDiffer(slots []uint32, v *col.Vector, rows []uint32, from int) int {
	rows = rows[:len(slots)]
	for i := from; i < len(slots); i++ {
		x := p.str[slots[i]]
		if x == v.Str[rows[i]] && x.Len() <= col.InlineLen {
			continue
		}
		if !p.sameString(int(slots[i]), v, int(rows[i])) {
			return i
		}
	}
	return -1
}

func eachDiffers(c column, slots []uint32, v *col.Vector, rows []uint32, from int) int {
	for i := from; i < len(slots); i++ {
		if !c.same(int(slots[i]), v, int(rows[i])) {
			return i
		}
	}
	return -1
}

func (p *plain) sameString(slot int, v *col.Vector, i int) bool {
	x, y := p.str[slot], v.Str[i]
	if x.Lo != y.Lo {
		return false
	}
	if x.Len() <= col.InlineLen {
		return x.Hi == y.Hi
	}
	a, off := x.Ref()
	arena := (*p.arenas.Load())[a]
	return string(arena[off:int(off)+x.Len()]) == string(v.Bytes(i))
}
