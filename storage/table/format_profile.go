package table

import (
	"math"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/sketch"
)

// putProfile appends a column's profile: 0 for none, else its figures, in how many rows the sketch
// has seen one and the sketch if values are told apart, and the values that it names as an encoded batch.
func putProfile(dst []byte, p *profile) []byte {
	if p == nil {
		return append(dst, 0)
	}
	dst = putUint(append(dst, 1), uint64(p.nulls))
	dst = putUint(dst, math.Float64bits(p.width))
	if p.distinct == nil {
		return append(dst, 0)
	}
	dst = p.distinct.AppendTo(append(dst, byte(p.every)))
	dst = putUint(dst, uint64(len(p.common)))
	for _, c := range p.common {
		dst = putUint(putUint(dst, c.hash), math.Float64bits(c.rows))
	}
	return putValues(putValues(dst, p.values), p.ends)
}

func putValues(dst []byte, v *col.Vector) []byte {
	if v == nil {
		return append(dst, 0)
	}
	return col.AppendBatchTo(append(dst, 1), &col.Batch{N: v.N, Cols: []col.Vector{*v}})
}

// profile reads what putProfile wrote for n values of a type.
func (r *reader) profile(t col.Type, n int) *profile {
	if r.byte() == 0 {
		return nil
	}
	p := &profile{rows: n, nulls: r.count(n, "NULLs"), width: r.figure()}
	switch p.every = int(r.byte()); p.every {
	case 0:
		return p
	case 1, sketchEvery:
	default:
		r.fail("a sketch of a part that there is not")
	}
	p.distinct = new(sketch.Distinct)
	rest, ok := p.distinct.Decode(r.b)
	if r.b = rest; !ok {
		r.fail("a sketch is damaged")
	}
	for range r.count(maxCommon, "frequent values") {
		p.common = append(p.common, frequent{r.uint(), r.figure()})
	}
	p.values, p.ends = r.values(t, len(p.common)), r.values(t, 2)
	if p.values == nil && len(p.common) > 0 {
		r.fail("frequent values without their values")
	}
	return p
}

func (r *reader) figure() float64 {
	x := math.Float64frombits(r.uint())
	if !(x >= 0 && x < math.MaxInt64) {
		r.fail("a figure out of range")
	}
	return x
}

// values reads n values of a type; nil where none were written.
func (r *reader) values(t col.Type, n int) *col.Vector {
	if r.byte() == 0 || r.err != nil {
		return nil
	}
	b, rest, err := col.DecodeBatch(r.b)
	if err != nil || b.N != n || len(b.Cols) != 1 || b.W != nil || b.Cols[0].Type != t || b.Cols[0].Kind != t.Kind() || b.Cols[0].Scale != t.Scale() || b.Cols[0].AnyNull() {
		r.fail("values that are not %d of %s", n, t)
		return nil
	}
	r.b = rest
	b.Cols[0].Own()
	return &b.Cols[0]
}
