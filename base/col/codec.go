package col

import (
	"encoding/binary"
	"math"

	"github.com/millracedb/millrace/base/pgerr"
)

// The encoded form of a batch, as the log keeps it: rows and columns, then each column
// by itself: type, modifier, kind, scale, validity, lanes; views as lengths and then
// bytes; last the weights. Little-endian throughout. Part of the log's format.

// AppendBatchTo appends the encoded form of a dense batch.
func AppendBatchTo(dst []byte, b *Batch) []byte {
	dst = binary.AppendUvarint(dst, uint64(b.N))
	dst = binary.AppendUvarint(dst, uint64(len(b.Cols)))
	for i := range b.Cols {
		dst = appendVector(dst, &b.Cols[i], b.N)
	}
	if b.W == nil {
		return append(dst, 0)
	}
	return appendInts(append(dst, 1), b.W[:b.N])
}

func appendVector(dst []byte, v *Vector, n int) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(v.Type.OID))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(v.Type.Mod))
	dst = append(dst, byte(v.Kind), byte(v.Scale))
	if v.Valid == nil {
		dst = append(dst, 0)
	} else {
		dst = appendInts(append(dst, 1), v.Valid[:words(n)])
	}
	switch v.Kind {
	case KindBit:
		return appendInts(dst, v.Bits[:words(n)])
	case KindI32:
		return appendInts(dst, v.I32[:n])
	case KindI64, KindD64:
		return appendInts(dst, v.I64[:n])
	case KindF32:
		for _, x := range v.F32[:n] {
			dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(x))
		}
		return dst
	case KindF64:
		for _, x := range v.F64[:n] {
			dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(x))
		}
		return dst
	case KindIv, KindU128:
		for _, x := range v.Wide[:n] {
			dst = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(dst, x[0]), x[1])
		}
		return dst
	}
	for i := range n {
		dst = binary.AppendUvarint(dst, uint64(v.lenAt(i)))
	}
	for i := range n {
		if v.lenAt(i) > 0 {
			dst = append(dst, v.Bytes(i)...)
		}
	}
	return dst
}

func (v *Vector) lenAt(i int) int {
	if v.Null(i) {
		return 0
	}
	return v.Str[i].Len()
}

func appendInts[T int32 | int64 | uint64](dst []byte, s []T) []byte {
	n := len(dst)
	var z T
	size := 8
	if _, ok := any(z).(int32); ok {
		size = 4
	}
	dst = append(dst, make([]byte, size*len(s))...)
	out := dst[n:]
	if size == 4 {
		for i, x := range s {
			binary.LittleEndian.PutUint32(out[4*i:], uint32(x))
		}
		return dst
	}
	for i, x := range s {
		binary.LittleEndian.PutUint64(out[8*i:], uint64(x))
	}
	return dst
}

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
		v.I32 = readInts[int32](r, n)
	case KindI64, KindD64:
		v.I64 = readInts[int64](r, n)
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
	if n > len(r.b) {
		r.bad = true
		return
	}
	lens := make([]int, n)
	total := 0
	for i := range lens {
		lens[i] = r.uvarint(mostRows)
		total += lens[i]
	}
	data := r.take(total)
	if r.bad {
		return
	}
	v.Str = make([]Str, n)
	v.Arenas = [][]byte{data}
	off := 0
	for i, l := range lens {
		v.SetView(i, data[off:off+l], 0, uint32(off))
		off += l
	}
}
