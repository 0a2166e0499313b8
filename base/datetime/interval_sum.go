package datetime

import (
	"math"
	"math/bits"

	"github.com/millracedb/millrace/base/pgerr"
)

// gathered is an interval while its fields are added up.
type gathered struct {
	micros              int64
	days, months, years int32
	overflow            bool
}

func (g *gathered) addMicros(v int64, frac float64, unit int64) {
	hi, lo := bits.Mul64(uint64(abs(v)), uint64(unit))
	if hi != 0 || lo > math.MaxInt64 || v == math.MinInt64 {
		g.overflow = true
		return
	}
	p := int64(lo)
	if v < 0 {
		p = -p
	}
	g.plusMicros(p)
	g.fraction(frac, unit)
}

func (g *gathered) plusMicros(p int64) {
	sum := g.micros + p
	if (sum > g.micros) != (p > 0) && p != 0 {
		g.overflow = true
		return
	}
	g.micros = sum
}

// fraction adds a fraction of a unit in whole microseconds.
func (g *gathered) fraction(f float64, unit int64) {
	if f == 0 {
		return
	}
	f *= float64(unit)
	us := int64(f)
	f -= float64(us)
	if f > 0.5 {
		us++
	} else if f < -0.5 {
		us--
	}
	g.plusMicros(us)
}

func (g *gathered) add32(field *int32, v, scale int64) {
	if v != int64(int32(v)) {
		g.overflow = true
		return
	}
	sum := int64(*field) + v*scale
	if v*scale != int64(int32(v*scale)) || sum != int64(int32(sum)) {
		g.overflow = true
		return
	}
	*field = int32(sum)
}

func (g *gathered) addDays(v int64, frac float64, scale int64) {
	g.add32(&g.days, v, scale)
	if frac != 0 {
		f := frac * float64(scale)
		whole := int64(f)
		g.add32(&g.days, whole, 1)
		g.fraction(f-float64(whole), Day)
	}
}

func (g *gathered) addMonths(v int64, frac float64) {
	g.add32(&g.months, v, 1)
	if frac != 0 {
		f := frac * 30
		whole := int64(f)
		g.add32(&g.days, whole, 1)
		g.fraction(f-float64(whole), Day)
	}
}

func (g *gathered) addYears(v int64, frac float64, scale int64) {
	g.add32(&g.years, v, scale)
	g.add32(&g.months, int64(math.RoundToEven(frac*float64(scale)*12)), 1)
}

func errIntervalRange() error {
	return pgerr.New(pgerr.DatetimeFieldOverflow, "interval out of range")
}
