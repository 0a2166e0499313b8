package fn

import (
	"math"

	"github.com/millracedb/millrace/base/col"
)

// The transitions of variances and regressions over float8, which go from value to value by the
// method of Youngs and Cramer ("Some Results Relevant to Choice of Sum and Sum-of-Product
// Algorithms", 1971), as PostgreSQL's do.
var (
	_ = scalar("float8_accum(_float8, float8) _float8", "The state of variances, a number of values, their sum and the squares about their mean, and a further value.",
		floatState(3, func(s []float64, x []float64) ([]float64, error) { return spreadWith(s, x[0]) }), Fallible)
	_ = scalar("float8_combine(_float8, _float8) _float8", "Two states of variances together.", combineFloats(3, spreadTogether), Fallible)
	_ = scalar("float8_regr_accum(_float8, float8, float8) _float8", "The state of regressions and a further pair.",
		floatState(6, func(s []float64, x []float64) ([]float64, error) { return pairsWith(s, x[0], x[1]) }), Fallible)
	_ = scalar("float8_regr_combine(_float8, _float8) _float8", "Two states of regressions together.", combineFloats(6, pairsTogether), Fallible)

	_ = scalar("float8_avg(_float8) float8", "The mean that a state of variances tells.", ofSpread(1, func(s []float64) float64 { return s[1] / s[0] }), Fallible)
	_ = scalar("float8_var_pop(_float8) float8", "The variance of a population that a state tells.", ofSpread(1, func(s []float64) float64 { return s[2] / s[0] }), Fallible)
	_ = scalar("float8_var_samp(_float8) float8", "The variance of a sample that a state tells.", ofSpread(2, func(s []float64) float64 { return s[2] / (s[0] - 1) }), Fallible)
	_ = scalar("float8_stddev_pop(_float8) float8", "The standard deviation of a population that a state tells.",
		ofSpread(1, func(s []float64) float64 { return math.Sqrt(s[2] / s[0]) }), Fallible)
	_ = scalar("float8_stddev_samp(_float8) float8", "The standard deviation of a sample that a state tells.",
		ofSpread(2, func(s []float64) float64 { return math.Sqrt(s[2] / (s[0] - 1)) }), Fallible)
)

func newFloats(c *Ctx, elements, n int, out *col.Vector, who string) *states {
	return newStates(c, col.Float8, elements, n, out, who+": expected "+string(rune('0'+elements))+"-element float8 array")
}

func (s *states) putFloats(i int, values []float64, err error) {
	s.begin(col.Flat(len(values)))
	for _, x := range values {
		s.elems.AppendF64(x)
	}
	s.end(i, err)
}

// floatState makes the kernel that brings a state on by the values behind it.
func floatState(elements int, step func(state, values []float64) ([]float64, error)) Kernel {
	who := map[int]string{3: "float8_accum", 6: "float8_regr_accum"}[elements]
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		s, values := newFloats(c, elements, n, out, who), make([]float64, len(a)-1)
		span(sel, n, func(i int) {
			for k, v := range a[1:] {
				values[k] = v.F64[i&mask(v, n)]
			}
			var next []float64
			state, err := s.of(a[0], i)
			if err == nil {
				next, err = step(state.F64, values)
			}
			s.putFloats(i, next, err)
		})
	}
}

// combineFloats makes the kernel that brings two states together: of no values neither counts.
func combineFloats(elements int, both func(a, b []float64) ([]float64, error)) Kernel {
	who := map[int]string{3: "float8_combine", 6: "float8_regr_combine"}[elements]
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		s := newFloats(c, elements, n, out, who)
		span(sel, n, func(i int) {
			x, err := s.of(a[0], i)
			if err != nil {
				s.putFloats(i, nil, err)
				return
			}
			left := append([]float64(nil), x.F64...)
			y, err := s.of(a[1], i)
			switch {
			case err != nil:
			case left[0] == 0:
				left = y.F64
			case y.F64[0] != 0:
				left, err = both(left, y.F64)
			}
			s.putFloats(i, left, err)
		})
	}
}

// ofSpread makes the kernel of a result over a state of variances; NULL of fewer values than least.
func ofSpread(least float64, result func(s []float64) float64) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		s := newFloats(c, 3, n, out, "float8_accum")
		span(sel, n, func(i int) {
			state, err := s.of(a[0], i)
			if err == nil && state.F64[0] < least {
				err = errNull
			}
			if c.put(out, i, err) {
				out.F64[i] = result(state.F64)
			}
		})
	}
}

func infinite(x ...float64) bool {
	for _, v := range x {
		if math.IsInf(v, 0) {
			return true
		}
	}
	return false
}

// spreadWith brings {n, Σx, Σ(x-x̄)²} on by a value.
func spreadWith(s []float64, x float64) ([]float64, error) {
	n, sum, squares := s[0]+1, s[1]+x, s[2]
	if s[0] <= 0 {
		if x-x != 0 { // the squares about an infinite mean
			squares = math.NaN()
		}
		return []float64{n, sum, squares}, nil
	}
	off := x*n - sum
	squares += off * off / (n * s[0])
	if infinite(sum, squares) {
		if !infinite(s[1], x) {
			return nil, errOver
		}
		squares = math.NaN()
	}
	return []float64{n, sum, squares}, nil
}

func spreadTogether(a, b []float64) ([]float64, error) {
	n, sum := a[0]+b[0], a[1]+b[1]
	off := a[1]/a[0] - b[1]/b[0]
	squares := a[2] + b[2] + a[0]*b[0]*off*off/n
	if infinite(sum) && !infinite(a[1], b[1]) || infinite(squares) && !infinite(a[2], b[2]) {
		return nil, errOver
	}
	return []float64{n, sum, squares}, nil
}

// pairsWith brings {n, Σx, Σ(x-x̄)², Σy, Σ(y-ȳ)², Σ(x-x̄)(y-ȳ)} on by a pair.
func pairsWith(s []float64, y, x float64) ([]float64, error) {
	n, sumX, sumY := s[0]+1, s[1]+x, s[3]+y
	xx, yy, xy := s[2], s[4], s[5]
	if s[0] <= 0 {
		if x-x != 0 {
			xx, xy = math.NaN(), math.NaN()
		}
		if y-y != 0 {
			yy, xy = math.NaN(), math.NaN()
		}
		return []float64{n, sumX, xx, sumY, yy, xy}, nil
	}
	offX, offY, scale := x*n-sumX, y*n-sumY, 1/(n*s[0])
	xx, yy, xy = xx+offX*offX*scale, yy+offY*offY*scale, xy+offX*offY*scale
	finiteX, finiteY := !infinite(s[1], x), !infinite(s[3], y)
	if infinite(sumX, xx) && finiteX || infinite(sumY, yy) && finiteY || infinite(xy) && finiteX && finiteY {
		return nil, errOver
	}
	for _, squares := range []*float64{&xx, &yy, &xy} {
		if infinite(*squares) {
			*squares = math.NaN()
		}
	}
	return []float64{n, sumX, xx, sumY, yy, xy}, nil
}

func pairsTogether(a, b []float64) ([]float64, error) {
	x, err := spreadTogether(a[:3], b[:3])
	if err != nil {
		return nil, err
	}
	y, err := spreadTogether([]float64{a[0], a[3], a[4]}, []float64{b[0], b[3], b[4]})
	if err != nil {
		return nil, err
	}
	xy := a[5] + b[5] + a[0]*b[0]*(a[1]/a[0]-b[1]/b[0])*(a[3]/a[0]-b[3]/b[0])/x[0]
	if infinite(xy) && !infinite(a[5], b[5]) {
		return nil, errOver
	}
	return append(x, y[1], y[2], xy), nil
}
