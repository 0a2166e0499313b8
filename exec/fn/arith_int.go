package fn

import (
	"math"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

var (
	errInt2 = pgerr.New(pgerr.NumericValueOutOfRange, "smallint out of range")
	errInt4 = pgerr.New(pgerr.NumericValueOutOfRange, "integer out of range")
	errInt8 = pgerr.New(pgerr.NumericValueOutOfRange, "bigint out of range")
	errZero = pgerr.New(pgerr.DivisionByZero, "division by zero")
)

// The operators on integers compute every lane, note overflow in one word, and look at
// single lanes only when there was some. int2 and int4 share lanes of 32 bits and differ in
// the limits.

var (
	_ = scalar("+(int8, int8) int8", "Adds.", addInt8, Fallible, IsDense)
	_ = scalar("-(int8, int8) int8", "Subtracts.", subInt8, Fallible, IsDense)
	_ = scalar("*(int8, int8) int8", "Multiplies.", mulInt8, Fallible, IsDense)
)

func addInt8(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	x, y, r := a[0].I64, a[1].I64, out.I64[:n]
	var bad int64
	switch {
	case mask(a[1], n) == 0:
		y := y[0]
		x = x[:len(r)]
		for i := range r {
			s := x[i] + y
			r[i] = s
			bad |= (x[i] ^ s) & (y ^ s)
		}
	case mask(a[0], n) == 0:
		x := x[0]
		y = y[:len(r)]
		for i := range r {
			s := x + y[i]
			r[i] = s
			bad |= (x ^ s) & (y[i] ^ s)
		}
	default:
		x, y = x[:len(r)], y[:len(r)]
		for i := range r {
			s := x[i] + y[i]
			r[i] = s
			bad |= (x[i] ^ s) & (y[i] ^ s)
		}
	}
	if bad < 0 {
		recheck(c, a, sel, n, out, errInt8, func(x, y int64) bool { s := x + y; return (x^s)&(y^s) < 0 })
	}
}

func subInt8(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	x, y, r := a[0].I64, a[1].I64, out.I64[:n]
	var bad int64
	switch {
	case mask(a[1], n) == 0:
		y := y[0]
		x = x[:len(r)]
		for i := range r {
			s := x[i] - y
			r[i] = s
			bad |= (x[i] ^ y) & (x[i] ^ s)
		}
	case mask(a[0], n) == 0:
		x := x[0]
		y = y[:len(r)]
		for i := range r {
			s := x - y[i]
			r[i] = s
			bad |= (x ^ y[i]) & (x ^ s)
		}
	default:
		x, y = x[:len(r)], y[:len(r)]
		for i := range r {
			s := x[i] - y[i]
			r[i] = s
			bad |= (x[i] ^ y[i]) & (x[i] ^ s)
		}
	}
	if bad < 0 {
		recheck(c, a, sel, n, out, errInt8, func(x, y int64) bool { s := x - y; return (x^y)&(x^s) < 0 })
	}
}

func mulInt8(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	x, y, r := a[0].I64, a[1].I64, out.I64[:n]
	mx, my := mask(a[0], n), mask(a[1], n)
	wide := uint64(0) // bits set where an operand does not fit 32 bits, so that only then products are checked
	for i := range r {
		p, q := x[i&mx], y[i&my]
		r[i] = p * q
		wide |= uint64(p+1<<31) | uint64(q+1<<31)
	}
	if wide>>32 != 0 {
		recheck(c, a, sel, n, out, errInt8, mulOverflows)
	}
}

// mulOverflows reports whether the product of two int64 does not fit one.
func mulOverflows(x, y int64) bool {
	if int64(int32(x)) == x && int64(int32(y)) == y || x == 0 || y == 0 {
		return false
	}
	p := x * y
	return p/y != x || x == -1 && y == math.MinInt64 || y == -1 && x == math.MinInt64
}

// recheck marks the selected lanes, not NULL, for which bad holds.
func recheck[T laneOf](c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector, err *pgerr.Error, bad func(x, y T) bool) {
	x, y := lanes[T](a[0]), lanes[T](a[1])
	mx, my := mask(a[0], n), mask(a[1], n)
	span(sel, n, func(i int) {
		if !out.Null(i) && bad(x[i&mx], y[i&my]) {
			c.Fail(out, i, err)
		}
	})
}
