package agg

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
)

// The percentiles at each of an array of fractions: an array of the same shape.
var (
	_ = collecting("percentile_disc(_float8, anyelement) anyarray", "The values at several fractions of the order.",
		Collecting{WithinGroup: true, SkipNulls: true, Make: atEach(percentileDisc)})
	_ = collecting("percentile_cont(_float8, float8) _float8", "The values at several fractions of the order, between two values if need be.",
		Collecting{WithinGroup: true, SkipNulls: true, Make: atEach(percentileCont(between))})
	_ = collecting("percentile_cont(_float8, interval) _interval", "The values at several fractions of the order, between two values if need be.",
		Collecting{WithinGroup: true, SkipNulls: true, Make: atEach(percentileCont(betweenIntervals))})
)

func atEach(one Collect) Collect {
	return func(c *fn.Ctx, rows Rows, direct []*col.Vector, lane int, out *col.Vector) error {
		if len(direct) == 0 || direct[0].Null(lane) || rows.Len() == 0 {
			out.AppendNull()
			return nil
		}
		a := col.ArrayOf(direct[0].Bytes(lane), col.Float8)
		fractions := col.NewVector(col.Float8)
		a.AppendTo(fractions, 0, a.N)
		elem, _ := out.Type.Element()
		elems := col.NewVector(elem)
		for i := range a.N {
			v := col.NewVector(elem)
			if err := one(c, rows, []*col.Vector{fractions}, i, v); err != nil {
				return err
			}
			appendElement(elems, v, 0)
		}
		b := col.AppendArray(nil, &a.Shape, elems, 0)
		return appendResult(out, b, false, tooLong(b))
	}
}
