package col

import "unsafe"

// laneAlign is what lanes that are lent are aligned to.
const laneAlign = 16

// LaneBytes is the memory that Lend takes for n values of a type, a multiple of 16.
func LaneBytes(t Type, n int) int {
	size := n * t.Kind().Width()
	if t.Kind() == KindBit {
		size = 8 * words(n)
	}
	return (size + laneAlign - 1) &^ (laneAlign - 1)
}

// Lend gives an empty vector of its type's usual kind room for n values at the front of
// mem, which is aligned to 16 bytes and may hold anything, and returns the rest of mem.
// The vector's lanes lie there until it grows beyond n values: it is good as long as mem.
func (v *Vector) Lend(mem []byte, n int) (rest []byte) {
	size := LaneBytes(v.Type, n)
	if size == 0 {
		return mem
	}
	at := unsafe.Pointer(unsafe.SliceData(mem[:size]))
	switch v.Kind {
	case KindBit:
		v.Bits = unsafe.Slice((*uint64)(at), words(n))[:0]
	case KindI32:
		v.I32 = unsafe.Slice((*int32)(at), n)[:0]
	case KindI64, KindD64:
		v.I64 = unsafe.Slice((*int64)(at), n)[:0]
	case KindF32:
		v.F32 = unsafe.Slice((*float32)(at), n)[:0]
	case KindF64:
		v.F64 = unsafe.Slice((*float64)(at), n)[:0]
	case KindIv, KindU128:
		v.Wide = unsafe.Slice((*[2]uint64)(at), n)[:0]
	default:
		v.Str = unsafe.Slice((*Str)(at), n)[:0]
	}
	return mem[size:]
}
