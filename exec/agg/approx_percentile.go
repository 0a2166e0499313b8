package agg

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/fn"
)

var _ = steady(aggregate("approx_percentile(float8, float8, float8) float8",
	"The value that a fraction of all is not behind, as percentile_disc finds it, to a relative error; the fraction and the error are constants. Rows are withdrawn exactly.",
	16, func(h Heap, _ bool) Kernel {
		return &percentileSketch{heap: h, dirty: map[unsafe.Pointer]map[int32]int64{}}
	}), 1, checkPercentile)

// steady says that the arguments from number first on must be constants, which check accepts.
func steady(a *Aggregate, first int, check func(args []*col.Vector) error) struct{} {
	a.Steady, a.Check = first, check
	return struct{}{}
}

// leastError bounds the number of buckets.
const leastError = 1e-4

func checkPercentile(args []*col.Vector) error {
	if _, _, err := fraction(args[:1], 0); err != nil {
		return err
	}
	if !args[1].Null(0) {
		if e := args[1].F64[0]; !(e >= leastError && e < 1) {
			return pgerr.New(pgerr.NumericValueOutOfRange, "relative error %g is not between %g and 1", e, leastError)
		}
	}
	return nil
}

// percentileSketch is approx_percentile: DDSketch (Masson, Rim and Lee 2019) without a bound of
// its buckets. Bucket i counts the values between γ^(i-1) and γ^i, where γ is
// (1 + error) / (1 - error), so that its middle is no further than the error from each. Counts
// are added and taken back exactly: the sketch depends on the rows that there are, not on those
// that were. An accumulator is fraction and error, then key and count of each bucket in order.
type percentileSketch struct {
	heap  Heap
	dirty map[unsafe.Pointer]map[int32]int64 // changes of counts by the call, by group
	p, e  float64
	buf   []byte
}

const (
	sketchHead  = 16
	sketchEntry = 12
	// The keys of buckets are in the order of their values: bucket i of positive values is
	// middleKey + i, of negative ones the same below zero.
	middleKey   = 1 << 29
	infinityKey = math.MaxInt32 - 1
	nanKey      = math.MaxInt32
)

func bucketOf(x, logGamma float64) int32 {
	switch {
	case x != x:
		return nanKey
	case x == 0:
		return 0
	case math.IsInf(x, 1):
		return infinityKey
	case math.IsInf(x, -1):
		return -infinityKey
	case x < 0:
		return -bucketOf(-x, logGamma)
	}
	return middleKey + int32(math.Ceil(math.Log(x)/logGamma))
}

func valueOf(key int32, e, logGamma float64) float64 {
	switch {
	case key == nanKey:
		return math.NaN()
	case key == 0:
		return 0
	case key == infinityKey:
		return math.Inf(1)
	case key == -infinityKey:
		return math.Inf(-1)
	case key < 0:
		return -valueOf(-key, e, logGamma)
	}
	// The middle, 2γ^i / (γ + 1), is γ^i (1 - e).
	return min(math.Exp(float64(key-middleKey)*logGamma)*(1-e), math.MaxFloat64)
}

// logGamma is the logarithm of γ.
func logGamma(e float64) float64 { return math.Log1p(e) - math.Log1p(-e) }

func (k *percentileSketch) Update(_ *fn.Ctx, at []unsafe.Pointer, off uintptr, args []*col.Vector, w []int64) {
	v, ps, es := args[0], args[1], args[2]
	var log float64
	for i, p := range at {
		if v.Null(i) || ps.Null(i) || es.Null(i) {
			continue
		}
		if log == 0 {
			k.p, k.e = ps.F64[i], es.F64[i]
			log = logGamma(k.e)
		}
		k.change(unsafe.Add(p, off), bucketOf(v.F64[i], log), weight(w, i))
	}
	k.store()
}

func (k *percentileSketch) change(s unsafe.Pointer, key int32, by int64) {
	d := k.dirty[s]
	if d == nil {
		d = map[int32]int64{}
		k.dirty[s] = d
	}
	d[key] += by
}

// buckets calls f for each bucket of a stored sketch, in order, until it returns false.
func buckets(b []byte, f func(key int32, count int64) bool) {
	for b = b[min(sketchHead, len(b)):]; len(b) > 0; b = b[sketchEntry:] {
		if !f(int32(binary.LittleEndian.Uint32(b)), int64(binary.LittleEndian.Uint64(b[4:]))) {
			return
		}
	}
}

// store writes the sketches that the call has changed. One without a count is no bytes.
func (k *percentileSketch) store() {
	for at, changes := range k.dirty {
		s := (*held)(at)
		buckets(bytesOf(k.heap, s), func(key int32, count int64) bool {
			changes[key] += count
			return true
		})
		k.buf = binary.LittleEndian.AppendUint64(k.buf[:0], math.Float64bits(k.p))
		k.buf = binary.LittleEndian.AppendUint64(k.buf, math.Float64bits(k.e))
		for _, key := range slices.Sorted(maps.Keys(changes)) {
			if n := changes[key]; n != 0 {
				k.buf = binary.LittleEndian.AppendUint32(k.buf, uint32(key))
				k.buf = binary.LittleEndian.AppendUint64(k.buf, uint64(n))
			}
		}
		if len(k.buf) == sketchHead {
			k.buf = k.buf[:0]
		}
		put(k.heap, s, k.buf)
	}
	clear(k.dirty)
}

func (k *percentileSketch) Result(_ *fn.Ctx, at []unsafe.Pointer, off uintptr, out *col.Vector) {
	for _, p := range at {
		b := bytesOf(k.heap, (*held)(unsafe.Add(p, off)))
		n := int64(0)
		buckets(b, func(_ int32, count int64) bool { n += count; return true })
		if n == 0 {
			out.AppendNull()
			continue
		}
		fraction, e := math.Float64frombits(binary.LittleEndian.Uint64(b)), math.Float64frombits(binary.LittleEndian.Uint64(b[8:]))
		behind := max(int64(math.Ceil(fraction*float64(n))), 1)
		buckets(b, func(key int32, count int64) bool {
			if behind -= count; behind <= 0 {
				out.AppendF64(valueOf(key, e, logGamma(e)))
			}
			return behind > 0
		})
	}
}

func (k *percentileSketch) Merge(into, from []unsafe.Pointer, off uintptr) {
	for i, p := range into {
		b := bytesOf(k.heap, (*held)(unsafe.Add(from[i], off)))
		if len(b) == 0 {
			continue
		}
		k.p, k.e = math.Float64frombits(binary.LittleEndian.Uint64(b)), math.Float64frombits(binary.LittleEndian.Uint64(b[8:]))
		buckets(b, func(key int32, count int64) bool {
			k.change(unsafe.Add(p, off), key, count)
			return true
		})
	}
	k.store()
}

func (k *percentileSketch) Release(at []unsafe.Pointer, off uintptr) {
	for _, p := range at {
		free(k.heap, *(*held)(unsafe.Add(p, off)))
	}
}
