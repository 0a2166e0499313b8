package fn

import (
	"github.com/millracedb/millrace/base/col"
)

// comparison is one of the six operators, said with = or < alone: a ≠ b is not a = b, a > b
// is b < a, a ≤ b is not b < a.
type comparison struct {
	symbol    string
	doc       string
	less      bool // by <, else by =
	swap, not bool
}

var comparisons = []comparison{
	{"=", "Tells whether two values are equal.", false, false, false},
	{"<>", "Tells whether two values differ.", false, false, true},
	{"<", "Tells whether the first is less than the second.", true, false, false},
	{">", "Tells whether the first is greater than the second.", true, true, false},
	{"<=", "Tells whether the first is not greater than the second.", true, true, true},
	{">=", "Tells whether the first is not less than the second.", true, false, true},
}

// comparable registers the six operators of a type, given how to build each.
func comparable(name string, build func(comparison) (Kernel, Filter), opts ...Option) struct{} {
	for _, op := range comparisons {
		k, f := build(op)
		scalar(op.symbol+"("+name+", "+name+") bool", op.doc, k, append(opts, WithFilter(f))...)
	}
	return struct{}{}
}

var (
	_ = comparable("int2", byLanes[int32], IsTotal)
	_ = comparable("int4", byLanes[int32], IsTotal)
	_ = comparable("int8", byLanes[int64], IsTotal)
	_ = comparable("oid", byLanes[uint32], IsTotal)
	_ = comparable("date", byLanes[int32], IsTotal)
	_ = comparable("time", byLanes[int64], IsTotal)
	_ = comparable("timestamp", byLanes[int64], IsTotal)
	_ = comparable("timestamptz", byLanes[int64], IsTotal)
	_ = comparable("float4", byFloats[float32], IsTotal)
	_ = comparable("float8", byFloats[float64], IsTotal)
	_ = mixedFloats("float4", "float8")
	_ = mixedFloats("float8", "float4")
)

type integer interface{ int32 | uint32 | int64 }

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func b2u(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// operands are a comparison's lanes in its own order.
func operandsOf[T laneOf](op comparison, a []*col.Vector, n int) (x, y []T, mx, my int) {
	l, r := a[0], a[1]
	if op.swap {
		l, r = r, l
	}
	return lanes[T](l), lanes[T](r), mask(l, n), mask(r, n)
}

// byLanes compares integers.
func byLanes[T integer](op comparison) (Kernel, Filter) {
	kernel := func(_ *Ctx, a []*col.Vector, _ []uint32, n int, out *col.Vector) {
		x, y, mx, my := operandsOf[T](op, a, n)
		switch {
		case !op.less && mx != 0 && my != 0:
			eqBits(out.Bits, x[:n], y[:n])
		case !op.less && my == 0:
			eqConstBits(out.Bits, x[:max(n&mx, min(n, 1))], y[0], n)
		case !op.less:
			eqConstBits(out.Bits, y[:n], x[0], n)
		case mx != 0 && my != 0:
			ltBits(out.Bits, x[:n], y[:n])
		case my == 0 && mx != 0:
			ltConstBits(out.Bits, x[:n], y[0])
		default:
			for i := range n {
				out.SetBool(i, x[i&mx] < y[i&my])
			}
		}
		if op.not {
			flip(out.Bits)
		}
	}
	filter := func(_ *Ctx, a []*col.Vector, sel []uint32, n int, dst []uint32) []uint32 {
		x, y, mx, my := operandsOf[T](op, a, n)
		not := b2i(op.not)
		switch {
		case op.less && sel == nil && mx != 0 && my == 0:
			return ltConstSel(dst, x[:n], y[0], not)
		case op.less && sel == nil && mx == 0 && my != 0:
			return gtConstSel(dst, y[:n], x[0], not)
		case op.less:
			return ltSel(dst, sel, n, x, y, mx, my, not)
		case sel == nil && mx != 0 && my == 0:
			return eqConstSel(dst, x[:n], y[0], not)
		}
		return eqSel(dst, sel, n, x, y, mx, my, not)
	}
	return kernel, filter
}

func flip(w []uint64) {
	for i := range w {
		w[i] = ^w[i]
	}
}

func eqBits[T integer](bits []uint64, x, y []T) {
	y = y[:len(x)]
	for w := range bits {
		lo := w << 6
		acc := uint64(0)
		xs, ys := x[lo:min(lo+64, len(x))], y[lo:min(lo+64, len(x))]
		ys = ys[:len(xs)]
		for j := range xs {
			acc |= b2u(xs[j] == ys[j]) << (j & 63)
		}
		bits[w] = acc
	}
}

func eqConstBits[T integer](bits []uint64, x []T, y T, n int) {
	if len(x) < n { // both are constants
		w := uint64(0)
		if len(x) > 0 && x[0] == y {
			w = ^w
		}
		fill(bits, w)
		return
	}
	for w := range bits {
		lo := w << 6
		acc := uint64(0)
		for j, v := range x[lo:min(lo+64, len(x))] {
			acc |= b2u(v == y) << (j & 63)
		}
		bits[w] = acc
	}
}

func ltBits[T integer](bits []uint64, x, y []T) {
	y = y[:len(x)]
	for w := range bits {
		lo := w << 6
		acc := uint64(0)
		xs, ys := x[lo:min(lo+64, len(x))], y[lo:min(lo+64, len(x))]
		ys = ys[:len(xs)]
		for j := range xs {
			acc |= b2u(xs[j] < ys[j]) << (j & 63)
		}
		bits[w] = acc
	}
}

func ltConstBits[T integer](bits []uint64, x []T, y T) {
	for w := range bits {
		lo := w << 6
		acc := uint64(0)
		for j, v := range x[lo:min(lo+64, len(x))] {
			acc |= b2u(v < y) << (j & 63)
		}
		bits[w] = acc
	}
}

// The selections are written without a branch: every lane is stored, and the length grows
// by the truth of the comparison.

func ltConstSel[T integer](dst []uint32, x []T, y T, not int) []uint32 {
	dst = dst[:len(x)]
	k := 0
	for i, v := range x {
		dst[k] = uint32(i)
		k += b2i(v < y) ^ not
	}
	return dst[:k]
}

func gtConstSel[T integer](dst []uint32, x []T, y T, not int) []uint32 {
	dst = dst[:len(x)]
	k := 0
	for i, v := range x {
		dst[k] = uint32(i)
		k += b2i(v > y) ^ not
	}
	return dst[:k]
}

func eqConstSel[T integer](dst []uint32, x []T, y T, not int) []uint32 {
	dst = dst[:len(x)]
	k := 0
	for i, v := range x {
		dst[k] = uint32(i)
		k += b2i(v == y) ^ not
	}
	return dst[:k]
}

func ltSel[T integer](dst, sel []uint32, n int, x, y []T, mx, my, not int) []uint32 {
	k := 0
	if sel == nil {
		dst = dst[:n]
		for i := range n {
			dst[k] = uint32(i)
			k += b2i(x[i&mx] < y[i&my]) ^ not
		}
		return dst[:k]
	}
	dst = dst[:len(sel)]
	for _, i := range sel {
		dst[k] = i
		k += b2i(x[int(i)&mx] < y[int(i)&my]) ^ not
	}
	return dst[:k]
}

func eqSel[T integer](dst, sel []uint32, n int, x, y []T, mx, my, not int) []uint32 {
	k := 0
	if sel == nil {
		dst = dst[:n]
		for i := range n {
			dst[k] = uint32(i)
			k += b2i(x[i&mx] == y[i&my]) ^ not
		}
		return dst[:k]
	}
	dst = dst[:len(sel)]
	for _, i := range sel {
		dst[k] = i
		k += b2i(x[int(i)&mx] == y[int(i)&my]) ^ not
	}
	return dst[:k]
}

// floatLess is PostgreSQL's order: NaN is the greatest and equals itself.
func floatLess[T float32 | float64](x, y T) bool { return x < y || y != y && x == x }

func floatEqual[T float32 | float64](x, y T) bool { return x == y || x != x && y != y }

// byFloats compares floats.
func byFloats[T float32 | float64](op comparison) (Kernel, Filter) {
	kernel := func(_ *Ctx, a []*col.Vector, _ []uint32, n int, out *col.Vector) {
		x, y, mx, my := operandsOf[T](op, a, n)
		for w := range out.Bits {
			acc := uint64(0)
			lo := w << 6
			if op.less {
				for i := lo; i < min(lo+64, n); i++ {
					acc |= b2u(floatLess(x[i&mx], y[i&my])) << (i & 63)
				}
			} else {
				for i := lo; i < min(lo+64, n); i++ {
					acc |= b2u(floatEqual(x[i&mx], y[i&my])) << (i & 63)
				}
			}
			out.Bits[w] = acc
		}
		if op.not {
			flip(out.Bits)
		}
	}
	filter := func(_ *Ctx, a []*col.Vector, sel []uint32, n int, dst []uint32) []uint32 {
		x, y, mx, my := operandsOf[T](op, a, n)
		if op.less && sel == nil && my == 0 && mx != 0 && y[0] == y[0] {
			return floatBelow(dst[:n], x[:n], y[0], b2i(op.not))
		}
		if op.less && sel == nil && mx == 0 && my != 0 && x[0] == x[0] {
			return floatBelowOrEqual(dst[:n], y[:n], x[0], b2i(!op.not))
		}
		if op.less {
			return selectBy(dst, sel, n, func(i int) bool { return floatLess(x[i&mx], y[i&my]) != op.not })
		}
		return selectBy(dst, sel, n, func(i int) bool { return floatEqual(x[i&mx], y[i&my]) != op.not })
	}
	return kernel, filter
}

// selectBy appends the lanes of sel for which f holds.
func selectBy(dst, sel []uint32, n int, f func(i int) bool) []uint32 {
	k := 0
	if sel == nil {
		dst = dst[:n]
		for i := range n {
			dst[k] = uint32(i)
			k += b2i(f(i))
		}
		return dst[:k]
	}
	dst = dst[:len(sel)]
	for _, i := range sel {
		dst[k] = i
		k += b2i(f(int(i)))
	}
	return dst[:k]
}

// mixedFloats registers the comparisons of floats of two widths, which compare as float8.
func mixedFloats(a, b string) struct{} {
	for _, op := range comparisons {
		k, f := byFloats[float64](op)
		widened := func(c *Ctx, a []*col.Vector) []*col.Vector {
			args := c.Args(2)
			for i, v := range a {
				if args[i] = v; v.Kind == col.KindF32 {
					w := c.Vec(col.Float8)
					w.Resize(v.N)
					widen[float32, float64](c, a[i:], nil, v.N, w)
					args[i] = w
				}
			}
			return args
		}
		scalar(op.symbol+"("+a+", "+b+") bool", op.doc, func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
			k(c, widened(c, a), sel, n, out)
		}, IsTotal, WithFilter(func(c *Ctx, a []*col.Vector, sel []uint32, n int, dst []uint32) []uint32 {
			return f(c, widened(c, a), sel, n, dst)
		}))
	}
	return struct{}{}
}

// floatBelow selects x < y for a y that is a number; a NaN is not below it.
func floatBelow[T float32 | float64](dst []uint32, x []T, y T, not int) []uint32 {
	k := 0
	for i, v := range x {
		dst[k] = uint32(i)
		k += b2i(v < y) ^ not
	}
	return dst[:k]
}

// floatBelowOrEqual selects x <= y for a y that is a number.
func floatBelowOrEqual[T float32 | float64](dst []uint32, x []T, y T, not int) []uint32 {
	k := 0
	for i, v := range x {
		dst[k] = uint32(i)
		k += b2i(v <= y) ^ not
	}
	return dst[:k]
}
