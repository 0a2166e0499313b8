package exec

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// singleJoin gives each left row the one right row of its key, NULLs where there is none,
// and an error where there are several: what a scalar subquery is for each row of the query
// around it. It is fed by two Arranges (one, in a self-join) and has no state of its own.
// With out(l, B) the one row that l becomes by the rows of its key in B:
//
//	δA: δA · out(a, B)                                 B as it stands
//	δB: A(k) · (out(a, B_new) − out(a, B_old))         for the keys k that δB touches
//
// At an early port of the right side its own state is still old (B_new = B + δ), at a late
// port new already (B_old = B − δ). Errors come and go with the weights that rows would.
type singleJoin struct {
	linear
	spec  JoinSpec
	sides [2]joinSide
	types []col.Type
	cons  consolidator
	w     []int64
}

func (b *Builder) singleJoin(left, right Ref, s JoinSpec) Ref {
	j := &singleJoin{spec: s, cons: consolidator{seed: b.g.Seed, stop: b.g.work}}
	in := [2]Ref{left, right}
	keys := [2][]int{s.LeftKeys, s.RightKeys}
	var arr [2]Ref
	for _, i := range []int{1, 0} { // the right side decides, so it settles first
		arr[i] = b.arrange(in[i], keys[i], i == 1 && !s.NullsEqual, -1)
		a := b.g.nodes[arr[i]].arr
		j.sides[i] = joinSide{arr: a, keys: keys[i], types: b.Types(in[i]), outer: i == 0}
	}
	j.sides[1].first = len(j.sides[0].types)
	all := slices.Concat(j.sides[0].types, j.sides[1].types)
	for _, c := range s.Out {
		j.types = append(j.types, all[c])
	}
	return b.addJoin(j, j.types, b.onlyComes(left, right, arr, s), arr, s, [2]bool{})
}

var errSecondRow = pgerr.New(pgerr.CardinalityViolation, "more than one row returned by a subquery used as an expression")

// Apply serves an event: the change of one side, consolidated and hashed by its key.
func (j *singleJoin) Apply(t *Tick, in int, b *col.Batch, emit Emit) error {
	keys := canonicalKeys(b, j.sides[in].keys)
	if in == 0 {
		return j.lefts(t, b, keys, emit)
	}
	return j.rights(t, b, keys, emit)
}

// lefts serves a change of the left side.
func (j *singleJoin) lefts(t *Tick, b *col.Batch, keys []*col.Vector, emit Emit) error {
	j.w = growTo(j.w, b.N)
	j.sides[1].arr.state.Weight(j.w, keys, b.Hash)
	var none, one []uint32
	for i, w := range j.w {
		switch {
		case w == 0 || !j.spec.NullsEqual && anyNull(b, j.sides[0].keys, i):
			none = append(none, uint32(i))
		case w == 1:
			one = append(one, uint32(i))
		default:
			if err := t.RowError(b, i, errSecondRow); err != nil {
				return err
			}
		}
	}
	if len(none) > 0 {
		if err := emit(extend(j.spec, &j.sides, j.types, 0, b, none, nil)); err != nil {
			return err
		}
	}
	if len(one) == 0 {
		return nil
	}
	p := layoutPairs(j.spec, &j.sides, 0, b)
	return j.sides[1].arr.state.Probe(gatherKeys(keys, one), gatherHash(b.Hash, one), p.payload, func(left []uint32, rows *col.Batch) error {
		through(left, one)
		out := p.combine(left, rows)
		out.Cols = pick(out.Cols, p.out)
		return emit(out)
	})
}

func gatherHash(hash []uint64, idx []uint32) []uint64 {
	out := make([]uint64, len(idx))
	for i, x := range idx {
		out[i] = hash[x]
	}
	return out
}

// rights serves a change of the right side.
func (j *singleJoin) rights(t *Tick, b *col.Batch, keys []*col.Vector, emit Emit) error {
	first, group := groupKeys(b, keys)
	dense, hash := gatherKeys(keys, first), gatherHash(b.Hash, first)
	j.w = growTo(j.w, len(first))
	j.sides[0].arr.state.Weight(j.w, dense, hash)
	var met []uint32 // the keys that some left row has
	for k, w := range j.w {
		if w != 0 {
			met = append(met, uint32(k))
		}
	}
	if len(met) == 0 {
		return nil
	}
	v, err := j.versions(t, b, group, dense, hash)
	if err != nil {
		return err
	}
	left := &j.sides[0]
	turned := gatherKeys(dense, met)
	return left.arr.state.Probe(turned, gatherHash(hash, met), allOf(left.arr.payload), func(at []uint32, rows *col.Batch) error {
		full := left.arr.rebuild(turned, at, rows)
		through(at, met)
		return j.turn(t, v, full, at, emit)
	})
}

// groupKeys numbers the different keys of a batch: the first row of each, and each row's number.
func groupKeys(b *col.Batch, keys []*col.Vector) (first []uint32, group []int) {
	at := make(map[uint64][]int, b.N)
	group = make([]int, b.N)
next:
	for i := range b.N {
		for _, g := range at[b.Hash[i]] {
			if sameKey(keys, i, int(first[g])) {
				group[i] = g
				continue next
			}
		}
		group[i] = len(first)
		at[b.Hash[i]] = append(at[b.Hash[i]], len(first))
		first = append(first, uint32(i))
	}
	return first, group
}

// versions is the right rows of some keys before and after a step's change.
type versions struct {
	rows  *col.Batch  // of both; the last is all NULLs
	count [2][]int64  // before, after: how many rows a key has
	one   [2][]uint32 // one of them, or the row of NULLs
}

// versions finds them: the state has one version, and the change tells the other.
func (j *singleJoin) versions(t *Tick, b *col.Batch, group []int, keys []*col.Vector, hash []uint64) (*versions, error) {
	right := &j.sides[1]
	numbered := append(slices.Clone(right.types), col.Int8) // the key's number stands behind the row
	number := len(right.types)
	stands := col.NewBatch(numbered...)
	add := func(src *col.Batch, key func(i int) int, sign int64) {
		rows := &col.Batch{N: src.N, W: make([]int64, src.N), Cols: slices.Clone(src.Cols), Step: src.Step, Stable: src.Stable}
		keys := col.NewVector(col.Int8)
		keys.Resize(src.N)
		for i := range src.N {
			keys.I64[i], rows.W[i] = int64(key(i)), sign*src.Weight(i)
		}
		rows.Cols = append(rows.Cols, *keys)
		stands.AppendBatch(rows)
	}
	err := right.arr.state.Probe(keys, hash, allOf(right.arr.payload), func(left []uint32, rows *col.Batch) error {
		add(right.arr.rebuild(keys, left, rows), func(i int) int { return int(left[i]) }, 1)
		return nil
	})
	if err != nil {
		return nil, err
	}
	here, there, sign := 0, 1, int64(1)
	if t.Merged() {
		here, there, sign = 1, 0, -1
	}
	v := &versions{rows: col.NewBatch(right.types...)}
	for i := range v.count {
		v.count[i], v.one[i] = make([]int64, len(hash)), make([]uint32, len(hash))
	}
	v.take(here, stands, number)
	add(b, func(i int) int { return group[i] }, sign)
	v.take(there, j.cons.run(stands), number)
	v.close()
	return v, nil
}

// take adds the rows of one version.
func (v *versions) take(version int, b *col.Batch, number int) {
	rows := *b
	rows.Cols = b.Cols[:number]
	for i := range b.N {
		k := b.Cols[number].I64[i]
		v.count[version][k] += b.Weight(i)
		v.one[version][k] = uint32(v.rows.N)
		v.rows.AppendRow(&rows, i, 1)
	}
}

// close adds the row of NULLs, for the keys without rows.
func (v *versions) close() {
	none := uint32(v.rows.N)
	for c := range v.rows.Cols {
		v.rows.Cols[c].AppendNull()
	}
	v.rows.Grow(v.rows.N+1, 1)
	for i := range v.count {
		for k, n := range v.count[i] {
			if n == 0 {
				v.one[i][k] = none
			}
		}
	}
}

// turn emits how left rows change; at is the number of each one's key.
func (j *singleJoin) turn(t *Tick, v *versions, full *col.Batch, at []uint32, emit Emit) error {
	var left, right []uint32
	var w []int64
	for i := range full.N {
		for version, sign := range [2]int64{-1, 1} {
			k := at[i]
			if v.count[version][k] > 1 {
				one := *full
				one.W = make([]int64, full.N)
				one.W[i] = sign * full.Weight(i)
				if err := t.RowError(&one, i, errSecondRow); err != nil {
					return err
				}
				continue
			}
			left, right, w = append(left, uint32(i)), append(right, v.one[version][k]), append(w, sign*full.Weight(i))
		}
	}
	if len(left) == 0 {
		return nil
	}
	out := &col.Batch{N: len(left), W: w, Cols: make([]col.Vector, len(j.spec.Out)), Stable: true}
	for i, c := range j.spec.Out {
		from, idx := full, left
		if c >= j.sides[1].first {
			c -= j.sides[1].first
			from, idx = v.rows, right
		}
		out.Cols[i].ResetKind(j.types[i], from.Cols[c].Kind, from.Cols[c].Scale)
		out.Cols[i].Gather(&from.Cols[c], idx)
	}
	return emit(out)
}
