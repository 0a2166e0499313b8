package exec

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/storage/state"
)

// residualJoin is an outer, semi or anti join with a condition beside the equality of
// keys. Which of its rows are without a match is known only by counting, row by row: each
// side whose rows are kept or emitted by their matches lies in a private arrangement with
// a counter a row, the weight of its matches. The events are those of Join, and as there
// rows are forgotten where the condition bounds the times of the pairs.
type residualJoin struct {
	spec  JoinSpec
	sides [2]countedSide
	lay   [2]joinSide // the same, as pairs are laid out
	pred  *pairFilter
	ctx   *fn.Ctx
	types []col.Type
	ends  [2]*sideEnd
}

// countedRows is a state.Arrangement with counters or, where rows are forgotten by their
// time, state.Generations.
type countedRows interface {
	MergeCounted(keys []*col.Vector, hash []uint64, rows *col.Batch, counts []int64) error
	ProbeForWrite(keys []*col.Vector, hash []uint64, cols []int, f func(left []uint32, rows *col.Batch, counters []*int64) error) error
}

type countedSide struct {
	counted countedRows // whole rows and counters; nil: not counted
	sign    int64       // a row is emitted by itself while its counter is 0 (outer, anti: +1) or above (semi: -1)
}

// residualJoin adds a residualJoin.
func (b *Builder) residualJoin(left, right Ref, s JoinSpec) Ref {
	j := &residualJoin{spec: s, ctx: b.newCtx(), pred: newPairFilter(s.Residual)}
	in := [2]Ref{left, right}
	keys := [2][]int{s.LeftKeys, s.RightKeys}
	outer := [2]bool{s.Kind != Right, s.Kind == Right || s.Kind == Full}
	var arr [2]Ref
	order := []int{1, 0}
	if s.Kind == Right {
		order = []int{0, 1}
	}
	times := b.bounded(in, s)
	for _, i := range order {
		time := -1
		if times[i] != nil && !outer[i] {
			time = times[i].Col
		}
		if outer[i] {
			arr[i] = b.gather(in[i], keys[i], false, time)
		} else {
			arr[i] = b.arrange(in[i], keys[i], !s.NullsEqual, time)
		}
		a := b.g.nodes[arr[i]].arr
		j.lay[i] = joinSide{arr: a, keys: keys[i], types: b.Types(in[i]), outer: outer[i]}
		own := a.ages
		if outer[i] {
			j.sides[i].sign = 1
			j.sides[i].counted, own = b.countedRows(in[i], keys[i], times[i])
		}
		if times[i] != nil {
			j.ends[i] = &sideEnd{*times[i], own, own.reader()}
		}
	}
	if s.Kind == Semi {
		j.sides[0].sign = -1
	}
	j.lay[1].first = len(j.lay[0].types)
	all := slices.Concat(j.lay[0].types, j.lay[1].types)
	for _, c := range s.Out {
		j.types = append(j.types, all[c])
	}
	r := b.addJoin(j, j.types, b.onlyComes(left, right, arr, s), arr, s, outer)
	b.g.nodes[r].closes = times != [2]*TimeBound{}
	return r
}

// countedRows makes the state of a side whose rows count their matches, and what forgets
// them by a bound (nil: nothing does).
func (b *Builder) countedRows(in Ref, keys []int, bound *TimeBound) (countedRows, *ages) {
	l := state.ArrLayout{Payload: b.Types(in), Counter: true}
	for _, k := range keys {
		l.Keys = append(l.Keys, b.Types(in)[k])
	}
	if bound == nil {
		return b.newArrangement(l), nil
	}
	l.AppendOnly, l.Unique = true, true
	gens := b.newGenerations(l, bound.Col)
	return gens, &ages{rows: gens}
}

// Flush lets go of what the step's watermarks have made useless.
func (j *residualJoin) Flush(t *Tick, _ Emit) error {
	if t.last {
		forget(t, &j.ends)
	}
	return nil
}

// emitsPairs reports whether matches are output rows.
func (j *residualJoin) emitsPairs() bool { return j.spec.Kind != Semi && j.spec.Kind != Anti }

// Apply serves an event: the change of one side, consolidated and hashed by its key.
func (j *residualJoin) Apply(t *Tick, in int, b *col.Batch, emit Emit) error {
	defer j.ctx.Reset()
	t.evalAt(j.ctx)
	mine := &j.lay[in]
	keys := canonicalKeys(b, mine.keys)
	matches := make([]int64, b.N)
	probe, hash, at := keys, b.Hash, identityAt(b.N)
	if !j.spec.NullsEqual {
		probe, hash, at = withoutNulls(b, mine.keys, keys)
	}
	var err error
	if len(at) > 0 {
		if j.sides[1-in].counted != nil {
			err = j.meetCounted(t, in, b, probe, hash, at, matches, emit)
		} else {
			err = j.meet(t, in, b, probe, hash, at, matches, emit)
		}
	}
	if err != nil || j.sides[in].counted == nil {
		return err
	}
	if err := j.sides[in].counted.MergeCounted(keys, b.Hash, stored(b), matches); err != nil {
		return err
	}
	return j.alone(in, b, matches, emit)
}

func identityAt(n int) []uint32 {
	at := make([]uint32, n)
	for i := range at {
		at[i] = uint32(i)
	}
	return at
}

// withoutNulls leaves out the rows with a NULL key, which meet nobody.
func withoutNulls(b *col.Batch, cols []int, keys []*col.Vector) ([]*col.Vector, []uint64, []uint32) {
	at := make([]uint32, 0, b.N)
	for i := range b.N {
		if !anyNull(b, cols, i) {
			at = append(at, uint32(i))
		}
	}
	if len(at) == b.N {
		return keys, b.Hash, at
	}
	hash := make([]uint64, len(at))
	for i, x := range at {
		hash[i] = b.Hash[x]
	}
	return gatherKeys(keys, at), hash, at
}

// alone emits the change's rows that the counters let stand by themselves.
func (j *residualJoin) alone(in int, b *col.Batch, matches []int64, emit Emit) error {
	var sel []uint32
	for i, m := range matches {
		if (m == 0) == (j.sides[in].sign > 0) {
			sel = append(sel, uint32(i))
		}
	}
	if len(sel) == 0 {
		return nil
	}
	return emit(extend(j.spec, &j.lay, j.types, in, b, sel, nil))
}

// meet counts, and emits, the pairs with a side that is not counted itself.
func (j *residualJoin) meet(t *Tick, in int, b *col.Batch, keys []*col.Vector, hash []uint64, at []uint32, matches []int64, emit Emit) error {
	p := layoutPairs(j.spec, &j.lay, in, b)
	return j.lay[1-in].arr.state.Probe(keys, hash, p.payload, func(left []uint32, rows *col.Batch) error {
		through(left, at)
		pairs, err := j.pred.run(t, j.ctx, p.combine(left, rows))
		if err != nil {
			return err
		}
		for i := range pairs.Len() {
			r := pairs.Row(i)
			matches[left[r]] += rows.Weight(r)
		}
		return j.emitPairs(pairs, p, emit)
	})
}

func through(left, at []uint32) {
	for i, l := range left {
		left[i] = at[l]
	}
}

func (j *residualJoin) emitPairs(pairs *col.Batch, p *pairer, emit Emit) error {
	if !j.emitsPairs() || pairs.Len() == 0 {
		return nil
	}
	pairs.Cols = pick(pairs.Cols, p.out)
	return emit(pairs)
}

// meetCounted does the same with a counted side, whose rows' counters move: a row whose
// counter leaves or reaches zero changes sides.
func (j *residualJoin) meetCounted(t *Tick, in int, b *col.Batch, keys []*col.Vector, hash []uint64, at []uint32, matches []int64, emit Emit) error {
	other := &j.sides[1-in]
	p := layoutWhole(j.spec, &j.lay, in, b)
	return other.counted.ProbeForWrite(keys, hash, firstN(len(j.lay[1-in].types)), func(left []uint32, rows *col.Batch, counters []*int64) error {
		through(left, at)
		pairs, err := j.pred.run(t, j.ctx, p.combine(left, rows))
		if err != nil {
			return err
		}
		var moved []uint32
		sign := make([]int64, rows.N)
		before := map[*int64]int64{}
		for i := range pairs.Len() {
			r := pairs.Row(i)
			matches[left[r]] += rows.Weight(r)
			c := counters[r]
			if _, ok := before[c]; !ok {
				before[c] = *c
				moved = append(moved, uint32(r))
			}
			*c += b.Weight(int(left[r]))
		}
		if err := j.emitPairs(pairs, p, emit); err != nil {
			return err
		}
		return j.turned(in, rows, moved, counters, before, sign, emit)
	})
}

func (j *residualJoin) turned(in int, rows *col.Batch, moved []uint32, counters []*int64, before map[*int64]int64, w []int64, emit Emit) error {
	var sel []uint32
	for _, r := range moved {
		was, is := before[counters[r]], *counters[r]
		if is < 0 {
			return defect("a row's matches fell below zero")
		}
		if (was > 0) == (is > 0) {
			continue
		}
		w[r] = rows.Weight(int(r)) * j.sides[1-in].sign
		if is > 0 {
			w[r] = -w[r]
		}
		sel = append(sel, r)
	}
	if len(sel) == 0 {
		return nil
	}
	return emit(extend(j.spec, &j.lay, j.types, 1-in, rows, sel, w))
}
