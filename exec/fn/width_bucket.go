package fn

import (
	"math"
	"sort"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

var _ = scalar("width_bucket(float8, float8, float8, int4) int4", "The number of the bucket, of so many equal ones, into which a value falls.", func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	x, low, high, count := reader[float64](a[0], n), reader[float64](a[1], n), reader[float64](a[2], n), reader[int32](a[3], n)
	span(sel, n, func(i int) {
		if b, err := widthBucket(x(i), low(i), high(i), count(i)); c.put(out, i, err) {
			out.I32[i] = b
		}
	})
}, Fallible)

// widthBucket is 0 before the first bucket and count + 1 behind the last. The bounds may fall.
func widthBucket(x, low, high float64, count int32) (int32, error) {
	argument := func(message string) error { return pgerr.New("2201G", "%s", message) }
	switch {
	case count <= 0:
		return 0, argument("count must be greater than zero")
	case math.IsNaN(x) || math.IsNaN(low) || math.IsNaN(high):
		return 0, argument("operand, lower bound, and upper bound cannot be NaN")
	case math.IsInf(low, 0) || math.IsInf(high, 0):
		return 0, argument("lower and upper bounds must be finite")
	case low == high:
		return 0, argument("lower bound cannot equal upper bound")
	case low > high:
		x, low, high = -x, -low, -high
	}
	switch {
	case x < low:
		return 0, nil
	case x >= high && count == math.MaxInt32:
		return 0, pgerr.New(pgerr.NumericValueOutOfRange, "integer out of range")
	case x >= high:
		return count + 1, nil
	}
	// Halves, for the difference of the bounds may be too great for a float.
	part := (x/2 - low/2) / (high/2 - low/2)
	if high-low <= math.MaxFloat64 {
		part = (x - low) / (high - low)
	}
	return min(int32(float64(count)*part), count-1) + 1, nil
}

var _ = scalar("width_bucket(anycompatible, anycompatiblearray) int4", "How many of the lower bounds of buckets, in order, a value is not below.", func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	elem, _ := a[1].Type.Element()
	e := &editor{c: c, elem: elem, n: n, out: out}
	span(sel, n, func(i int) {
		if e.null(a[0], i) || e.null(a[1], i) {
			return
		}
		bounds := e.read(a[1], i)
		switch {
		case bounds.Dims > 1:
			c.Fail(out, i, pgerr.New(pgerr.ArraySubscriptError, "thresholds must be one-dimensional array"))
			return
		case bounds.AnyNull():
			c.Fail(out, i, pgerr.New(pgerr.NullValueNotAllowed, "thresholds array must not contain NULLs"))
			return
		}
		y, _ := e.wanted(a[0], i)
		out.I32[i] = int32(sort.Search(bounds.N, func(k int) bool { return y.CompareAt(0, &bounds, k, elem) < 0 }))
	})
}, Fallible)
