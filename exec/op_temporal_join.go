package exec

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/storage/state"
)

// TemporalJoin meets each left row with the right rows of its key as they are at the end of
// the tick in which it came, once and for all: FOR SYSTEM_TIME AS OF PROCTIME(). What a
// change does:
//
//	+l:  (l, r) for the rows r of its key, in the tick's last step
//	−l:  withdraws what was emitted for l, whatever the right side has become
//	δR:  nothing
//
// The right side is an Arrange that joins share. A left side that only grows needs no memory
// but for the rows of a tick that wait for its last step (they wait in pool pages; there are
// none where the rest of the tick cannot change the right side). Of any other the join
// remembers, by the row's hash, what it emitted for it: a row for each match with its weight,
// or one that says there was none. Of equal left rows that came in several ticks the one
// that came last goes first.
type TemporalJoin struct {
	spec  JoinSpec
	sides [2]joinSide
	pred  *pairFilter
	ctx   *fn.Ctx
	seed  col.Seed
	pairs *pairer

	came *col.Batch
	cons consolidator
	held [2]*state.Arrangement // rows that came and, but for a left side that only grows, that went, until the last step
	memo *memo                 // nil: the left side only grows
	full []col.Type            // left ++ right
	out  []col.Type
}

// TemporalJoin adds a TemporalJoin, inner or left; in a dataflow that runs once it is a Join
// with the present rows.
func (b *Builder) TemporalJoin(left, right Ref, s JoinSpec) Ref {
	if b.once {
		return b.Join(left, right, s)
	}
	j := &TemporalJoin{spec: s, ctx: b.newCtx(), seed: b.g.Seed, cons: consolidator{seed: b.g.Seed, stop: b.g.work}}
	from := b.arrange(right, s.RightKeys, true, -1)
	a := b.g.nodes[from].arr
	a.merge = true
	lt, rt := b.Types(left), b.Types(right)
	j.sides = [2]joinSide{{keys: s.LeftKeys, types: lt}, {arr: a, keys: s.RightKeys, first: len(lt), types: rt}}
	j.full = slices.Concat(lt, rt)
	if s.Out == nil {
		j.spec.Out = firstN(len(j.full))
	}
	for _, c := range j.spec.Out {
		j.out = append(j.out, j.full[c])
	}
	if s.Residual != nil {
		j.pred = newPairFilter(s.Residual)
	}
	j.came = col.NewBatch(lt...)
	grows := b.AppendOnly(left)
	j.held[0] = b.newArrangement(state.ArrLayout{Payload: lt, AppendOnly: true, Unique: true})
	if !grows {
		j.held[1] = b.newArrangement(state.ArrLayout{Payload: lt, AppendOnly: true, Unique: true})
		j.memo = b.newMemo(j.full, len(lt)) // the factor is the match's weight, 0: none
	}
	r := b.Add(j, j.out, grows, left, from)
	b.g.nodes[r].looksUp = true
	for i, c := range j.spec.Out {
		if c < len(lt) {
			b.Carry(r, i, 0, c, nil)
		}
	}
	return r
}

// Apply keeps the batch until the flush; the right side's port is served to nobody.
func (j *TemporalJoin) Apply(_ *Tick, _ int, b *col.Batch, _ Emit) error {
	j.came.AppendBatch(b)
	return nil
}

// Flush joins what has come, or has it wait for the tick's last step.
func (j *TemporalJoin) Flush(t *Tick, emit Emit) error {
	defer j.came.Reset()
	defer j.ctx.Reset()
	t.evalAt(j.ctx)
	if !t.last && !t.Settled(1) {
		if j.came.N == 0 {
			return nil
		}
		t.Wake(t.now)
		return j.hold()
	}
	born := int64(t.step) << 16
	if err := j.release(0, func(rows *col.Batch) error { born++; return j.meet(t, rows, born, emit) }); err != nil {
		return err
	}
	plus, minus := bySign(j.single(j.came))
	if plus.Len() > 0 {
		born++
		if err := j.meet(t, plus.Compact(), born, emit); err != nil {
			return err
		}
	}
	if err := j.release(1, func(rows *col.Batch) error { return j.withdraw(rows, emit) }); err != nil {
		return err
	}
	if minus.Len() == 0 {
		return nil
	}
	return j.withdraw(leaving(minus.Compact()), emit)
}

// single adds up equal rows where they are remembered.
func (j *TemporalJoin) single(d *col.Batch) *col.Batch {
	if j.memo == nil || d.N == 0 {
		return d
	}
	return j.cons.sum(d)
}

// bySign selects the rows of a dense batch that come, and those that go.
func bySign(d *col.Batch) (plus, minus *col.Batch) {
	p, m := *d, *d
	p.Sel, m.Sel = []uint32{}, []uint32{}
	for i := range d.N {
		if d.Weight(i) > 0 {
			p.Sel = append(p.Sel, uint32(i))
		} else {
			m.Sel = append(m.Sel, uint32(i))
		}
	}
	return &p, &m
}

// leaving is the rows of a batch with the weights that go.
func leaving(d *col.Batch) *col.Batch {
	out := *d
	out.W = negated(d)
	return &out
}

// hold keeps the step's rows for the tick's last step.
func (j *TemporalJoin) hold() error {
	plus, minus := bySign(j.came)
	for i, d := range []*col.Batch{plus, minus} {
		if d.Len() == 0 {
			continue
		}
		d = d.Compact()
		if i == 1 {
			d = leaving(d)
		}
		hash := make([]uint64, d.N)
		j.seed.Keys(hash, nil)
		if err := j.held[i].Merge(nil, hash, stored(d)); err != nil {
			return err
		}
	}
	return nil
}

// release hands out the rows that wait, some at a time, and forgets them.
func (j *TemporalJoin) release(which int, f func(rows *col.Batch) error) error {
	a := j.held[which]
	if a == nil || a.Len() == 0 {
		return nil
	}
	for from := state.RowID(0); from != state.Absent; {
		var err error
		from, err = a.Scan(from, func(rows *col.Batch) error {
			rows.Stable = true // its strings lie in the state
			return f(j.single(rows))
		})
		if err != nil {
			return err
		}
	}
	a.Clear()
	return nil
}

// meet emits the pairs of rows that come, and remembers them.
func (j *TemporalJoin) meet(t *Tick, d *col.Batch, born int64, emit Emit) error {
	d.Hash, d.HashOf = nil, nil
	keys := canonicalKeys(d, j.spec.LeftKeys)
	hash := make([]uint64, d.N)
	j.seed.Keys(hash, keys)
	keys, hash, at := withoutNulls(&col.Batch{N: d.N, Cols: d.Cols, Hash: hash}, j.spec.LeftKeys, keys)
	matched := make([]bool, d.N)
	p := j.layout(d)
	err := j.sides[1].arr.state.Probe(keys, hash, p.payload, func(left []uint32, rows *col.Batch) error {
		through(left, at)
		weights := rows.W
		pairs := p.combine(left, rows)
		if j.pred != nil {
			var err error
			if pairs, err = j.pred.run(t, j.ctx, pairs); err != nil {
				return err
			}
		}
		for i := range pairs.Len() {
			matched[left[pairs.Row(i)]] = true
		}
		if err := j.remember(d, pairs, left, weights, born); err != nil || pairs.Len() == 0 {
			return err
		}
		pairs.Cols = pick(pairs.Cols, j.spec.Out)
		return emit(pairs)
	})
	if err != nil {
		return err
	}
	var alone []uint32
	for i, m := range matched {
		if !m {
			alone = append(alone, uint32(i))
		}
	}
	if len(alone) == 0 {
		return nil
	}
	return j.meetNobody(d, alone, born, emit)
}

// meetNobody serves the rows without a match.
func (j *TemporalJoin) meetNobody(d *col.Batch, alone []uint32, born int64, emit Emit) error {
	if j.memo != nil {
		whole := JoinSpec{Out: firstN(len(j.full))}
		b := extend(whole, &j.sides, j.full, 0, d, alone, nil)
		if err := j.memo.enter(d, alone, b.Compact(), make([]int64, len(alone)), born); err != nil {
			return err
		}
	}
	if j.spec.Kind != Left {
		return nil
	}
	return emit(extend(j.spec, &j.sides, j.out, 0, d, alone, nil))
}

// layout lays out pairs with all columns where they are remembered.
func (j *TemporalJoin) layout(d *col.Batch) *pairer {
	if j.pairs == nil {
		s := j.spec
		if j.memo != nil {
			s.Out = firstN(len(j.full))
		}
		j.pairs = layoutPairs(s, &j.sides, 0, d)
	}
	j.pairs.b = d
	return j.pairs
}

// remember enters pairs into the memo: equal right rows as one, by their weights together.
func (j *TemporalJoin) remember(d, pairs *col.Batch, left []uint32, weights []int64, born int64) error {
	if j.memo == nil || pairs.Len() == 0 {
		return nil
	}
	b := *pairs
	b.W = make([]int64, b.N)
	for i := range b.W {
		b.W[i] = 1
		if weights != nil {
			b.W[i] = weights[i]
		}
	}
	b.Consolidated, b.Cols = false, append(slices.Clone(b.Cols), leftRow(left))
	one := j.cons.sum(b.Compact())
	of := make([]uint32, one.N)
	for i := range of {
		of[i] = uint32(one.Cols[len(j.full)].I64[i])
	}
	factors := make([]int64, one.N)
	for i := range factors {
		factors[i] = one.Weight(i)
	}
	one.Cols, one.W = one.Cols[:len(j.full)], nil
	return j.memo.enter(d, of, one, factors, born)
}

// leftRow is the places of the left rows as a column.
func leftRow(left []uint32) col.Vector {
	v := col.Vector{}
	v.Reset(col.Int8)
	for _, l := range left {
		v.AppendI64(int64(l))
	}
	return v
}

// withdraw takes back what was emitted for rows, whose weights are how many of them go.
func (j *TemporalJoin) withdraw(d *col.Batch, emit Emit) error {
	there, goes, err := j.memo.take(d)
	if err != nil {
		return err
	}
	out := *there
	out.W, out.Sel = make([]int64, there.N), []uint32{}
	for i, n := range goes {
		if n == 0 {
			continue
		}
		switch f := there.Cols[len(j.full)].I64[i]; {
		case f > 0:
			out.Sel, out.W[i] = append(out.Sel, uint32(i)), -n*f
		case j.spec.Kind == Left:
			out.Sel, out.W[i] = append(out.Sel, uint32(i)), -n
		}
	}
	if len(out.Sel) == 0 {
		return nil
	}
	out.Cols, out.Stable = pick(out.Cols, j.spec.Out), true
	return emit(&out)
}
