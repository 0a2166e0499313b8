package agg

import (
	"unsafe"

	"github.com/cockroachdb/apd/v3"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/numeric"
	"github.com/millracedb/millrace/exec/fn"
)

// deviations are the names under which variance and standard deviation go.
var deviations = []struct {
	name string
	doc  string
	how  numeric.Deviation
}{
	{"var_pop", "The variance of a population.", numeric.Deviation{}},
	{"var_samp", "The variance of a sample.", numeric.Deviation{Sample: true}},
	{"variance", "The variance of a sample.", numeric.Deviation{Sample: true}},
	{"stddev_pop", "The standard deviation of a population.", numeric.Deviation{Root: true}},
	{"stddev_samp", "The standard deviation of a sample.", numeric.Deviation{Sample: true, Root: true}},
	{"stddev", "The standard deviation of a sample.", numeric.Deviation{Sample: true, Root: true}},
}

var _ = func() bool {
	for _, d := range deviations {
		for _, t := range []string{"int2", "int4", "int8", "numeric"} {
			fallible(aggregate(d.name+"("+t+") numeric", d.doc, spreadSize, func(h Heap, _ bool) Kernel { return &variance{heap: h, how: d.how} }))
		}
		for _, t := range []string{"float4", "float8"} {
			fallible(aggregate(d.name+"("+t+") float8", d.doc, momentsSize, newMoments(1, d.how.Sample, floatVariance(d.how))))
		}
	}
	return true
}()

// spread is the accumulator of a variance over integers and numerics: sums of values of
// one scale and of their squares, or else the encoding of a numeric.Moments in the heap.
type spread struct {
	wide    held
	scale   int64
	n       int64
	sum     numeric.Int128
	squares numeric.Int192
}

const spreadSize = int(unsafe.Sizeof(spread{}))

// variance is exact until the result is rounded to the scale that PostgreSQL shows.
type variance struct {
	heap Heap
	how  numeric.Deviation
}

func (k *variance) Update(c *fn.Ctx, at []unsafe.Pointer, off uintptr, args []*col.Vector, w []int64) {
	v := args[0]
	for i, p := range at {
		x := weight(w, i)
		if v.Null(i) || x == 0 {
			continue
		}
		a := (*spread)(unsafe.Add(p, off))
		switch v.Kind {
		case col.KindI32:
			a.add(int64(v.I32[i]), x)
		case col.KindI64:
			a.add(v.I64[i], x)
		case col.KindD64:
			k.addScaled(a, v.I64[i], v.Scale, x)
		default:
			k.addStored(c, a, v.Bytes(i), x)
		}
	}
}

func (a *spread) add(v, weight int64) {
	a.n += weight
	a.sum, _ = a.sum.Add(numeric.Mul64(v, weight))
	a.squares.AddSquare(v, weight)
}

// takes reports whether a value of the scale can be added as an integer.
func (a *spread) takes(scale int32) bool {
	if a.wide.Len() != 0 {
		return false
	}
	if a.n == 0 && a.sum == (numeric.Int128{}) && a.squares == (numeric.Int192{}) {
		a.scale = int64(scale)
	}
	return a.scale == int64(scale)
}

func (k *variance) addScaled(a *spread, v int64, scale int32, weight int64) {
	if a.takes(scale) {
		a.add(v, weight)
		return
	}
	var d apd.Decimal
	numeric.SetInt64(&d, v, scale)
	k.widen(a, func(m *numeric.Moments) { m.Add(&d, weight) })
}

func (k *variance) addStored(c *fn.Ctx, a *spread, b []byte, weight int64) {
	mayEndBefore(c, b)
	var d apd.Decimal
	decode(&d, b)
	scale := numeric.Scale(&d)
	if v, ok := numeric.ToInt128(&d, scale); ok && v.IsInt64() && a.takes(scale) {
		a.add(int64(v.Lo), weight)
		return
	}
	k.widen(a, func(m *numeric.Moments) { m.Add(&d, weight) })
}

// widen changes the sums in their wide form, which they keep.
func (k *variance) widen(a *spread, change func(*numeric.Moments)) {
	m := k.moments(a)
	change(m)
	put(k.heap, &a.wide, m.Append(nil))
	a.scale, a.n, a.sum, a.squares = 0, 0, numeric.Int128{}, numeric.Int192{}
}

// moments is the sums in their wide form. Bytes that are none count as NaN.
func (k *variance) moments(a *spread) *numeric.Moments {
	m := &numeric.Moments{}
	if a.wide.Len() == 0 {
		m.AddFixed(a.n, a.sum, a.squares, int32(a.scale))
	} else if m.Read(bytesOf(k.heap, &a.wide)) != nil {
		m.Add(&apd.Decimal{Form: apd.NaN}, 1)
	}
	return m
}

func (k *variance) Result(c *fn.Ctx, at []unsafe.Pointer, off uintptr, out *col.Vector) {
	out.ResetKind(out.Type, col.KindDec, 0)
	for i, p := range at {
		a := (*spread)(unsafe.Add(p, off))
		mayEnd(c, i, a.wide.Len())
		b, err := k.result(c, a)
		if err != nil || b == nil {
			out.AppendNull()
		} else {
			out.AppendBytes(b)
		}
		if err != nil {
			c.Fail(out, i, err)
		}
	}
}

// result is the stored form of the variance; nil: of too few values. That of long sums takes as long
// as a product of numbers of as many bytes, which is made aside.
func (k *variance) result(c *fn.Ctx, a *spread) ([]byte, error) {
	if a.wide.Len() == 0 {
		var d apd.Decimal
		ok, err := numeric.VarianceFixed(&d, a.n, a.sum, a.squares, int32(a.scale), k.how)
		return storedIf(ok, &d), err
	}
	m := k.moments(a)
	var b []byte
	err := c.Aside(fn.ProductBytes(a.wide.Len()), func() error {
		var d apd.Decimal
		ok, err := m.Variance(&d, k.how)
		b = storedIf(ok, &d)
		return err
	})
	if err != nil {
		return nil, err
	}
	return b, nil
}

func storedIf(ok bool, d *apd.Decimal) []byte {
	if !ok {
		return nil
	}
	return numeric.AppendStored(nil, d)
}

func (k *variance) Merge(into, from []unsafe.Pointer, off uintptr) {
	for i, p := range into {
		a, b := (*spread)(unsafe.Add(p, off)), *(*spread)(unsafe.Add(from[i], off))
		if b.wide.Len() == 0 && a.takes(int32(b.scale)) {
			a.n += b.n
			a.sum, _ = a.sum.Add(b.sum)
			a.squares.Add(b.squares)
			continue
		}
		other := k.moments(&b)
		k.widen(a, func(m *numeric.Moments) { m.Merge(other) })
	}
}

func (k *variance) Release(at []unsafe.Pointer, off uintptr) {
	for _, p := range at {
		free(k.heap, (*spread)(unsafe.Add(p, off)).wide)
	}
}
