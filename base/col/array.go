package col

import (
	"encoding/binary"
	"math"
)

// MaxDims is the most dimensions of an array, MaxElements the most elements.
const (
	MaxDims     = 6
	MaxElements = 134217727
)

// Shape is the dimensions of an array: how many, and of each the length and the subscript of
// its first element. No array with elements has a dimension without any, and one without
// elements has no dimensions. Two shapes that are the same compare equal: what is behind Dims
// is zero.
type Shape struct {
	Dims  int
	Len   [MaxDims]int32
	Lower [MaxDims]int32
}

// Flat is the shape of n elements in one dimension that begins at 1.
func Flat(n int) (s Shape) {
	if n > 0 {
		s.Dims, s.Len[0], s.Lower[0] = 1, int32(n), 1
	}
	return s
}

// Size is the number of elements; more than MaxElements where it is out of all bounds.
func (s *Shape) Size() int {
	if s.Dims == 0 {
		return 0
	}
	n := 1
	for _, l := range s.Len[:s.Dims] {
		if n *= int(l); n > MaxElements {
			return MaxElements + 1
		}
	}
	return n
}

// Array reads an array in its stored form, which is part of the formats, little-endian
// throughout:
//
//   - a byte for the number of dimensions, one that tells whether NULLs are among the
//     elements, two of zero;
//   - for each dimension its length and its lower bound, four bytes each;
//   - with NULLs a bit for each element, set where it is not NULL, in whole bytes;
//   - elements of fixed width: their lanes, zeros for NULLs, of the element type's kind. Of
//     variable width: for each where it ends in the bytes that follow them all, four bytes.
//
// Elements are of the element type without modifier (a numeric[] of any modifier has its
// elements as KindDec), and rows of a dimension follow each other. Two arrays are identical
// exactly when their bytes are. Reading does not panic, whatever the bytes are: those that
// are no array read as one without elements.
type Array struct {
	Shape
	N     int // elements
	kind  Kind
	valid []byte // nil: no NULLs
	fixed []byte // the lanes, or the ends of variable elements
	bytes []byte // of variable elements
}

// elementKind is the kind of a type's values as elements.
func elementKind(elem Type) Kind { return Type{elem.OID, -1}.Kind() }

// ArrayOf reads the array b, whose elements are of the type. It aliases b.
func ArrayOf(b []byte, elem Type) (a Array) {
	none := Array{kind: elementKind(elem)}
	if a = none; len(b) < 4 || b[0] > MaxDims {
		return none
	}
	a.Dims = int(b[0])
	nulls := b[1] != 0
	b = b[4:]
	if len(b) < 8*a.Dims {
		return none
	}
	for d := range a.Dims {
		a.Len[d] = int32(binary.LittleEndian.Uint32(b[8*d:]))
		a.Lower[d] = int32(binary.LittleEndian.Uint32(b[8*d+4:]))
		if a.Len[d] < 0 {
			return none
		}
	}
	b, a.N = b[8*a.Dims:], a.Size()
	if nulls {
		if len(b) < (a.N+7)/8 {
			return none
		}
		a.valid, b = b[:(a.N+7)/8], b[(a.N+7)/8:]
	}
	width := a.kind.Width()
	if a.kind.IsView() {
		width = 4
	}
	if len(b) < width*a.N {
		return none
	}
	a.fixed, a.bytes = b[:width*a.N], b[width*a.N:]
	return a
}

// Null reports whether element i, counted from 0, is NULL.
func (a *Array) Null(i int) bool { return a.valid != nil && a.valid[i>>3]>>(i&7)&1 == 0 }

// AnyNull reports whether an element is NULL.
func (a *Array) AnyNull() bool { return a.valid != nil }

// Bytes is element i of variable width; empty where it is NULL. It aliases the array.
func (a *Array) Bytes(i int) []byte {
	from := uint32(0)
	if i > 0 {
		from = binary.LittleEndian.Uint32(a.fixed[4*i-4:])
	}
	to := binary.LittleEndian.Uint32(a.fixed[4*i:])
	if from > to || int(to) > len(a.bytes) {
		return []byte{}
	}
	return a.bytes[from:to:to]
}

// AppendTo appends the elements from (counted from 0) up to another to v, of the element type
// and of the kind that it has without modifier.
func (a *Array) AppendTo(v *Vector, from, to int) {
	n := v.N
	if a.valid != nil {
		v.needValid()
	}
	v.Resize(n + to - from)
	le := binary.LittleEndian
	switch a.kind {
	case KindBit:
		for i := from; i < to; i++ {
			v.SetBool(n+i-from, a.fixed[i] != 0)
		}
	case KindI32:
		for i := from; i < to; i++ {
			v.I32[n+i-from] = int32(le.Uint32(a.fixed[4*i:]))
		}
	case KindI64:
		for i := from; i < to; i++ {
			v.I64[n+i-from] = int64(le.Uint64(a.fixed[8*i:]))
		}
	case KindF32:
		for i := from; i < to; i++ {
			v.F32[n+i-from] = math.Float32frombits(le.Uint32(a.fixed[4*i:]))
		}
	case KindF64:
		for i := from; i < to; i++ {
			v.F64[n+i-from] = math.Float64frombits(le.Uint64(a.fixed[8*i:]))
		}
	case KindIv, KindU128:
		for i := from; i < to; i++ {
			v.Wide[n+i-from] = [2]uint64{le.Uint64(a.fixed[16*i:]), le.Uint64(a.fixed[16*i+8:])}
		}
	default:
		for i := from; i < to; i++ {
			v.SetBytes(n+i-from, a.Bytes(i))
		}
	}
	if a.valid == nil {
		return
	}
	for i := from; i < to; i++ {
		if a.Null(i) {
			v.SetNull(n + i - from)
		}
	}
}

// AppendArray appends the stored form of the array of a shape whose elements stand in v from a
// position on, as many as the shape's size says.
func AppendArray(dst []byte, s *Shape, v *Vector, from int) []byte {
	n := s.Size()
	if n == 0 {
		return append(dst, 0, 0, 0, 0)
	}
	if v.Kind == KindD64 {
		v = v.ToDec()
	}
	nulls := false
	if v.Valid != nil {
		for i := from; i < from+n && !nulls; i++ {
			nulls = v.Null(i)
		}
	}
	dst = append(dst, byte(s.Dims), byte(b2u(nulls)), 0, 0)
	for d := range s.Dims {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(s.Len[d]))
		dst = binary.LittleEndian.AppendUint32(dst, uint32(s.Lower[d]))
	}
	if nulls {
		at := len(dst)
		dst = append(dst, make([]byte, (n+7)/8)...)
		for i := range n {
			if !v.Null(from + i) {
				dst[at+i>>3] |= 1 << (i & 7)
			}
		}
	}
	if v.Kind.IsView() {
		return appendViews(dst, v, from, n)
	}
	return appendLanes(dst, v, from, n)
}

func b2u(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

func appendViews(dst []byte, v *Vector, from, n int) []byte {
	end := uint32(0)
	for i := from; i < from+n; i++ {
		end += uint32(v.lenAt(i))
		dst = binary.LittleEndian.AppendUint32(dst, end)
	}
	for i := from; i < from+n; i++ {
		if !v.Null(i) {
			dst = append(dst, v.Bytes(i)...)
		}
	}
	return dst
}

func appendLanes(dst []byte, v *Vector, from, n int) []byte {
	le, width := binary.LittleEndian, v.Kind.Width()
	for i := from; i < from+n; i++ {
		if v.Null(i) {
			dst = append(dst, make([]byte, width)...)
			continue
		}
		switch v.Kind {
		case KindBit:
			dst = append(dst, byte(b2u(v.Bool(i))))
		case KindI32:
			dst = le.AppendUint32(dst, uint32(v.I32[i]))
		case KindI64:
			dst = le.AppendUint64(dst, uint64(v.I64[i]))
		case KindF32:
			dst = le.AppendUint32(dst, math.Float32bits(v.F32[i]))
		case KindF64:
			dst = le.AppendUint64(dst, math.Float64bits(v.F64[i]))
		default:
			dst = le.AppendUint64(le.AppendUint64(dst, v.Wide[i][0]), v.Wide[i][1])
		}
	}
	return dst
}
