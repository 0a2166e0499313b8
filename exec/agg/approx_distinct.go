package agg

import (
	"encoding/binary"
	"math"
	"slices"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/sketch"
	"github.com/millracedb/millrace/exec/fn"
)

var _ = grows(aggregate("approx_count_distinct(any) int8",
	"About how many different values there are that are not NULL: within 1.6 % in two cases of three, in at most 4 KB. It cannot forget a value, so a view needs rows that never go.",
	16, func(h Heap, _ bool) Kernel { return &distinctSketch{heap: h, dirty: map[unsafe.Pointer]*registers{}} }))

// grows marks an aggregate that cannot take a row back.
func grows(a *Aggregate) struct{} {
	a.Grows = true
	return struct{}{}
}

// HyperLogLog (Flajolet et al. 2007) with 4,096 registers of one byte: 12 bits of a value's hash
// choose the register, which keeps the greatest place of the first one bit in the others. While
// less than sparseMost registers are set they are kept as a sorted list. The sketch is the same
// for the same set of values, in whatever order and batches they come.
const (
	sketchBits = 12
	sketchSize = 1 << sketchBits
	sparseMost = 256 // entries of 4 bytes: register << 8 | value
)

// sketchSeed is part of the format: sketches of all workers and all runs meet.
var sketchSeed = col.Seed{0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f}

type registers [sketchSize]uint8

// distinctSketch is approx_count_distinct.
type distinctSketch struct {
	heap  Heap
	hash  []uint64
	dirty map[unsafe.Pointer]*registers // changed by the call, by group
	free  []*registers
	buf   []byte
}

func (k *distinctSketch) Update(_ *fn.Ctx, at []unsafe.Pointer, off uintptr, args []*col.Vector, _ []int64) {
	v := col.CanonicalOf(args[0])
	k.hash = slices.Grow(k.hash[:0], len(at))[:len(at)]
	sketchSeed.Keys(k.hash, []*col.Vector{v})
	for i, p := range at {
		if !v.Null(i) {
			register, rank := sketch.Place(k.hash[i], sketchBits)
			k.raise((*held)(unsafe.Add(p, off)), register, rank)
		}
	}
	k.store()
}

// raise sets a register of an accumulator to a value, unless it is as great already.
func (k *distinctSketch) raise(s *held, register uint64, value uint8) {
	d := k.dirty[unsafe.Pointer(s)]
	if d == nil {
		if registerOf(bytesOf(k.heap, s), register) >= value {
			return
		}
		d = k.load(s)
		k.dirty[unsafe.Pointer(s)] = d
	}
	d[register] = max(d[register], value)
}

// registerOf is the value of one register of a stored sketch.
func registerOf(b []byte, register uint64) uint8 {
	if len(b) == sketchSize {
		return b[register]
	}
	n := len(b) / 4
	low, high := 0, n
	for low < high {
		mid := int(uint(low+high) / 2)
		if e := binary.LittleEndian.Uint32(b[4*mid:]); uint64(e>>8) < register {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low < n {
		if e := binary.LittleEndian.Uint32(b[4*low:]); uint64(e>>8) == register {
			return uint8(e)
		}
	}
	return 0
}

// load unpacks a stored sketch.
func (k *distinctSketch) load(s *held) *registers {
	d := &registers{}
	if n := len(k.free); n > 0 {
		d, k.free = k.free[n-1], k.free[:n-1]
		clear(d[:])
	}
	b := bytesOf(k.heap, s)
	if len(b) == sketchSize {
		copy(d[:], b)
		return d
	}
	for ; len(b) > 0; b = b[4:] {
		e := binary.LittleEndian.Uint32(b)
		d[e>>8] = uint8(e)
	}
	return d
}

// store packs the sketches that the call has changed.
func (k *distinctSketch) store() {
	for s, d := range k.dirty {
		k.buf = k.buf[:0]
		for r, value := range d {
			if value == 0 {
				continue
			}
			if len(k.buf) == 4*sparseMost {
				k.buf = append(k.buf[:0], d[:]...)
				break
			}
			k.buf = binary.LittleEndian.AppendUint32(k.buf, uint32(r)<<8|uint32(value))
		}
		put(k.heap, (*held)(s), k.buf)
		k.free = append(k.free, d)
	}
	clear(k.dirty)
}

func (k *distinctSketch) Result(_ *fn.Ctx, at []unsafe.Pointer, off uintptr, out *col.Vector) {
	out.Resize(len(at))
	for i, p := range at {
		d := k.load((*held)(unsafe.Add(p, off)))
		out.I64[i] = int64(math.Round(sketch.Estimate(d[:])))
		k.free = append(k.free, d)
	}
}

func (k *distinctSketch) Merge(into, from []unsafe.Pointer, off uintptr) {
	for i, p := range into {
		d := k.load((*held)(unsafe.Add(from[i], off)))
		for r, value := range d {
			if value > 0 {
				k.raise((*held)(unsafe.Add(p, off)), uint64(r), value)
			}
		}
		k.free = append(k.free, d)
	}
	k.store()
}

func (k *distinctSketch) Release(at []unsafe.Pointer, off uintptr) {
	for _, p := range at {
		free(k.heap, *(*held)(unsafe.Add(p, off)))
	}
}
