package exec

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
)

// SetOpKind is an operation on multisets of rows.
type SetOpKind uint8

// The operations that are not a Union, a Distinct or a Join.
const (
	ExceptAll SetOpKind = iota
	IntersectAll
)

// share is how many of a rows of the left side stay beside b equal ones of the right.
func (k SetOpKind) share(a, b int64) int64 {
	if k == IntersectAll {
		return min(a, b)
	}
	return max(a-b, 0)
}

// SetOp is EXCEPT ALL and INTERSECT ALL: of each row of the left side as many as its share.
// Rows are equal by SQL's equality, NULLs being equal; of equal rows that are not identical
// (1.0 and 1.00) those of least identity bytes stay, so that the answer follows from what
// is there and not from how it came. It is fed by two Arranges by all columns (one, of an
// input with itself) and has no state of its own. What a change of one side does, for each
// row k that it touches, a and b being k's weights on the two sides:
//
//	δA: share(a + δ, b) − share(a, b)      b as it stands
//	δB: share(a, b + δ) − share(a, b)      a as it stands
type SetOp struct {
	end   *keyEnd
	kind  SetOpKind
	arr   [2]*Arrange
	exact bool // equal rows are identical
	once  bool
	types []col.Type
	order rowOrder
	cons  consolidator
}

// SetOp adds a SetOp over inputs of equal types.
func (b *Builder) SetOp(left, right Ref, kind SetOpKind) Ref {
	keys := firstN(len(b.Types(left)))
	return b.spill([]Ref{left, right}, SpillSpec{[][]int{keys, keys}, func(b *Builder, in []Ref) (Ref, *takesRows) {
		return b.setOp(in[0], in[1], kind), nil
	}})
}

func (b *Builder) setOp(left, right Ref, kind SetOpKind) Ref {
	s := &SetOp{kind: kind, once: b.once, types: b.Types(left), cons: consolidator{seed: b.g.Seed, stop: b.g.work}}
	s.exact = !slices.ContainsFunc(s.types, func(t col.Type) bool { return !col.CanonicalSame(t) })
	keys := firstN(len(s.types))
	spec := JoinSpec{Kind: Anti, LeftKeys: keys, RightKeys: keys, NullsEqual: true}
	var arr [2]Ref
	byKey := b.keyTime([2]Ref{left, right}, [2][]int{keys, keys})
	arr[1] = b.arrange(right, keys, false, byKey[1]) // so that the left side meets all of it
	arr[0] = b.arrange(left, keys, false, byKey[0])
	s.arr = [2]*Arrange{b.g.nodes[arr[0]].arr, b.g.nodes[arr[1]].arr}
	var onlyComes bool
	switch {
	case b.once:
		onlyComes = kind == IntersectAll || spec.settlesFirst(arr)
	case kind == IntersectAll:
		onlyComes = s.exact && b.AppendOnly(left) && b.AppendOnly(right)
	}
	r := b.addJoin(s, s.types, onlyComes, arr, spec, [2]bool{})
	b.carrySame(r)
	s.end = b.ending(arr, byKey)
	b.g.nodes[r].closes = s.end != nil
	return r
}

// Flush lets go of what the step's watermarks have made useless; an event is served at once.
func (s *SetOp) Flush(t *Tick, _ Emit) error {
	s.end.forget(t)
	return nil
}

// Apply serves an event: the change of one side, consolidated and hashed by all columns.
func (s *SetOp) Apply(t *Tick, in int, d *col.Batch, emit Emit) error {
	keys := canonicalKeys(d, s.arr[in].keys)
	first, part := new(partitioner).number(keys, d.Hash, nil)
	k := touchedRows{in: in, part: part, keys: gatherKeys(keys, first), hash: make([]uint64, len(first))}
	for i, f := range first {
		k.hash[i] = d.Hash[f]
	}
	var was, is [2][]int64
	for side, a := range s.arr {
		was[side] = make([]int64, len(first))
		a.state.Weight(was[side], k.keys, k.hash)
		is[side] = slices.Clone(was[side])
	}
	switch {
	case s.once: // all of a side comes at once, and it may not be kept
		clear(was[in])
		clear(is[in])
		addByPart(is[in], d, part, 1)
	case t.Merged():
		addByPart(was[in], d, part, -1)
	default:
		addByPart(is[in], d, part, 1)
	}
	k.was, k.is = was[0], is[0]
	same := true
	for i := range k.was {
		k.was[i], k.is[i] = s.kind.share(was[0][i], was[1][i]), s.kind.share(is[0][i], is[1][i])
		same = same && k.was[i] == k.is[i]
	}
	switch {
	case same && (s.exact || in == 1):
		return nil
	case s.exact:
		return s.emitShares(d, first, &k, emit)
	}
	return s.emitRows(t, d, &k, emit)
}

// touchedRows are the rows of one event that differ by SQL's equality.
type touchedRows struct {
	in      int
	part    []uint32 // of the event's rows: which
	keys    []*col.Vector
	hash    []uint64
	was, is []int64 // their shares
}

func addByPart(w []int64, d *col.Batch, part []uint32, sign int64) {
	for i, p := range part {
		w[p] += sign * d.Weight(i)
	}
}

// emitShares emits how the shares changed, where equal rows are identical.
func (s *SetOp) emitShares(d *col.Batch, first []uint32, k *touchedRows, emit Emit) error {
	out := *d
	out.W, out.Sel, out.AppendOnly = make([]int64, d.N), make([]uint32, 0, len(first)), false
	for i, f := range first {
		if w := k.is[i] - k.was[i]; w != 0 {
			out.W[f] = w
			out.Sel = append(out.Sel, f)
		}
	}
	return emit(&out)
}

// emitRows emits how the rows changed that the shares consist of.
func (s *SetOp) emitRows(t *Tick, d *col.Batch, k *touchedRows, emit Emit) error {
	rows, part := col.NewBatch(s.types...), []uint32(nil)
	left := s.arr[0]
	if !s.once || k.in == 1 {
		err := left.state.Probe(k.keys, k.hash, allOf(left.payload), func(at []uint32, found *col.Batch) error {
			rows.AppendBatch(left.rebuild(k.keys, at, found))
			part = append(part, at...)
			return nil
		})
		if err != nil {
			return err
		}
	}
	diff := col.NewBatch(s.types...)
	switch {
	case k.in == 1:
		s.take(diff, rows, part, k.was, -1)
		s.take(diff, rows, part, k.is, 1)
	case t.Merged() && !s.once:
		s.take(diff, rows, part, k.is, 1)
		rows, part = s.with(rows, part, d, k.part, -1)
		s.take(diff, rows, part, k.was, -1)
	default:
		s.take(diff, rows, part, k.was, -1)
		rows, part = s.with(rows, part, d, k.part, 1)
		s.take(diff, rows, part, k.is, 1)
	}
	if diff = s.cons.run(diff); diff.N == 0 {
		return nil
	}
	return emit(diff)
}

// with adds a change to rows, or takes it from them, and nets them.
func (s *SetOp) with(rows *col.Batch, part []uint32, d *col.Batch, of []uint32, sign int64) (*col.Batch, []uint32) {
	change := *d
	change.W = make([]int64, d.N)
	for i := range change.W {
		change.W[i] = sign * d.Weight(i)
	}
	rows.AppendBatch(&change)
	mark := col.NewVector(col.Int4) // the part goes with its row
	for _, p := range append(part, of...) {
		mark.AppendI32(int32(p))
	}
	rows.Cols = append(rows.Cols, *mark)
	net := s.cons.run(rows)
	n := len(s.types)
	part = make([]uint32, net.N)
	for i, p := range net.Cols[n].I32[:net.N] {
		part[i] = uint32(p)
	}
	net.Cols = net.Cols[:n]
	return net, part
}

// take appends, of the rows of each part, the first of its share, in order of identity.
func (s *SetOp) take(out, rows *col.Batch, part []uint32, share []int64, sign int64) {
	by := make([][]uint32, len(share))
	for i, p := range part {
		if share[p] > 0 {
			by[p] = append(by[p], uint32(i))
		}
	}
	s.order.over(rows)
	for p, of := range by {
		rest := share[p]
		for _, r := range s.order.first(of, -1, false) {
			if rest == 0 {
				break
			}
			w := min(rest, rows.Weight(int(r)))
			out.AppendRow(rows, int(r), sign*w)
			rest -= w
		}
	}
}
