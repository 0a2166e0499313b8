package fn

import (
	"bytes"
	"cmp"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/jsonb"
	"github.com/millracedb/millrace/base/numeric"
)

var (
	_ = comparable("bool", byOrder(boolOrder), IsTotal)
	_ = comparable("text", byOrder(textOrder))
	_ = comparable("name", byOrder(textOrder))
	_ = comparable("bytea", byOrder(textOrder))
	_ = comparable("bpchar", byOrder(bpcharOrder), Scans)
	_ = comparable("interval", byOrder(intervalOrder))
	_ = comparable("uuid", byOrder(uuidOrder))
	_ = comparable("numeric", byScaled)
	_ = comparable("jsonb", byOrder(jsonbOrder), Scans)
)

// order tells, for two arguments, how lanes compare; equal answers = alone, which may be
// faster.
type order struct {
	cmp   func(c *Ctx, x, y *col.Vector, n int) func(i int) int
	equal func(c *Ctx, x, y *col.Vector, n int) func(i int) bool
}

// byOrder builds comparisons from an order.
func byOrder(o order) func(op comparison) (Kernel, Filter) {
	return func(op comparison) (Kernel, Filter) {
		test := func(c *Ctx, a []*col.Vector, n int) func(i int) bool {
			if op.less {
				x, y := a[0], a[1]
				if op.swap {
					x, y = y, x
				}
				f := o.cmp(c, x, y, n)
				return func(i int) bool { return f(i) < 0 != op.not }
			}
			if o.equal == nil {
				f := o.cmp(c, a[0], a[1], n)
				return func(i int) bool { return f(i) == 0 != op.not }
			}
			f := o.equal(c, a[0], a[1], n)
			return func(i int) bool { return f(i) != op.not }
		}
		kernel := func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
			f := test(c, a, n)
			span(sel, n, func(i int) { out.SetBool(i, f(i)) })
		}
		filter := func(c *Ctx, a []*col.Vector, sel []uint32, n int, dst []uint32) []uint32 {
			return selectBy(dst, sel, n, test(c, a, n))
		}
		return kernel, filter
	}
}

var boolOrder = order{cmp: func(_ *Ctx, x, y *col.Vector, n int) func(int) int {
	mx, my := mask(x, n), mask(y, n)
	return func(i int) int { return b2i(x.Bool(i&mx)) - b2i(y.Bool(i&my)) }
}}

var textOrder = order{
	cmp: func(_ *Ctx, x, y *col.Vector, n int) func(int) int {
		mx, my := mask(x, n), mask(y, n)
		return func(i int) int { return bytes.Compare(x.Bytes(i&mx), y.Bytes(i&my)) }
	},
	equal: func(_ *Ctx, x, y *col.Vector, n int) func(int) bool {
		mx, my := mask(x, n), mask(y, n)
		return func(i int) bool {
			a, b := x.Str[i&mx], y.Str[i&my]
			if a.Lo != b.Lo { // length and first four bytes
				return false
			}
			if a.Len() <= col.InlineLen {
				return a.Hi == b.Hi
			}
			return bytes.Equal(x.Bytes(i&mx), y.Bytes(i&my))
		}
	},
}

func trimBlanks(b []byte) []byte {
	for len(b) > 0 && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	return b
}

var bpcharOrder = order{cmp: func(_ *Ctx, x, y *col.Vector, n int) func(int) int {
	mx, my := mask(x, n), mask(y, n)
	return func(i int) int { return bytes.Compare(trimBlanks(x.Bytes(i&mx)), trimBlanks(y.Bytes(i&my))) }
}}

func cmpWide(a, b [2]uint64) int {
	if a[0] != b[0] {
		return cmp.Compare(a[0], b[0])
	}
	return cmp.Compare(a[1], b[1])
}

var intervalOrder = order{cmp: func(_ *Ctx, x, y *col.Vector, n int) func(int) int {
	mx, my := mask(x, n), mask(y, n)
	return func(i int) int { return cmpWide(col.IntervalOrder(x.Wide[i&mx]), col.IntervalOrder(y.Wide[i&my])) }
}}

var uuidOrder = order{cmp: func(_ *Ctx, x, y *col.Vector, n int) func(int) int {
	mx, my := mask(x, n), mask(y, n)
	return func(i int) int { return cmpWide(x.Wide[i&mx], y.Wide[i&my]) }
}}

var jsonbOrder = order{cmp: func(_ *Ctx, x, y *col.Vector, n int) func(int) int {
	mx, my := mask(x, n), mask(y, n)
	return func(i int) int { return jsonb.Compare(x.Bytes(i&mx), y.Bytes(i&my)) }
}}

// byScaled compares numerics: as integers where both can be brought to one scale, which a
// column and a constant mostly can.
func byScaled(op comparison) (Kernel, Filter) {
	kernel, filter := byOrder(numericOrder)(op)
	intKernel, intFilter := byLanes[int64](op)
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
			if aligned, ok := alignScales(c, a, n); ok {
				intKernel(c, aligned, sel, n, out)
				return
			}
			kernel(c, a, sel, n, out)
		}, func(c *Ctx, a []*col.Vector, sel []uint32, n int, dst []uint32) []uint32 {
			if aligned, ok := alignScales(c, a, n); ok {
				return intFilter(c, aligned, sel, n, dst)
			}
			return filter(c, a, sel, n, dst)
		}
}

// alignScales gives the arguments as integers of one scale; ok is false where a column
// would have to be scaled, or a constant does not fit.
func alignScales(c *Ctx, a []*col.Vector, n int) (aligned []*col.Vector, ok bool) {
	if !scaled(a...) {
		return nil, false
	}
	if a[0].Scale == a[1].Scale {
		return a, true
	}
	low := 0
	if a[1].Scale < a[0].Scale {
		low = 1
	}
	d := a[1-low].Scale - a[low].Scale
	if mask(a[low], n) != 0 || d > 18 {
		return nil, false
	}
	hi, lo := mulWide(a[low].I64[0], tens[d])
	if hi != int64(lo)>>63 {
		return nil, false
	}
	k := c.Vec(col.Int8)
	k.AppendI64(int64(lo))
	aligned = c.Args(2)
	aligned[low], aligned[1-low] = k, a[1-low]
	return aligned, true
}

// numericOrder compares scaled integers of one scale as integers, of two scales by products
// of 128 bits, and all else by canonical bytes, whose order is that of the numbers.
var numericOrder = order{cmp: func(_ *Ctx, x, y *col.Vector, n int) func(int) int {
	mx, my := mask(x, n), mask(y, n)
	if x.Kind == col.KindD64 && y.Kind == col.KindD64 {
		if x.Scale == y.Scale {
			return func(i int) int { return cmp.Compare(x.I64[i&mx], y.I64[i&my]) }
		}
		if d := x.Scale - y.Scale; d >= -18 && d <= 18 {
			px, py := tens[max(-d, 0)], tens[max(d, 0)]
			return func(i int) int {
				return numeric.Mul64(x.I64[i&mx], px).Cmp(numeric.Mul64(y.I64[i&my], py))
			}
		}
	}
	var bx, by []byte
	return func(i int) int {
		bx, by = canonicalAt(bx[:0], x, i&mx), canonicalAt(by[:0], y, i&my)
		return bytes.Compare(bx, by)
	}
}}

func canonicalAt(dst []byte, v *col.Vector, i int) []byte {
	if v.Kind == col.KindD64 {
		return numeric.AppendCanonicalInt(dst, v.I64[i], v.Scale)
	}
	return append(dst, numeric.Canonical(v.Bytes(i))...)
}

var tens = func() (t [19]int64) {
	t[0] = 1
	for i := 1; i < len(t); i++ {
		t[i] = t[i-1] * 10
	}
	return t
}()
