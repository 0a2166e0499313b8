package exec

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/state"
)

// ages is what the joins on an Arrange need of it, by the time of its rows.
type ages struct {
	gens *state.Generations
	from []int64 // of each reader: it needs no row with a time before this
}

// reader adds one who needs all rows so far, and returns its number.
func (a *ages) reader() int {
	a.from = append(a.from, NoWatermark)
	return len(a.from) - 1
}

// need says that a reader needs no row before a time.
func (a *ages) need(reader int, from int64) {
	if from > a.from[reader] {
		a.from[reader] = from
		a.gens.Expire(slices.Min(a.from))
	}
}

// sideEnd is how one side of a join grows old: its rows are forgotten as the watermark of
// a column of the other side moves.
type sideEnd struct {
	bound  TimeBound
	ages   *ages
	reader int
}

// bounded finds for each side of an inner join the bound by which its rows are forgotten;
// nil: they are kept. The side only grows, so that no row need be found again. What comes
// of the other side, insertions and retractions alike, lies at or past its watermark.
func (b *Builder) bounded(in [2]Ref, s JoinSpec) (ends [2]*TimeBound) {
	if s.Kind != Inner || b.once {
		return ends
	}
	keys := [2][]int{s.LeftKeys, s.RightKeys}
	for i := range s.Bounds {
		t := &s.Bounds[i]
		mine, other := in[t.Side], in[1-t.Side]
		if ends[t.Side] == nil && b.AppendOnly(mine) && b.Types(mine)[t.Col].Kind() == col.KindI64 &&
			!slices.Contains(keys[t.Side], t.Col) && b.carried(other, t.Other) && b.g.nodes[other].promise {
			ends[t.Side] = t
		}
	}
	return ends
}

// forget lets rows of both sides go by the watermarks as they stand after the tick.
func (j *Join) forget(t *Tick) {
	for side, e := range j.ends {
		if e == nil {
			continue
		}
		w := t.Watermark(1-side, e.bound.Other)
		if from := w + e.bound.Add; w != NoWatermark && (from > w) == (e.bound.Add > 0) {
			e.ages.need(e.reader, from)
		}
	}
}
