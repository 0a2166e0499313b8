package fn

import (
	"math"
	"math/bits"

	"github.com/millracedb/millrace/base/pgerr"
)

func neg[T int32 | int64](least T, err *pgerr.Error) func(T) (T, error) {
	return func(x T) (T, error) {
		if x == least {
			return 0, err
		}
		return -x, nil
	}
}

func abs[T int32 | int64](least T, err *pgerr.Error) func(T) (T, error) {
	return func(x T) (T, error) {
		if x == least {
			return 0, err
		}
		return max(x, -x), nil
	}
}

func same[T any](x T) T { return x }

var (
	_ = scalar("-(int2) int2", "Negates.", row1e(neg[int32](math.MinInt16, errInt2)), Fallible)
	_ = scalar("-(int4) int4", "Negates.", row1e(neg[int32](math.MinInt32, errInt4)), Fallible)
	_ = scalar("-(int8) int8", "Negates.", row1e(neg[int64](math.MinInt64, errInt8)), Fallible)
	_ = scalar("+(int2) int2", "The value itself.", row1(same[int32]))
	_ = scalar("+(int4) int4", "The value itself.", row1(same[int32]))
	_ = scalar("+(int8) int8", "The value itself.", row1(same[int64]))
	_ = scalar("@(int2) int2", "The absolute value.", row1e(abs[int32](math.MinInt16, errInt2)), Fallible)
	_ = scalar("@(int4) int4", "The absolute value.", row1e(abs[int32](math.MinInt32, errInt4)), Fallible)
	_ = scalar("@(int8) int8", "The absolute value.", row1e(abs[int64](math.MinInt64, errInt8)), Fallible)
	_ = scalar("abs(int2) int2", "The absolute value.", row1e(abs[int32](math.MinInt16, errInt2)), Fallible)
	_ = scalar("abs(int4) int4", "The absolute value.", row1e(abs[int32](math.MinInt32, errInt4)), Fallible)
	_ = scalar("abs(int8) int8", "The absolute value.", row1e(abs[int64](math.MinInt64, errInt8)), Fallible)

	_ = scalar("&(int2, int2) int2", "Bitwise and.", row2(func(x, y int32) int32 { return x & y }))
	_ = scalar("&(int4, int4) int4", "Bitwise and.", row2(func(x, y int32) int32 { return x & y }))
	_ = scalar("&(int8, int8) int8", "Bitwise and.", row2(func(x, y int64) int64 { return x & y }))
	_ = scalar("|(int2, int2) int2", "Bitwise or.", row2(func(x, y int32) int32 { return x | y }))
	_ = scalar("|(int4, int4) int4", "Bitwise or.", row2(func(x, y int32) int32 { return x | y }))
	_ = scalar("|(int8, int8) int8", "Bitwise or.", row2(func(x, y int64) int64 { return x | y }))
	_ = scalar("#(int2, int2) int2", "Bitwise exclusive or.", row2(func(x, y int32) int32 { return x ^ y }))
	_ = scalar("#(int4, int4) int4", "Bitwise exclusive or.", row2(func(x, y int32) int32 { return x ^ y }))
	_ = scalar("#(int8, int8) int8", "Bitwise exclusive or.", row2(func(x, y int64) int64 { return x ^ y }))
	_ = scalar("~(int2) int2", "Bitwise not.", row1(func(x int32) int32 { return ^x }))
	_ = scalar("~(int4) int4", "Bitwise not.", row1(func(x int32) int32 { return ^x }))
	_ = scalar("~(int8) int8", "Bitwise not.", row1(func(x int64) int64 { return ^x }))
	_ = scalar("<<(int2, int4) int2", "Shifts left.", row2(func(x, n int32) int32 { return int32(int16(x << (n & 31))) }))
	_ = scalar("<<(int4, int4) int4", "Shifts left.", row2(func(x, n int32) int32 { return x << (n & 31) }))
	_ = scalar("<<(int8, int4) int8", "Shifts left.", row2(func(x int64, n int32) int64 { return x << (n & 63) }))
	_ = scalar(">>(int2, int4) int2", "Shifts right, keeping the sign.", row2(func(x, n int32) int32 { return x >> (n & 31) }))
	_ = scalar(">>(int4, int4) int4", "Shifts right, keeping the sign.", row2(func(x, n int32) int32 { return x >> (n & 31) }))
	_ = scalar(">>(int8, int4) int8", "Shifts right, keeping the sign.", row2(func(x int64, n int32) int64 { return x >> (n & 63) }))

	_ = scalar("gcd(int4, int4) int4", "The greatest common divisor.", row2e(func(x, y int32) (int32, error) {
		g := gcd(int64(x), int64(y))
		if g != int64(int32(g)) {
			return 0, errInt4
		}
		return int32(g), nil
	}), Fallible)
	_ = scalar("gcd(int8, int8) int8", "The greatest common divisor.", row2e(func(x, y int64) (int64, error) {
		g := gcd(x, y)
		if g < 0 {
			return 0, errInt8
		}
		return g, nil
	}), Fallible)
	_ = scalar("lcm(int4, int4) int4", "The least common multiple.", row2e(func(x, y int32) (int32, error) {
		m, ok := lcm(int64(x), int64(y))
		if !ok || m != int64(int32(m)) {
			return 0, errInt4
		}
		return int32(m), nil
	}), Fallible)
	_ = scalar("lcm(int8, int8) int8", "The least common multiple.", row2e(func(x, y int64) (int64, error) {
		m, ok := lcm(x, y)
		if !ok {
			return 0, errInt8
		}
		return m, nil
	}), Fallible)
)

func magnitude(x int64) uint64 {
	if x < 0 {
		return -uint64(x)
	}
	return uint64(x)
}

// gcd is negative when it is 2^63.
func gcd(x, y int64) int64 {
	a, b := magnitude(x), magnitude(y)
	for b != 0 {
		a, b = b, a%b
	}
	return int64(a)
}

func lcm(x, y int64) (int64, bool) {
	if x == 0 || y == 0 {
		return 0, true
	}
	g := uint64(gcd(x, y))
	hi, lo := bits.Mul64(magnitude(x)/g, magnitude(y))
	return int64(lo), hi == 0 && lo < 1<<63
}
