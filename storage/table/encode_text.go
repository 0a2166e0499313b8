package table

import (
	"slices"
	"sync"
	"unsafe"

	"github.com/klauspost/compress/s2"

	"github.com/millracedb/millrace/base/col"
)

func viewOf(b []byte, arena, off uint32) col.Str {
	if len(b) <= col.InlineLen {
		return col.ShortStr(b)
	}
	return col.LongStr(b, arena, off)
}

// viewBytes is the bytes of a view into one arena; they are valid as long as s is.
func viewBytes(s *col.Str, arena []byte) []byte {
	n := s.Len()
	if n <= col.InlineLen {
		return unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(s), 4)), n)
	}
	_, off := s.Ref()
	return arena[off : int(off)+n]
}

// textLanes is strings one after the other, in blocks of equally many rows that are
// compressed where that pays.
type textLanes struct {
	n      int
	shift  uint8    // a block has 1 << shift rows
	ends   *packed  // where each string ends, counted from the first of all
	starts []uint64 // where each block begins in data, and where the last ends
	data   []byte
}

func newText(v *col.Vector, target int, keep float64) *textLanes {
	ends := make([]int64, v.N)
	total := int64(0)
	for i, x := range v.Str[:v.N] {
		total += int64(x.Len())
		ends[i] = total
	}
	l := &textLanes{n: v.N, ends: pack(ends)}
	for l.shift < 12 && total<<(l.shift+1) <= int64(target)*int64(max(v.N, 1)) {
		l.shift++
	}
	if total > 0 && l.pays(v, keep) {
		l.fill(v, total, true)
		if float64(len(l.data)) <= keep*float64(total) {
			return l
		}
	}
	l.fill(v, total, false)
	return l
}

// pays reports whether some blocks from all over v compress nearly to what is worth keeping.
func (l *textLanes) pays(v *col.Vector, keep float64) bool {
	const tried = 8
	var block, enc []byte
	before, after := 0, 0
	blocks := (l.n + 1<<l.shift - 1) >> l.shift
	for k := range min(tried, blocks) {
		block = l.gather(block[:0], v, k*blocks/min(tried, blocks))
		enc = s2.Encode(enc[:cap(enc)], block)
		before, after = before+len(block), after+len(enc)
	}
	return float64(after) <= 1.1*keep*float64(before)
}

// gather appends the strings of a block.
func (l *textLanes) gather(dst []byte, v *col.Vector, block int) []byte {
	for i := block << l.shift; i < min(l.n, (block+1)<<l.shift); i++ {
		dst = append(dst, v.Bytes(i)...)
	}
	return dst
}

// fill writes the blocks of strings that have so many bytes.
func (l *textLanes) fill(v *col.Vector, total int64, compress bool) {
	l.starts, l.data = nil, nil
	if !compress {
		l.data = make([]byte, 0, total)
	}
	var block, enc []byte
	for b := range (l.n + 1<<l.shift - 1) >> l.shift {
		l.starts = append(l.starts, uint64(len(l.data)))
		if !compress {
			l.data = l.gather(l.data, v, b)
			continue
		}
		block = l.gather(block[:0], v, b)
		if enc = s2.Encode(enc[:cap(enc)], block); len(enc) < len(block) {
			l.data = append(l.data, enc...)
		} else {
			l.data = append(l.data, block...)
		}
	}
	l.starts = append(l.starts, uint64(len(l.data)))
	if cap(l.data)-len(l.data) > len(l.data)/16 {
		l.data = slices.Clone(l.data)
	}
}

// edge is where string i begins.
func (l *textLanes) edge(i int) int64 {
	if i == 0 {
		return 0
	}
	return l.ends.get(i - 1)
}

// block is the bytes of a block: in dst's memory when they must be decoded. A block that
// does not decode, which its checksum excludes, is zeros.
func (l *textLanes) block(dst []byte, b int) []byte {
	n := int(l.edge(min(l.n, (b+1)<<l.shift)) - l.edge(b<<l.shift))
	src := l.data[l.starts[b]:l.starts[b+1]]
	if len(src) == n {
		return src
	}
	if cap(dst) < n {
		dst = make([]byte, n)
	}
	out, err := s2.Decode(dst[:n], src)
	if err != nil || len(out) != n {
		return make([]byte, n)
	}
	return out
}

func (l *textLanes) window(dst *col.Vector, lo, hi int) {
	dst.Arenas = nil
	for at := lo; at < hi; {
		b := at >> l.shift
		end := min(hi, (b+1)<<l.shift)
		bytes := l.block(nil, b)
		base := l.edge(b << l.shift)
		from := l.edge(at) - base
		for ; at < end; at++ {
			to := l.ends.get(at) - base
			dst.Str[at-lo] = viewOf(bytes[from:to], uint32(len(dst.Arenas)), uint32(from))
			from = to
		}
		dst.Arenas = append(dst.Arenas, bytes)
	}
}

var blockPool = sync.Pool{New: func() any { b := make([]byte, 0, 32<<10); return &b }}

func (l *textLanes) take(dst *col.Vector, slot int) {
	at := [1]uint32{uint32(slot)}
	l.takeAll(dst, at[:], nil)
}

// takeAll appends the strings at slots, NULL where the validity says so, and decodes a block once
// for neighbours in slots that share it.
func (l *textLanes) takeAll(dst *col.Vector, slots []uint32, valid []uint64) {
	buf := blockPool.Get().(*[]byte)
	var bytes []byte
	last, base := -1, int64(0)
	for _, x := range slots {
		i := int(x)
		if valid != nil && valid[i>>6]>>(i&63)&1 == 0 {
			dst.AppendNull()
			continue
		}
		if b := i >> l.shift; b != last {
			bytes, last, base = l.block((*buf)[:0], b), b, l.edge(b<<l.shift)
		}
		dst.AppendBytes(bytes[l.edge(i)-base : l.ends.get(i)-base])
	}
	blockPool.Put(buf)
}

func (l *textLanes) same(slot int, v *col.Vector, i int) bool {
	if int(l.ends.get(slot)-l.edge(slot)) != v.Str[i].Len() {
		return false
	}
	buf := blockPool.Get().(*[]byte)
	b := slot >> l.shift
	bytes := l.block((*buf)[:0], b)
	base := l.edge(b << l.shift)
	same := string(bytes[l.edge(slot)-base:l.ends.get(slot)-base]) == string(v.Bytes(i))
	blockPool.Put(buf)
	return same
}

func (l *textLanes) bytes() int64 {
	return l.ends.bytes() + int64(len(l.starts))*8 + int64(len(l.data))
}
