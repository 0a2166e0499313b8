package col

import (
	"fmt"
	"unsafe"
)

// InlineLen is the longest string that a view holds by itself.
const InlineLen = 12

// Str is a 16-byte view of a string. The low half of Lo is its length, the high half its
// first four bytes; up to 12 bytes lie in the view, zero-padded, so that two short
// strings are equal exactly when their views are. A longer one has in Hi the arena's
// number (high half) and the offset in it.
type Str struct{ Lo, Hi uint64 }

// Len is the string's length in bytes.
func (s Str) Len() int { return int(uint32(s.Lo)) }

// Ref is the arena number and offset of a string longer than InlineLen.
func (s Str) Ref() (arena, off uint32) { return uint32(s.Hi >> 32), uint32(s.Hi) }

// ShortStr is the view of a string of at most InlineLen bytes.
func ShortStr(b []byte) (s Str) {
	p := (*[16]byte)(unsafe.Pointer(&s))
	copy(p[4:], b)
	s.Lo = s.Lo&^0xffffffff | uint64(len(b))
	return s
}

// LongStr is the view of the bytes b that stand in an arena at an offset.
func LongStr(b []byte, arena, off uint32) Str {
	prefix := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24
	return Str{uint64(len(b)) | prefix<<32, uint64(arena)<<32 | uint64(off)}
}

// Vector is one column of values. One lane slice is in use, told by Kind; lanes of NULLs
// hold anything. A Vector handed to a function is read-only to it.
type Vector struct {
	Type  Type
	Kind  Kind
	Scale int32    // of KindD64 lanes
	N     int      // values
	Valid []uint64 // bit set: not NULL; nil: no NULLs
	Bits  []uint64
	I32   []int32
	I64   []int64 // also KindD64
	F32   []float32
	F64   []float64
	Wide  [][2]uint64
	Str   []Str
	// Arenas is what long views point into: a state's chunks, a received message, or
	// bytes that Append gathered. It is shared, never appended to in place.
	Arenas [][]byte

	own     []byte // the arena that Append fills; the last of Arenas when used
	ownNo   uint32
	ownUsed bool
	lent    *[]byte // first element of the arena table last gathered from, and its base
	lentN   int
	base    uint32
}

// NewVector returns an empty vector of the type's usual kind.
func NewVector(t Type) *Vector {
	v := &Vector{}
	v.Reset(t)
	return v
}

// Reset empties v and gives it the type in its usual kind; lanes keep their capacity.
func (v *Vector) Reset(t Type) { v.ResetKind(t, t.Kind(), t.Scale()) }

// ResetKind empties v and gives it a type, kind and scale.
func (v *Vector) ResetKind(t Type, k Kind, scale int32) {
	v.Type, v.Kind, v.Scale, v.N, v.Valid = t, k, scale, 0, nil
	v.Bits, v.I32, v.I64 = v.Bits[:0], v.I32[:0], v.I64[:0]
	v.F32, v.F64, v.Wide, v.Str = v.F32[:0], v.F64[:0], v.Wide[:0], v.Str[:0]
	v.Arenas, v.ownUsed, v.lent = nil, false, nil
	v.own = v.own[:0]
}

func extend[T any](s []T, n int) []T {
	if cap(s) >= n {
		return s[:n]
	}
	t := make([]T, n, max(n, 2*cap(s)))
	copy(t, s)
	return t
}

// Resize makes v n values long; new lanes hold anything, new values are not NULL.
func (v *Vector) Resize(n int) {
	switch v.Kind {
	case KindBit:
		v.Bits = extend(v.Bits, words(n))
	case KindI32:
		v.I32 = extend(v.I32, n)
	case KindI64, KindD64:
		v.I64 = extend(v.I64, n)
	case KindF32:
		v.F32 = extend(v.F32, n)
	case KindF64:
		v.F64 = extend(v.F64, n)
	case KindIv, KindU128:
		v.Wide = extend(v.Wide, n)
	case KindDec, KindStr, KindBin:
		v.Str = extend(v.Str, n)
	}
	if v.Valid != nil {
		v.Valid = extend(v.Valid, words(n))
		setBits(v.Valid, v.N, n)
	}
	v.N = n
}

// Null reports whether value i is NULL.
func (v *Vector) Null(i int) bool {
	return v.Valid != nil && v.Valid[i>>6]>>(i&63)&1 == 0
}

// Bool is value i of a KindBit vector.
func (v *Vector) Bool(i int) bool { return v.Bits[i>>6]>>(i&63)&1 != 0 }

// SetBool sets value i of a KindBit vector.
func (v *Vector) SetBool(i int, b bool) { putBit(v.Bits, i, b) }

// SetNull makes value i NULL.
func (v *Vector) SetNull(i int) {
	v.needValid()
	v.Valid[i>>6] &^= 1 << (i & 63)
}

// SetValid makes value i not NULL.
func (v *Vector) SetValid(i int) {
	if v.Valid != nil {
		v.Valid[i>>6] |= 1 << (i & 63)
	}
}

func (v *Vector) needValid() {
	if v.Valid == nil {
		v.Valid = make([]uint64, words(v.N), words(max(v.N, 64)))
		setBits(v.Valid, 0, v.N)
	}
}

// Bytes is the bytes of value i of a view kind. They lie in v or in an arena: valid as
// long as v is, read-only.
func (v *Vector) Bytes(i int) []byte {
	s := &v.Str[i]
	n := s.Len()
	if n <= InlineLen {
		return unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(s), 4)), n)
	}
	a, off := s.Ref()
	return v.Arenas[a][off : off+uint32(n) : off+uint32(n)]
}

// String is the text of value i of a view kind, sharing its bytes: valid as long as v is.
func (v *Vector) String(i int) string {
	b := v.Bytes(i)
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// Any reports whether some value is NULL.
func (v *Vector) AnyNull() bool {
	if v.Valid == nil {
		return false
	}
	return CountBits(v.Valid, v.N) != v.N
}

// NullVector returns n NULLs of the type.
func NullVector(t Type, n int) *Vector {
	v := NewVector(t)
	v.Resize(n)
	v.Valid = make([]uint64, words(n))
	v.clearLanes()
	return v
}

func (v *Vector) clearLanes() {
	clear(v.Bits)
	clear(v.I32)
	clear(v.I64)
	clear(v.F32)
	clear(v.F64)
	clear(v.Wide)
	clear(v.Str)
}

// Check panics when v breaks its own rules: for tests and invariants builds.
func (v *Vector) Check(n int) {
	lanes := map[Kind]int{KindBit: len(v.Bits) * 64, KindI32: len(v.I32), KindI64: len(v.I64), KindD64: len(v.I64), KindF32: len(v.F32),
		KindF64: len(v.F64), KindIv: len(v.Wide), KindU128: len(v.Wide), KindDec: len(v.Str), KindStr: len(v.Str), KindBin: len(v.Str)}[v.Kind]
	if v.N < n || lanes < n || v.Valid != nil && len(v.Valid)*64 < n {
		panic(fmt.Sprintf("col: %v vector of %d values has %d lanes, %d wanted", v.Type, v.N, lanes, n))
	}
	if v.Kind.IsView() {
		for i := range n {
			if !v.Null(i) {
				v.Bytes(i)
			}
		}
	}
}
