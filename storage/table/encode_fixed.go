package table

import (
	"math"

	"github.com/millracedb/millrace/base/col"
)

// bitLanes is a column of bools.
type bitLanes []uint64

func (l bitLanes) get(i int) bool { return l[i>>6]>>(i&63)&1 != 0 }

func (l bitLanes) window(dst *col.Vector, lo, hi int)    { copy(dst.Bits, l[lo>>6:col.Words(hi)]) }
func (l bitLanes) take(dst *col.Vector, slot int)        { dst.AppendBool(l.get(slot)) }
func (l bitLanes) same(s int, v *col.Vector, i int) bool { return l.get(s) == v.Bool(i) }
func (l bitLanes) bytes() int64                          { return int64(len(l)) * 8 }

// wideLanes is a column of KindIv or KindU128, as it is.
type wideLanes [][2]uint64

func (l wideLanes) window(dst *col.Vector, lo, hi int)    { copy(dst.Wide, l[lo:hi]) }
func (l wideLanes) take(dst *col.Vector, slot int)        { dst.AppendWide(l[slot]) }
func (l wideLanes) same(s int, v *col.Vector, i int) bool { return l[s] == v.Wide[i] }
func (l wideLanes) bytes() int64                          { return int64(len(l)) * 16 }

// f32Lanes and f64Lanes are floats as they are.
type f32Lanes []float32

func (l f32Lanes) window(dst *col.Vector, lo, hi int) { copy(dst.F32, l[lo:hi]) }
func (l f32Lanes) take(dst *col.Vector, slot int)     { dst.AppendF32(l[slot]) }
func (l f32Lanes) same(s int, v *col.Vector, i int) bool {
	return math.Float32bits(l[s]) == math.Float32bits(v.F32[i])
}
func (l f32Lanes) bytes() int64 { return int64(len(l)) * 4 }

type f64Lanes []float64

func (l f64Lanes) window(dst *col.Vector, lo, hi int) { copy(dst.F64, l[lo:hi]) }
func (l f64Lanes) take(dst *col.Vector, slot int)     { dst.AppendF64(l[slot]) }
func (l f64Lanes) same(s int, v *col.Vector, i int) bool {
	return math.Float64bits(l[s]) == math.Float64bits(v.F64[i])
}
func (l f64Lanes) bytes() int64 { return int64(len(l)) * 8 }

// scaledLanes is doubles that are decimals of few digits, as integers of that scale.
type scaledLanes struct {
	*packed
	digits uint8
}

var powers = [...]float64{1, 10, 100, 1e3, 1e4, 1e5, 1e6}

func (l scaledLanes) at(i int) float64 { return float64(l.get(i)) / powers[l.digits] }

func (l scaledLanes) window(dst *col.Vector, lo, hi int) {
	var buf [packBlock]int64
	for at := lo; at < hi; {
		k := min(hi-at, packBlock)
		unpack(l.packed, buf[:k], at)
		out := dst.F64[at-lo : at-lo+k]
		d := powers[l.digits]
		for i, x := range buf[:k] {
			out[i] = float64(x) / d
		}
		at += k
	}
}

func (l scaledLanes) take(dst *col.Vector, slot int) { dst.AppendF64(l.at(slot)) }
func (l scaledLanes) same(s int, v *col.Vector, i int) bool {
	return math.Float64bits(l.at(s)) == math.Float64bits(v.F64[i])
}

// scaled brings doubles to integers of one scale; false: some value is not such a decimal.
func scaled(v []float64) (ints []int64, digits uint8, ok bool) {
	for _, x := range v {
		for !decimal(x, digits) {
			if digits++; int(digits) == len(powers) {
				return nil, 0, false
			}
		}
	}
	ints = make([]int64, len(v))
	for i, x := range v {
		if !decimal(x, digits) {
			return nil, 0, false
		}
		ints[i] = int64(math.Round(x * powers[digits]))
	}
	return ints, digits, true
}

func decimal(x float64, digits uint8) bool {
	y := math.Round(x * powers[digits])
	return math.Abs(y) < 1<<53 && math.Float64bits(y/powers[digits]) == math.Float64bits(x) && (y != 0 || !math.Signbit(y))
}

func floatLanes(v []float64) lanes {
	if ints, digits, ok := scaled(v); ok {
		if p := pack(ints); p.bytes() < int64(len(v))*6 {
			return scaledLanes{p, digits}
		}
	}
	return f64Lanes(append([]float64(nil), v...))
}
