package col

import (
	"encoding/binary"
	"math"

	"github.com/millracedb/millrace/base/pgerr"
)

// batchReader reads the encoded form; bad is set at the first byte that makes no sense.
type batchReader struct {
	b   []byte
	bad bool
}

func (r *batchReader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.bad = true
		return nil
	}
	p := r.b[:n]
	r.b = r.b[n:]
	return p
}

func (r *batchReader) uvarint(most uint64) int {
	x, n := binary.Uvarint(r.b)
	if n <= 0 || x > most {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return int(x)
}

func (r *batchReader) byte() byte {
	if p := r.take(1); p != nil {
		return p[0]
	}
	return 0
}

func readInts[T int32 | int64 | uint64](r *batchReader, n int) []T {
	var z T
	size := 8
	if _, ok := any(z).(int32); ok {
		size = 4
	}
	p := r.take(size * n)
	if p == nil {
		return nil
	}
	out := make([]T, n)
	for i := range out {
		if size == 4 {
			out[i] = T(int32(binary.LittleEndian.Uint32(p[4*i:])))
		} else {
			out[i] = T(binary.LittleEndian.Uint64(p[8*i:]))
		}
	}
	return out
}

// width reads the width of numbers, at most so many bytes.
func (r *batchReader) width(most int) int {
	w := int(r.byte())
	if w > most || w&(w-1) != 0 || w == 0 {
		r.bad = true
		return 1
	}
	return w
}

// readNarrow reads numbers that are counted from the least of them.
func readNarrow[T int32 | int64](r *batchReader, n int) []T {
	width := r.width(8)
	head := r.take(8)
	p := r.take(width * n)
	if r.bad {
		return nil
	}
	least := binary.LittleEndian.Uint64(head)
	out := make([]T, n)
	switch width {
	case 1:
		for i := range out {
			out[i] = T(least + uint64(p[i]))
		}
	case 2:
		for i := range out {
			out[i] = T(least + uint64(binary.LittleEndian.Uint16(p[2*i:])))
		}
	case 4:
		for i := range out {
			out[i] = T(least + uint64(binary.LittleEndian.Uint32(p[4*i:])))
		}
	default:
		for i := range out {
			out[i] = T(least + binary.LittleEndian.Uint64(p[8*i:]))
		}
	}
	return out
}

// mostRows bounds what a damaged record can make a reader allocate.
const mostRows = 1 << 28

// DecodeBatch reads a batch that AppendBatchTo wrote from the front of src and returns
// the rest. Long strings stay where they are in src, which the batch keeps. What cannot
// be a batch is an error, 22000; memory is bounded by the length of src.
func DecodeBatch(src []byte) (*Batch, []byte, error) {
	r := &batchReader{b: src}
	n := r.uvarint(mostRows)
	cols := r.uvarint(1 << 14)
	if cols > len(src) || n > 64*len(src) {
		r.bad = true
	}
	b := &Batch{N: n}
	for i := 0; i < cols && !r.bad; i++ {
		b.Cols = append(b.Cols, r.vector(n))
	}
	switch r.byte() {
	case 0:
	case 1:
		b.W = readInts[int64](r, n)
	default:
		r.bad = true
	}
	if r.bad {
		return nil, nil, pgerr.New(pgerr.DataException, "malformed batch")
	}
	return b, r.b, nil
}

func (r *batchReader) vector(n int) (v Vector) {
	head := r.take(10)
	if r.bad {
		return v
	}
	t := Type{OID(binary.LittleEndian.Uint32(head)), int32(binary.LittleEndian.Uint32(head[4:]))}
	k := Kind(head[8])
	if k != t.Kind() && !(k == KindD64 && t.OID == OIDNumeric) {
		r.bad = true
		return v
	}
	v.Type, v.Kind, v.Scale, v.N = t, k, int32(head[9]), n
	switch r.byte() {
	case 0:
	case 1:
		v.Valid = readInts[uint64](r, words(n))
	default:
		r.bad = true
	}
	switch k {
	case KindBit:
		v.Bits = readInts[uint64](r, words(n))
	case KindI32:
		v.I32 = readNarrow[int32](r, n)
	case KindI64, KindD64:
		v.I64 = readNarrow[int64](r, n)
	case KindF32:
		for _, x := range readInts[int32](r, n) {
			v.F32 = append(v.F32, math.Float32frombits(uint32(x)))
		}
	case KindF64:
		for _, x := range readInts[uint64](r, n) {
			v.F64 = append(v.F64, math.Float64frombits(x))
		}
	case KindIv, KindU128:
		flat := readInts[uint64](r, 2*n)
		for i := 0; i+1 < len(flat); i += 2 {
			v.Wide = append(v.Wide, [2]uint64{flat[i], flat[i+1]})
		}
	default:
		r.views(&v, n)
	}
	return v
}

func (r *batchReader) views(v *Vector, n int) {
	width := r.width(4)
	lens := r.take(width * n)
	if r.bad {
		return
	}
	total := 0
	for i := range n {
		total += lenOf(lens, i, width)
	}
	data := r.take(total)
	if r.bad {
		return
	}
	v.Str = make([]Str, n)
	v.Arenas = [][]byte{data}
	off := 0
	for i := range n {
		l := lenOf(lens, i, width)
		v.SetView(i, data[off:off+l], 0, uint32(off))
		off += l
	}
}

// lenOf is the i-th of lengths of a width.
func lenOf(p []byte, i, width int) int {
	switch width {
	case 1:
		return int(p[i])
	case 2:
		return int(binary.LittleEndian.Uint16(p[2*i:]))
	}
	return int(binary.LittleEndian.Uint32(p[4*i:]))
}
