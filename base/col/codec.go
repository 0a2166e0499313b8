package col

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// The encoded form of a batch, as the log keeps it: rows and columns, then each column
// by itself: type, modifier, kind, scale, validity, lanes; last the weights. Lanes of
// int32 and int64 are a width of 1, 2, 4 or 8 bytes, the least value in 8 bytes, and of
// each value what it is above that, in so many bytes; other lanes are as they are. Views
// are a width of 1, 2 or 4 bytes, each length in so many, and then all the bytes.
// Little-endian throughout. Part of the log's format.

// AppendBatchTo appends the encoded form of a dense batch.
func AppendBatchTo(dst []byte, b *Batch) []byte {
	e := encoder{dst: dst}
	e.batch(b)
	return e.dst
}

// EncodedSize is the bytes of the encoded form of a dense batch.
func EncodedSize(b *Batch) int64 {
	n := int64(uvarintLen(uint64(b.N)) + uvarintLen(uint64(len(b.Cols))) + 1 + 8*len(b.W))
	for i := range b.Cols {
		n += vectorSize(&b.Cols[i], b.N)
	}
	return n
}

// EncodeBatch hands the encoded form of a dense batch to put, piece by piece, so that
// memory does not grow with the batch. A piece is valid during the call; buf, which may
// be nil, is what pieces are made in, and is returned for the next call. An error of put
// ends the work.
func EncodeBatch(buf []byte, b *Batch, put func(piece []byte) error) ([]byte, error) {
	e := encoder{dst: buf[:0], put: put}
	e.batch(b)
	e.spill(1)
	return e.dst, e.err
}

const (
	pieceBytes = 64 << 10 // a piece is handed on at this size
	pieceLanes = 4096     // numbers written between two looks at the size
)

// encoder appends to dst; with put, dst is handed on and begun anew when it is full.
type encoder struct {
	dst []byte
	put func([]byte) error
	err error
}

// spill hands on what is there if it is at least so many bytes.
func (e *encoder) spill(least int) {
	if e.put == nil || len(e.dst) < least {
		return
	}
	if e.err == nil {
		e.err = e.put(e.dst)
	}
	e.dst = e.dst[:0]
}

func (e *encoder) batch(b *Batch) {
	e.dst = binary.AppendUvarint(e.dst, uint64(b.N))
	e.dst = binary.AppendUvarint(e.dst, uint64(len(b.Cols)))
	for i := range b.Cols {
		if e.err == nil {
			e.vector(&b.Cols[i], b.N)
		}
	}
	if b.W == nil {
		e.dst = append(e.dst, 0)
		return
	}
	e.dst = append(e.dst, 1)
	plainLanes(e, b.W[:b.N])
}

func (e *encoder) vector(v *Vector, n int) {
	e.dst = binary.LittleEndian.AppendUint32(e.dst, uint32(v.Type.OID))
	e.dst = binary.LittleEndian.AppendUint32(e.dst, uint32(v.Type.Mod))
	e.dst = append(e.dst, byte(v.Kind), byte(v.Scale))
	if v.Valid == nil {
		e.dst = append(e.dst, 0)
	} else {
		e.dst = append(e.dst, 1)
		plainLanes(e, v.Valid[:words(n)])
	}
	switch v.Kind {
	case KindBit:
		plainLanes(e, v.Bits[:words(n)])
	case KindI32:
		narrowLanes(e, v.I32[:n])
	case KindI64, KindD64:
		narrowLanes(e, v.I64[:n])
	case KindF32:
		plainLanes(e, v.F32[:n])
	case KindF64:
		plainLanes(e, v.F64[:n])
	case KindIv, KindU128:
		plainLanes(e, v.Wide[:n])
	default:
		e.views(v, n)
	}
}

// vectorSize is the bytes that vector appends.
func vectorSize(v *Vector, n int) int64 {
	size := int64(11)
	if v.Valid != nil {
		size += 8 * int64(words(n))
	}
	switch v.Kind {
	case KindBit:
		return size + 8*int64(words(n))
	case KindI32:
		_, width := span(v.I32[:n])
		return size + 9 + int64(width*n)
	case KindI64, KindD64:
		_, width := span(v.I64[:n])
		return size + 9 + int64(width*n)
	case KindF32:
		return size + 4*int64(n)
	case KindF64:
		return size + 8*int64(n)
	case KindIv, KindU128:
		return size + 16*int64(n)
	}
	total, width := v.lengths(n)
	return size + 1 + int64(width*n) + total
}

// lenAt is the length of a view, 0 where it is NULL.
func (v *Vector) lenAt(i int) int {
	if v.Null(i) {
		return 0
	}
	return v.Str[i].Len()
}

// lengths sums the lengths of n views, and says in how many bytes each fits.
func (v *Vector) lengths(n int) (total int64, width int) {
	most := 0
	if v.Valid == nil {
		for _, s := range v.Str[:n] {
			total += int64(s.Len())
			most = max(most, s.Len())
		}
	} else {
		for i := range n {
			total += int64(v.lenAt(i))
			most = max(most, v.lenAt(i))
		}
	}
	return total, min(widthOf(uint64(most)), 4)
}

func (e *encoder) views(v *Vector, n int) {
	_, width := v.lengths(n)
	e.dst = append(e.dst, byte(width))
	for i := range n {
		l := uint32(v.lenAt(i))
		switch width {
		case 1:
			e.dst = append(e.dst, byte(l))
		case 2:
			e.dst = binary.LittleEndian.AppendUint16(e.dst, uint16(l))
		default:
			e.dst = binary.LittleEndian.AppendUint32(e.dst, l)
		}
		if i%pieceLanes == 0 {
			e.spill(pieceBytes)
		}
	}
	for i := range n {
		l := v.lenAt(i)
		if l == 0 {
			continue
		}
		if len(e.dst)+l > pieceBytes {
			e.spill(1)
		}
		e.dst = append(e.dst, v.Bytes(i)...)
	}
}

// plainLanes appends lanes as they are.
func plainLanes[T int64 | uint64 | float32 | float64 | [2]uint64](e *encoder, s []T) {
	var z T
	size := int(unsafe.Sizeof(z))
	for len(s) > 0 {
		part := s[:min(len(s), pieceLanes)]
		if nativeLittle {
			e.dst = append(e.dst, unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(part))), size*len(part))...)
		} else {
			e.dst, _ = binary.Append(e.dst, binary.LittleEndian, part) // these types have a size: it cannot fail
		}
		s = s[len(part):]
		e.spill(pieceBytes)
	}
}

// nativeLittle: numbers lie in memory as they are encoded.
var nativeLittle = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// span is the least of the values, and in how many bytes each fits that is counted from it.
func span[T int32 | int64](s []T) (least int64, width int) {
	if len(s) == 0 {
		return 0, 1
	}
	lo, hi := s[0], s[0]
	for _, x := range s {
		lo, hi = min(lo, x), max(hi, x)
	}
	return int64(lo), widthOf(uint64(int64(hi)) - uint64(int64(lo)))
}

// widthOf is the bytes, 1, 2, 4 or 8, in which x fits.
func widthOf(x uint64) int {
	switch {
	case x <= math.MaxUint8:
		return 1
	case x <= math.MaxUint16:
		return 2
	case x <= math.MaxUint32:
		return 4
	}
	return 8
}

// narrowLanes appends numbers as what they are above the least.
func narrowLanes[T int32 | int64](e *encoder, s []T) {
	least, width := span(s)
	e.dst = binary.LittleEndian.AppendUint64(append(e.dst, byte(width)), uint64(least))
	for len(s) > 0 {
		part := s[:min(len(s), pieceLanes)]
		at := len(e.dst)
		e.dst = append(e.dst, make([]byte, width*len(part))...)
		narrow(e.dst[at:], part, uint64(least), width)
		s = s[len(part):]
		e.spill(pieceBytes)
	}
}

func narrow[T int32 | int64](out []byte, s []T, least uint64, width int) {
	switch width {
	case 1:
		for i, x := range s {
			out[i] = byte(uint64(int64(x)) - least)
		}
	case 2:
		for i, x := range s {
			binary.LittleEndian.PutUint16(out[2*i:], uint16(uint64(int64(x))-least))
		}
	case 4:
		for i, x := range s {
			binary.LittleEndian.PutUint32(out[4*i:], uint32(uint64(int64(x))-least))
		}
	default:
		for i, x := range s {
			binary.LittleEndian.PutUint64(out[8*i:], uint64(int64(x))-least)
		}
	}
}

func uvarintLen(x uint64) int {
	n := 1
	for ; x >= 0x80; x >>= 7 {
		n++
	}
	return n
}
