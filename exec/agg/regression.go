package agg

import (
	"math"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
)

// The aggregates over pairs (Y, X) of which neither is NULL.
var (
	_ = aggregate("regr_count(float8, float8) int8", "Counts pairs without NULL.", 8, func(Heap, bool) Kernel { return countPairs{} })
	_ = regression("regr_sxx", "The sum of squares of X about its mean.", false, func(s *floatSums) (float64, bool) { return s.sxx(), false })
	_ = regression("regr_syy", "The sum of squares of Y about its mean.", false, func(s *floatSums) (float64, bool) { return s.syy(), false })
	_ = regression("regr_sxy", "The sum of products of X and Y about their means.", false, func(s *floatSums) (float64, bool) { return s.sxy(), false })
	_ = regression("regr_avgx", "The mean of X.", false, func(s *floatSums) (float64, bool) { return s.mean(sumX), false })
	_ = regression("regr_avgy", "The mean of Y.", false, func(s *floatSums) (float64, bool) { return s.mean(sumY), false })
	_ = regression("regr_r2", "The square of the correlation coefficient.", false, determination)
	_ = regression("regr_slope", "The slope of the line of least squares.", false, slope)
	_ = regression("regr_intercept", "Where the line of least squares meets X = 0.", false, intercept)
	_ = regression("covar_pop", "The covariance of a population.", false, func(s *floatSums) (float64, bool) { return s.sxy() / float64(s.n), false })
	_ = regression("covar_samp", "The covariance of a sample.", true, func(s *floatSums) (float64, bool) { return s.sxy() / float64(s.n-1), false })
	_ = regression("corr", "The correlation coefficient.", false, correlation)
)

func regression(name, doc string, sample bool, result func(s *floatSums) (float64, bool)) struct{} {
	return fallible(aggregate(name+"(float8, float8) float8", doc, momentsSize, newMoments(2, sample, result)))
}

func determination(s *floatSums) (float64, bool) {
	sxx, syy, sxy := s.sxx(), s.syy(), s.sxy()
	switch {
	case sxx == 0:
		return 0, true
	case syy == 0:
		return 1, false
	}
	return (sxy * sxy) / (sxx * syy), false
}

func slope(s *floatSums) (float64, bool) {
	sxx := s.sxx()
	return s.sxy() / sxx, sxx == 0
}

func intercept(s *floatSums) (float64, bool) {
	sxx := s.sxx()
	if sxx == 0 {
		return 0, true
	}
	x, _ := s.sums[sumX].Total()
	y, _ := s.sums[sumY].Total()
	return (y - float64(x*s.sxy()/sxx)) / float64(s.n), false
}

func correlation(s *floatSums) (float64, bool) {
	sxx, syy := s.sxx(), s.syy()
	if sxx == 0 || syy == 0 {
		return 0, true
	}
	return s.sxy() / math.Sqrt(sxx*syy), false
}

// countPairs is regr_count.
type countPairs struct{ count }

func (countPairs) Update(_ *fn.Ctx, at []unsafe.Pointer, off uintptr, args []*col.Vector, w []int64) {
	for i, p := range at {
		if !args[0].Null(i) && !args[1].Null(i) {
			*(*int64)(unsafe.Add(p, off)) += weight(w, i)
		}
	}
}
