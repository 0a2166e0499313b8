package agg

import (
	"math"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/fn"
)

var (
	_ = collecting("percentile_disc(float8, anyelement) anyelement", "The first value in order that a fraction of all is not behind.",
		Collecting{WithinGroup: true, SkipNulls: true, Make: percentileDisc})
	_ = collecting("percentile_cont(float8, float8) float8", "The value at a fraction of the order, between two values if need be.",
		Collecting{WithinGroup: true, SkipNulls: true, Make: percentileCont(between)})
	_ = collecting("percentile_cont(float8, interval) interval", "The value at a fraction of the order, between two values if need be.",
		Collecting{WithinGroup: true, SkipNulls: true, Make: percentileCont(betweenIntervals)})
	_ = collecting("mode(anyelement) anyelement", "The most frequent value, of several the first in order.",
		Collecting{WithinGroup: true, SkipNulls: true, Make: mode})
)

// fraction is the first direct argument; ok is false for NULL.
func fraction(direct []*col.Vector, lane int) (p float64, ok bool, err error) {
	if len(direct) == 0 || direct[0].Null(lane) {
		return 0, false, nil
	}
	p = direct[0].F64[lane]
	if p < 0 || p > 1 || p != p {
		return 0, false, pgerr.New(pgerr.NumericValueOutOfRange, "percentile value %g is not between 0 and 1", p)
	}
	return p, true, nil
}

func percentileDisc(_ *fn.Ctx, rows Rows, direct []*col.Vector, lane int, out *col.Vector) error {
	p, ok, err := fraction(direct, lane)
	n := rows.Len()
	if err != nil || !ok || n == 0 {
		out.AppendNull()
		return err
	}
	args, i := rows.At(max(int64(math.Ceil(p*float64(n)))-1, 0))
	out.GatherAny(args[0], []uint32{uint32(i)}, 0)
	return nil
}

// percentileCont is percentile_cont over values that have others between them.
func percentileCont(append func(out *col.Vector, low, high *col.Vector, i, j int, part float64) error) Collect {
	return func(_ *fn.Ctx, rows Rows, direct []*col.Vector, lane int, out *col.Vector) error {
		p, ok, err := fraction(direct, lane)
		n := rows.Len()
		if err != nil || !ok || n == 0 {
			out.AppendNull()
			return err
		}
		place := p * float64(n-1)
		first, second := math.Floor(place), math.Ceil(place)
		low, i := rows.At(int64(first))
		if first == second {
			out.GatherAny(low[0], []uint32{uint32(i)}, 0)
			return nil
		}
		high, j := rows.At(int64(second))
		return append(out, low[0], high[0], i, j, place-first)
	}
}

func between(out *col.Vector, low, high *col.Vector, i, j int, part float64) error {
	a, b := low.F64[i], high.F64[j]
	out.AppendF64(a + float64(part*(b-a)))
	return nil
}

func betweenIntervals(out *col.Vector, low, high *col.Vector, i, j int, part float64) error {
	a, b := intervalAt(low, i), intervalAt(high, j)
	d, err := datetime.SubIntervals(b, a)
	if err != nil {
		return err
	}
	if d, err = datetime.MulInterval(d, part); err != nil {
		return err
	}
	if a, err = datetime.AddIntervals(d, a); err != nil {
		return err
	}
	out.AppendWide(col.IntervalLane(a.Months, a.Days, a.Micros))
	return nil
}

func intervalAt(v *col.Vector, i int) datetime.Interval {
	months, days, us := col.IntervalParts(v.Wide[i])
	return datetime.Interval{Months: months, Days: days, Micros: us}
}

// mode counts the values that are equal in the order; the first of the most frequent ones
// stands for all of its equals.
func mode(_ *fn.Ctx, rows Rows, _ []*col.Vector, _ int, out *col.Vector) error {
	var most, count, place, first, at int64
	err := rows.Each(func(r *Run) error {
		for i := range r.N {
			if !r.Peer[i] {
				count, first = 0, place
			}
			if count += r.W[i]; count > most {
				most, at = count, first
			}
			place += r.W[i]
		}
		return nil
	})
	if err != nil || most == 0 {
		out.AppendNull()
		return err
	}
	args, i := rows.At(at)
	out.GatherAny(args[0], []uint32{uint32(i)}, 0)
	return nil
}
