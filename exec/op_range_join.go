package exec

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
)

// rangeJoin meets the rows of two inputs by inequalities, and by equal keys where there are
// any: each side lies in order of a column that is compared, under its key, so that a row
// meets the rows between two places. The residual, which has the inequalities too, decides
// about the pairs. With A the side that settles first:
//
//	δA ⋈ B + (A + δA) ⋈ δB
//
// The rows of a side that are kept, or emitted, by their matches count them, as those of a
// residualJoin; what turns by a change of the other side are the rows that it meets. A
// change costs a way down the tree and the rows that it meets. Where the sides lie in order of
// their times, without a key, and the condition bounds the times of the pairs, the rows that the
// watermarks have passed go.
type rangeJoin struct {
	spec  JoinSpec
	sides [2]rangeSide
	lay   [2]joinSide
	order [2]int // the sides as they settle
	once  bool
	pred  *pairFilter
	ctx   *fn.Ctx
	cons  consolidator
	types []col.Type
	gone  [2]*TimeBound // by what each side's rows go; nil: they stay
	edge  col.Vector    // of one time
}

// rangeSide is a side of a rangeJoin.
type rangeSide struct {
	rows    *orderedRows
	by      int        // the column that the rows lie in order of
	ends    []rangeEnd // what the other side's rows say of it
	counted bool       // its rows count their matches
	sign    int64      // and are emitted by themselves while there is none (+1) or some (-1)
	delta   *col.Batch
}

// rangeEnd compares the column of a side's order with one of the other side's.
type rangeEnd struct {
	op    string // column op other + add
	other int
	add   int64
}

// rangeJoin adds a rangeJoin.
func (b *Builder) rangeJoin(left, right Ref, s JoinSpec) Ref {
	j := &rangeJoin{spec: s, ctx: b.newCtx(), pred: newPairFilter(s.Residual), once: b.once, cons: consolidator{seed: b.g.Seed, stop: b.g.work}}
	in, keys := [2]Ref{left, right}, [2][]int{s.LeftKeys, s.RightKeys}
	outer := [2]bool{s.Kind != Inner && s.Kind != Right, s.Kind == Right || s.Kind == Full}
	if j.order = [2]int{0, 1}; b.once && outer[0] { // then no row is without a match that finds one later
		j.order = [2]int{1, 0}
	}
	for i := range j.sides {
		types := b.Types(in[i])
		x := &j.sides[i]
		*x = rangeSide{counted: outer[i], sign: 1, delta: col.NewBatch(types...)}
		x.by, x.ends = endsOf(s.Ranges, i)
		o := orderedSpec{Types: types, Group: keys[i], Order: []OrderBy{{Col: x.by}}}
		if outer[i] {
			o.Extra = 8
		}
		x.rows = b.newOrderedRows(o)
		j.lay[i] = joinSide{keys: keys[i], types: types, outer: outer[i]}
	}
	if s.Kind == Semi {
		j.sides[0].sign = -1
	}
	j.lay[1].first = len(j.lay[0].types)
	all := slices.Concat(j.lay[0].types, j.lay[1].types)
	for _, c := range s.Out {
		j.types = append(j.types, all[c])
	}
	only := b.AppendOnly(left) && b.AppendOnly(right) && (s.Kind == Inner || s.Kind == Semi || b.once && s.Kind != Full)
	r := b.Add(j, j.types, only, left, right)
	b.carryJoin(r, in, s)
	j.gone = b.bounded(in, s)
	for i, t := range j.gone {
		if t != nil && (len(keys[i]) > 0 || t.Col != j.sides[i].by) {
			j.gone[i] = nil
		}
	}
	b.g.nodes[r].closes = j.gone != [2]*TimeBound{}
	return r
}

var mirrored = map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<="}

// endsOf picks the column by which a side lies in order: one that is bounded on both ends,
// if there is any; and what bounds it.
func endsOf(ranges []RangeKey, side int) (by int, ends []rangeEnd) {
	of := map[int][]rangeEnd{}
	by = -1
	for _, r := range ranges {
		c, e := r.Left, rangeEnd{r.Op, r.Right, r.Add}
		if side == 1 {
			c, e = r.Right, rangeEnd{mirrored[r.Op], r.Left, -r.Add}
		}
		of[c] = append(of[c], e)
		if by < 0 || twoSided(of[c]) && !twoSided(of[by]) {
			by = c
		}
	}
	return by, of[by]
}

func twoSided(ends []rangeEnd) bool {
	low := slices.ContainsFunc(ends, func(e rangeEnd) bool { return e.op[0] == '>' })
	return low && slices.ContainsFunc(ends, func(e rangeEnd) bool { return e.op[0] == '<' })
}

// Apply keeps the batch until the flush.
func (j *rangeJoin) Apply(_ *Tick, in int, b *col.Batch, _ Emit) error {
	j.sides[in].delta.AppendBatch(b)
	return nil
}

// Flush serves the changes of both sides, one after the other.
func (j *rangeJoin) Flush(t *Tick, emit Emit) error {
	defer j.ctx.Reset()
	t.evalAt(j.ctx)
	for n, side := range j.order {
		x := &j.sides[side]
		d := j.cons.run(x.delta)
		if d.N > 0 {
			if err := j.settle(t, side, d, j.once && n == 1, emit); err != nil {
				return err
			}
		}
		x.delta.Reset()
	}
	if t.last {
		j.forget(t)
	}
	return nil
}

// settle meets a side's change with the other side and merges it, unless it is the last.
func (j *rangeJoin) settle(t *Tick, side int, d *col.Batch, last bool, emit Emit) error {
	x, k := &j.sides[side], j.sides[side].rows.keysOf(d)
	m := rangeMeet{j: j, t: t, side: side, d: d, matches: make([]int64, d.N), emit: emit, pairs: layoutWhole(j.spec, &j.lay, side, d)}
	if err := m.run(); err != nil {
		return err
	}
	if !last {
		if err := j.keep(side, d, k, m.matches); err != nil {
			return err
		}
	}
	if !x.counted {
		return nil
	}
	return j.alone(side, d, m.matches, emit)
}

// merge adds the weights of a batch; a new row begins with its matches.
func (x *rangeSide) merge(d *col.Batch, k *rowKeys, matches []int64) error {
	if !x.counted {
		return x.rows.merge(d, k)
	}
	var count [8]byte
	for _, i := range k.sorted {
		w := d.Weight(int(i))
		binary.LittleEndian.PutUint64(count[:], uint64(matches[i]))
		if sum, err := x.rows.tree.Add(k.key(int(i)), w, count[:]); err != nil {
			return err
		} else if sum < 0 {
			return defect("a row's weight fell below zero in a join")
		}
	}
	return nil
}

// alone emits the change's rows that their matches let stand by themselves.
func (j *rangeJoin) alone(side int, d *col.Batch, matches []int64, emit Emit) error {
	var sel []uint32
	for i, m := range matches {
		if (m == 0) == (j.sides[side].sign > 0) {
			sel = append(sel, uint32(i))
		}
	}
	if len(sel) == 0 {
		return nil
	}
	return emit(extend(j.spec, &j.lay, j.types, side, d, sel, nil))
}

// emitsPairs reports whether matches are output rows.
func (j *rangeJoin) emitsPairs() bool { return j.spec.Kind != Semi && j.spec.Kind != Anti }

// span is where the rows of a side lie that a row of the other side meets; false: nowhere.
func (j *rangeJoin) span(side int, d *col.Batch, i int, buf []byte) (s span, prefix []byte, ok bool) {
	x := &j.sides[side]
	for _, k := range j.lay[1-side].keys {
		if d.Cols[k].Null(i) && !j.spec.NullsEqual {
			return s, nil, false
		}
		buf = col.AppendOrderKey(buf, &d.Cols[k], i, col.Order{})
	}
	prefix = slices.Clip(buf)
	s = span{prefix, append(prefix, 1)} // NULLs, which meet nobody, are last
	for _, e := range x.ends {
		v, at := &d.Cols[e.other], i
		if v.Null(i) {
			return s, nil, false
		}
		if e.add != 0 {
			v, at = j.shifted(v, i, e.add), 0
		}
		place := col.AppendOrderKey(prefix, v, at, col.Order{})
		if e.op == "<=" || e.op == ">" {
			place = afterPlace(nil, place)
		}
		if e.op[0] == '<' {
			if bytes.Compare(place, s.to) < 0 {
				s.to = place
			}
		} else if bytes.Compare(place, s.from) > 0 {
			s.from = place
		}
	}
	return s, prefix, bytes.Compare(s.from, s.to) < 0
}
