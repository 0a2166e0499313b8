package agg

import (
	"math/bits"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
)

var _ = func() bool {
	for _, t := range []struct {
		name  string
		width int
	}{{"int2", 16}, {"int4", 32}, {"int8", 64}} {
		sig, size := "("+t.name+") "+t.name, 8+8*t.width
		aggregate("bit_and"+sig, "The bits that all values have.", size, func(Heap, bool) Kernel { return bitCounts{width: t.width, all: true} })
		aggregate("bit_or"+sig, "The bits that some value has.", size, func(Heap, bool) Kernel { return bitCounts{width: t.width} })
		aggregate("bit_xor"+sig, "The bits that an odd number of values have.", 16, func(Heap, bool) Kernel { return bitParity{} })
	}
	return true
}()

// bitCounts is bit_and and bit_or. The accumulator counts the values, and for each bit
// those that have it.
type bitCounts struct {
	fixed
	width int
	all   bool
}

func (k bitCounts) Update(_ *fn.Ctx, at []unsafe.Pointer, off uintptr, args []*col.Vector, w []int64) {
	v := args[0]
	for i, p := range at {
		x := weight(w, i)
		if v.Null(i) || x == 0 {
			continue
		}
		a := k.counts(p, off)
		a[0] += x
		for b := intBits(v, i, k.width); b != 0; b &= b - 1 {
			a[1+bits.TrailingZeros64(b)] += x
		}
	}
}

func (k bitCounts) counts(p unsafe.Pointer, off uintptr) []int64 {
	return unsafe.Slice((*int64)(unsafe.Add(p, off)), 1+k.width)
}

// intBits is the lowest bits of an integer.
func intBits(v *col.Vector, i, width int) uint64 {
	if v.Kind == col.KindI32 {
		return uint64(uint32(v.I32[i])) & (1<<width - 1)
	}
	return uint64(v.I64[i])
}

func setBits(c *fn.Ctx, out *col.Vector, i int, n int64, b uint64) {
	if n == 0 {
		c.SetNull(out, i)
		return
	}
	switch {
	case out.Type.Is(col.Int2):
		out.I32[i] = int32(int16(b))
	case out.Kind == col.KindI32:
		out.I32[i] = int32(b)
	default:
		out.I64[i] = int64(b)
	}
}

func (k bitCounts) Result(c *fn.Ctx, at []unsafe.Pointer, off uintptr, out *col.Vector) {
	out.Resize(len(at))
	for i, p := range at {
		a, b := k.counts(p, off), uint64(0)
		for j, n := range a[1:] {
			if k.all && n == a[0] || !k.all && n > 0 {
				b |= 1 << j
			}
		}
		setBits(c, out, i, a[0], b)
	}
}

func (k bitCounts) Merge(into, from []unsafe.Pointer, off uintptr) {
	for i, p := range into {
		a := k.counts(p, off)
		for j, n := range k.counts(from[i], off) {
			a[j] += n
		}
	}
}

// parity is the accumulator of bit_xor.
type parity struct {
	n    int64
	bits uint64
}

// bitParity is bit_xor.
type bitParity struct{ fixed }

func (bitParity) Update(_ *fn.Ctx, at []unsafe.Pointer, off uintptr, args []*col.Vector, w []int64) {
	v := args[0]
	for i, p := range at {
		if v.Null(i) {
			continue
		}
		a, x := (*parity)(unsafe.Add(p, off)), weight(w, i)
		a.n += x
		if x&1 != 0 {
			a.bits ^= intBits(v, i, 32)
		}
	}
}

func (bitParity) Result(c *fn.Ctx, at []unsafe.Pointer, off uintptr, out *col.Vector) {
	out.Resize(len(at))
	for i, p := range at {
		a := (*parity)(unsafe.Add(p, off))
		setBits(c, out, i, a.n, a.bits)
	}
}

func (bitParity) Merge(into, from []unsafe.Pointer, off uintptr) {
	for i, p := range into {
		a, b := (*parity)(unsafe.Add(p, off)), (*parity)(unsafe.Add(from[i], off))
		a.n += b.n
		a.bits ^= b.bits
	}
}
