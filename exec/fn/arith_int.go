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
	_ = scalar("/(int8, int8) int8", "Divides; the quotient is cut towards zero.", quotient(math.MinInt64, errInt8, lanes[int64]), Fallible)
	_ = scalar("%(int8, int8) int8", "The remainder of a division, with the sign of the first.", remainder(lanes[int64]), Fallible)
	_ = scalar("mod(int8, int8) int8", "The remainder of a division, with the sign of the first.", remainder(lanes[int64]), Fallible)

	_ = scalar("+(int4, int4) int4", "Adds.", int32s(sums, int4Range), Fallible, IsDense)
	_ = scalar("-(int4, int4) int4", "Subtracts.", int32s(differences, int4Range), Fallible, IsDense)
	_ = scalar("*(int4, int4) int4", "Multiplies.", int32s(products, int4Range), Fallible, IsDense)
	_ = scalar("/(int4, int4) int4", "Divides; the quotient is cut towards zero.", quotient(math.MinInt32, errInt4, lanes[int32]), Fallible)
	_ = scalar("%(int4, int4) int4", "The remainder of a division, with the sign of the first.", remainder(lanes[int32]), Fallible)
	_ = scalar("mod(int4, int4) int4", "The remainder of a division, with the sign of the first.", remainder(lanes[int32]), Fallible)

	_ = scalar("+(int2, int2) int2", "Adds.", int32s(sums, int2Range), Fallible, IsDense)
	_ = scalar("-(int2, int2) int2", "Subtracts.", int32s(differences, int2Range), Fallible, IsDense)
	_ = scalar("*(int2, int2) int2", "Multiplies.", int32s(products, int2Range), Fallible, IsDense)
	_ = scalar("/(int2, int2) int2", "Divides; the quotient is cut towards zero.", quotient(math.MinInt16, errInt2, lanes[int32]), Fallible)
	_ = scalar("%(int2, int2) int2", "The remainder of a division, with the sign of the first.", remainder(lanes[int32]), Fallible)
	_ = scalar("mod(int2, int2) int2", "The remainder of a division, with the sign of the first.", remainder(lanes[int32]), Fallible)
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

// intRange is what results of 32-bit lanes are held to.
type intRange struct {
	half int64 // 2^15 or 2^31
	err  *pgerr.Error
}

var (
	int2Range = intRange{1 << 15, errInt2}
	int4Range = intRange{1 << 31, errInt4}
)

// int32s is an operator on int2 or int4: loop computes the lanes in 64 bits.
func int32s(loop func(r, x, y []int32, mx, my int, half int64) (wide uint64), in intRange) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		mx, my := mask(a[0], n), mask(a[1], n)
		if loop(out.I32[:n], a[0].I32, a[1].I32, mx, my, in.half)&^uint64(2*in.half-1) == 0 {
			return
		}
		one := make([]int32, 1)
		span(sel, n, func(i int) {
			if out.Null(i) {
				return
			}
			if loop(one, a[0].I32[i&mx:], a[1].I32[i&my:], 0, 0, in.half)&^uint64(2*in.half-1) != 0 {
				c.Fail(out, i, in.err)
			}
		})
	}
}

func sums(r, x, y []int32, mx, my int, half int64) (wide uint64) {
	for i := range r {
		s := int64(x[i&mx]) + int64(y[i&my])
		r[i] = int32(s)
		wide |= uint64(s + half)
	}
	return wide
}

func differences(r, x, y []int32, mx, my int, half int64) (wide uint64) {
	for i := range r {
		s := int64(x[i&mx]) - int64(y[i&my])
		r[i] = int32(s)
		wide |= uint64(s + half)
	}
	return wide
}

func products(r, x, y []int32, mx, my int, half int64) (wide uint64) {
	for i := range r {
		s := int64(x[i&mx]) * int64(y[i&my])
		r[i] = int32(s)
		wide |= uint64(s + half)
	}
	return wide
}

// quotient is / on integers whose least value is least.
func quotient[T int32 | int64](least T, err *pgerr.Error, of func(*col.Vector) []T) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		x, y, r := of(a[0]), of(a[1]), of(out)
		mx, my := mask(a[0], n), mask(a[1], n)
		span(sel, n, func(i int) {
			p, q := x[i&mx], y[i&my]
			switch {
			case q == 0:
				c.Fail(out, i, errZero)
			case q == -1 && p == least:
				c.Fail(out, i, err)
			default:
				r[i] = p / q
			}
		})
	}
}

// remainder is % on integers.
func remainder[T int32 | int64](of func(*col.Vector) []T) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		x, y, r := of(a[0]), of(a[1]), of(out)
		mx, my := mask(a[0], n), mask(a[1], n)
		span(sel, n, func(i int) {
			switch p, q := x[i&mx], y[i&my]; q {
			case 0:
				c.Fail(out, i, errZero)
			case -1:
				r[i] = 0
			default:
				r[i] = p % q
			}
		})
	}
}
