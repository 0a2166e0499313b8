package exec

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/storage/state"
)

// Join meets the rows of two inputs whose keys are equal. It is fed by two Arranges (one,
// in a self-join) and has no state of its own; where its condition bounds the times of the
// pairs, it lets the Arranges forget. What a change of one side does:
//
//	pairs:          δA ⋈ B                         as B stands
//	null extension: δA · [n = 0]                   n: weight of A's key in B, as it stands
//	                A(k) · ([n_new=0] − [n_old=0]) for the keys k that δB touches
//
// Semi and anti joins emit A's rows by the same events, with [n > 0] and [n = 0]. At an
// early port the sender's own state is still old (n_new = n + δ), at a late port it is
// new already (n_old = n − δ).
type Join struct {
	spec  JoinSpec
	sides [2]joinSide
	pred  *pairFilter
	ctx   *fn.Ctx
	types []col.Type
	w     []int64
	keys  []*col.Vector
	pair  [2]*pairer // by the side that changed; made when first needed
	ends  [2]*sideEnd
	end   *keyEnd // nil: no time is part of the key
}

type joinSide struct {
	arr   *Arrange
	keys  []int
	first int        // of its columns in left ++ right
	types []col.Type // of its columns
	outer bool       // its rows without a match are kept
}

// Join adds a Join, a residualJoin where a condition on the pairs decides which rows are
// without a match, or a rangeJoin where inequalities say which rows meet.
func (b *Builder) Join(left, right Ref, s JoinSpec) Ref {
	if s.NotIn && s.Kind == Anti {
		return b.notIn(left, right, s)
	}
	if s.Out == nil {
		n := len(b.Types(left))
		if s.Kind != Semi && s.Kind != Anti {
			n += len(b.Types(right))
		}
		for c := range n {
			s.Out = append(s.Out, c)
		}
	}
	if len(s.LeftKeys) == 0 {
		return b.join(left, right, s)
	}
	return b.spill([]Ref{left, right}, SpillSpec{[][]int{s.LeftKeys, s.RightKeys}, func(b *Builder, in []Ref) (Ref, *takesRows) {
		return b.join(in[0], in[1], s), nil
	}})
}

func (b *Builder) join(left, right Ref, s JoinSpec) Ref {
	if s.Kind == Single {
		return b.singleJoin(left, right, s)
	}
	if len(s.Ranges) > 0 {
		return b.rangeJoin(left, right, s)
	}
	if s.Residual != nil && s.Kind != Inner {
		return b.residualJoin(left, right, s)
	}
	j := &Join{spec: s, ctx: b.newCtx()}
	in := [2]Ref{left, right}
	keys := [2][]int{s.LeftKeys, s.RightKeys}
	var arr [2]Ref
	order := []int{1, 0} // the side that decides about null extension settles first
	if s.Kind == Right {
		order = []int{0, 1}
	}
	outer := [2]bool{s.Kind == Left || s.Kind == Full || s.Kind == Anti, s.Kind == Right || s.Kind == Full}
	byKey, times := b.keyTime(in, keys), [2]*TimeBound{}
	if byKey[0] < 0 {
		times = b.bounded(in, s)
	}
	for _, i := range order {
		time := byKey[i]
		if times[i] != nil {
			time = times[i].Col
		}
		arr[i] = b.arrange(in[i], keys[i], !s.NullsEqual && !outer[i], time)
	}
	for i := range 2 {
		a := b.g.nodes[arr[i]].arr
		j.sides[i] = joinSide{arr: a, keys: keys[i], types: b.Types(in[i]), outer: outer[i]}
		if times[i] != nil {
			j.ends[i] = &sideEnd{*times[i], a.ages, a.ages.reader()}
		}
	}
	j.sides[1].first = len(j.sides[0].types)
	all := slices.Concat(j.sides[0].types, j.sides[1].types)
	for _, c := range s.Out {
		j.types = append(j.types, all[c])
	}
	if s.Residual != nil {
		j.pred = newPairFilter(s.Residual)
	}
	r := b.addJoin(j, j.types, b.onlyComes(left, right, arr, s), arr, s, [2]bool{})
	b.g.nodes[r].inParts = true
	j.end = b.ending(arr, byKey)
	b.g.nodes[r].closes = j.end != nil || times != [2]*TimeBound{}
	return r
}

// Flush lets go of what the step's watermarks have made useless; everything else a join
// does at once.
func (j *Join) Flush(t *Tick, _ Emit) error {
	if t.last {
		forget(t, &j.ends)
	}
	j.end.forget(t)
	return nil
}

// onlyComes reports whether a join never retracts what it has emitted: of inputs that
// never do, an inner or semi join; and any other in a dataflow that runs once, where the
// side that decides about null extension settles first.
func (b *Builder) onlyComes(left, right Ref, arr [2]Ref, s JoinSpec) bool {
	if !b.AppendOnly(left) || !b.AppendOnly(right) {
		return false
	}
	return s.Kind == Inner || s.Kind == Semi || b.once && s.settlesFirst(arr)
}

// settlesFirst reports whether the side that decides which rows of the other have a match
// flushes before the other. It need not: Arranges are shared, and the other's may have
// been made for a join before this one.
func (s JoinSpec) settlesFirst(arr [2]Ref) bool {
	switch s.Kind {
	case Inner: // no side decides
		return true
	case Full: // both do
		return false
	case Right:
		return arr[0] < arr[1]
	}
	return arr[1] < arr[0]
}

// addJoin places a join above its Arranges, with port timings by their numbers, and marks
// which of them are probed: not those of a side whose rows the join keeps itself.
func (b *Builder) addJoin(op Operator, types []col.Type, appendOnly bool, arr [2]Ref, s JoinSpec, own [2]bool) Ref {
	r := b.addMeeting(&node{op: op, types: types, appendOnly: appendOnly, inputs: arr[:]}, func(in int, when Timing) bool {
		// A dataflow that runs once keeps only what a later event probes, or weighs again.
		return !own[in] && (!b.once || when == Early || !s.settlesFirst(arr))
	})
	b.carryJoin(r, arr, s)
	return r
}

// addMeeting places a node above the Arranges whose rows meet in it; merges says which of them
// keep their rows for it.
func (b *Builder) addMeeting(n *node, merges func(in int, when Timing) bool) Ref {
	n.flow, n.plan = b.flow, b.plan
	r := b.g.add(n)
	b.flow.nodes = append(b.flow.nodes, r)
	for in, from := range n.inputs {
		when := b.g.timing(n.inputs, in)
		a := b.g.nodes[from]
		a.ports = append(a.ports, Port{To: r, In: in, When: when})
		a.arr.merge = a.arr.merge || merges(in, when)
	}
	return r
}

// Apply serves an event: the change of one side, consolidated and hashed by its key.
func (j *Join) Apply(t *Tick, in int, b *col.Batch, emit Emit) error {
	defer j.ctx.Reset()
	t.evalAt(j.ctx)
	mine, other := &j.sides[in], &j.sides[1-in]
	if mine.outer && !j.spec.NullsEqual {
		var err error
		if b, err = j.splitNulls(in, b, emit); err != nil || b.N == 0 {
			return err
		}
	}
	keys := appendKeys(j.keys[:0], b, mine.keys)
	j.keys = keys
	if j.spec.Kind == Semi || j.spec.Kind == Anti {
		if in == 0 {
			return j.filterByMatch(b, keys, other, emit)
		}
	} else {
		if err := j.pairs(t, in, b, keys, emit); err != nil {
			return err
		}
		if mine.outer {
			if err := j.extendNew(in, b, keys, emit); err != nil {
				return err
			}
		}
	}
	if other.outer || j.spec.Kind == Semi {
		return j.turn(t, in, b, keys, emit)
	}
	return nil
}

// splitNulls emits the rows with a NULL key, which meet nobody, null-extended, and
// returns the others.
func (j *Join) splitNulls(in int, b *col.Batch, emit Emit) (*col.Batch, error) {
	null, rest := []uint32{}, []uint32{} // an empty selection is not nil
	mine := &j.sides[in]
	for i := range b.N {
		if anyNull(b, mine.keys, i) {
			null = append(null, uint32(i))
		} else {
			rest = append(rest, uint32(i))
		}
	}
	if len(null) == 0 {
		return b, nil
	}
	if err := emit(j.extended(in, b, null, nil)); err != nil {
		return nil, err
	}
	out := *b
	out.Sel = rest
	return out.Compact(), nil
}

func anyNull(b *col.Batch, keys []int, i int) bool {
	for _, k := range keys {
		if b.Cols[k].Null(i) {
			return true
		}
	}
	return false
}

// pairs emits δ ⋈ other.
func (j *Join) pairs(t *Tick, in int, b *col.Batch, keys []*col.Vector, emit Emit) error {
	p := j.pairer(in, b)
	return j.probe(in, b, keys, p.payload, func(left []uint32, rows *col.Batch) error {
		out := p.combine(left, rows)
		if j.pred != nil {
			var err error
			if out, err = j.pred.run(t, j.ctx, out); err != nil || out.Len() == 0 {
				return err
			}
		}
		return emit(p.show(out))
	})
}

// probe finds the other side's rows of a change's keys: those alone that its times can meet,
// where a bound says which.
func (j *Join) probe(in int, b *col.Batch, keys []*col.Vector, cols []int, f func(left []uint32, rows *col.Batch) error) error {
	other := j.sides[1-in].arr.state
	if e := j.ends[1-in]; e != nil {
		if g, ok := other.(*state.Generations); ok {
			return g.ProbeSince(e.bound.least(&b.Cols[e.bound.Other], b.N), keys, b.Hash, cols, f)
		}
	}
	return other.Probe(keys, b.Hash, cols, f)
}

func pick(cols []col.Vector, at []int) []col.Vector {
	out := make([]col.Vector, len(at))
	for i, c := range at {
		out[i] = cols[c]
	}
	return out
}

// extendNew emits the rows of δ whose key has no match, null-extended.
func (j *Join) extendNew(in int, b *col.Batch, keys []*col.Vector, emit Emit) error {
	j.w = growTo(j.w, b.N)
	j.sides[1-in].arr.state.Weight(j.w, keys, b.Hash)
	var sel []uint32
	for i, w := range j.w {
		if w == 0 {
			sel = append(sel, uint32(i))
		}
	}
	if len(sel) == 0 {
		return nil
	}
	return emit(j.extended(in, b, sel, nil))
}

// filterByMatch emits the rows of δA that a semi or anti join keeps.
func (j *Join) filterByMatch(b *col.Batch, keys []*col.Vector, other *joinSide, emit Emit) error {
	j.w = growTo(j.w, b.N)
	other.arr.state.Weight(j.w, keys, b.Hash)
	var sel []uint32
	for i, w := range j.w {
		if (w > 0) == (j.spec.Kind == Semi) {
			sel = append(sel, uint32(i))
		}
	}
	if len(sel) == 0 {
		return nil
	}
	return emit(j.extended(0, b, sel, nil))
}

// turn serves the other side's rows whose match appears or disappears by this change.
func (j *Join) turn(t *Tick, in int, b *col.Batch, keys []*col.Vector, emit Emit) error {
	first, delta := j.byKey(t, b, keys)
	n := len(first)
	dense := gatherKeys(keys, first)
	hash := make([]uint64, n)
	for i, f := range first {
		hash[i] = b.Hash[f]
	}
	j.w = growTo(j.w, n)
	j.sides[in].arr.state.Weight(j.w, dense, hash)
	var sel []uint32
	var sign []int64
	for i, w := range j.w {
		before, after := w, w+delta[i]
		if t.Merged() {
			before, after = w-delta[i], w
		}
		if (before > 0) != (after > 0) {
			s := int64(-1) // a match appears: the null-extended row goes
			if after <= 0 {
				s = 1
			}
			if j.spec.Kind == Semi {
				s = -s
			}
			sel, sign = append(sel, uint32(i)), append(sign, s)
		}
	}
	if len(sel) == 0 {
		return nil
	}
	turned := gatherKeys(dense, sel)
	th := make([]uint64, len(sel))
	for i, s := range sel {
		th[i] = hash[s]
	}
	other := &j.sides[1-in]
	return other.arr.state.Probe(turned, th, allOf(other.arr.payload), func(left []uint32, rows *col.Batch) error {
		w := make([]int64, rows.N)
		for i, l := range left {
			w[i] = sign[l] * rows.Weight(i)
		}
		full := other.arr.rebuild(turned, left, rows)
		return emit(j.extended(1-in, full, nil, w))
	})
}

func allOf(p []int) []int {
	out := make([]int, len(p))
	for i := range p {
		out[i] = i
	}
	return out
}

// byKey adds up the change's weights by key: the first row of each key, and its sum.
func (j *Join) byKey(t *Tick, b *col.Batch, keys []*col.Vector) (first []uint32, sum []int64) {
	at := make(map[uint64][]int, b.N)
next:
	for i := range b.N {
		if i%stopEvery == 0 {
			t.did(stopEvery)
		}
		for _, g := range at[b.Hash[i]] {
			if sameKey(keys, i, int(first[g])) {
				sum[g] += b.Weight(i)
				continue next
			}
		}
		at[b.Hash[i]] = append(at[b.Hash[i]], len(first))
		first, sum = append(first, uint32(i)), append(sum, b.Weight(i))
	}
	return first, sum
}

func sameKey(keys []*col.Vector, i, k int) bool { return sameRow(keys, i, k) }

func gatherKeys(keys []*col.Vector, idx []uint32) []*col.Vector {
	out := make([]*col.Vector, len(keys))
	for i, k := range keys {
		v := &col.Vector{}
		v.ResetKind(k.Type, k.Kind, k.Scale)
		v.Gather(k, idx)
		out[i] = v
	}
	return out
}

// extended makes output rows of one side's rows (at sel, or all) and NULLs for the other
// side; w nil: the batch's own weights.
func (j *Join) extended(in int, b *col.Batch, sel []uint32, w []int64) *col.Batch {
	return extend(j.spec, &j.sides, j.types, in, b, sel, w)
}

func extend(s JoinSpec, sides *[2]joinSide, types []col.Type, in int, b *col.Batch, sel []uint32, w []int64) *col.Batch {
	mine := &sides[in]
	out := &col.Batch{N: b.N, Sel: sel, W: w, Cols: make([]col.Vector, len(s.Out)), Stable: true}
	if w == nil {
		out.W = b.W
	}
	for i, c := range s.Out {
		if c >= mine.first && c < mine.first+len(mine.types) {
			out.Cols[i] = b.Cols[c-mine.first]
			continue
		}
		out.Cols[i] = *col.NullVector(types[i], b.N)
	}
	return out
}
