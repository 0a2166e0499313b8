package exec

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/state"
)

// AsOf meets each left row with the one right row of its key whose time is nearest on one
// side of its own: the last at or before it, or the first at or after it. Right rows with one
// time lie as they arrived, or by their identity bytes. What a change does, m(l) being l's match:
//
//	δR:  −(l, m_old(l)) + (l, m_new(l))    for the left rows l between a changed right row and
//	                                       the next one of its key, where the match is another
//	δL:  (l, m(l))                         as R stands then
//
// Both sides lie in ordered state, by key and time. Where both only grow and carry watermarks
// of their times, a left row goes when no right row to come can be nearer, and a right row
// when another of its key is nearer to all left rows to come.
type AsOf struct {
	spec  AsOfSpec
	sides [2]asofSide
	ties  *arrivals  // the right rows, as they arrived; nil: ties lie by their bytes
	types []col.Type // left ++ right
	out   *col.Batch
	buf   []byte // keys of the affected left rows and of their matches
	place []byte
	match []byte
}

type asofSide struct {
	types []col.Type
	keys  []int
	time  int
	rows  *orderedRows
	ages  *state.Ordered // row keys by time; nil: no row is forgotten
	came  *col.Batch
	tied  bool // of what comes equal rows may be taken together: it does not show when they came
	cons  consolidator
}

// AsOfSpec describes an as-of join.
type AsOfSpec struct {
	LeftKeys, RightKeys []int // of equal types; NULL keys meet nothing
	LeftTime, RightTime int   // of one type; NULL meets nothing
	Forward             bool  // the match is at or after the left row's time; else at or before
	Strict              bool  // not at it
	Outer               bool  // left rows without a match are kept
	Arrival             bool  // of right rows with one time the last to arrive comes last; else the greatest by its bytes
	Out                 []int // columns of left, then right, to emit; nil: all
}

// AsOf adds an AsOf.
func (b *Builder) AsOf(left, right Ref, s AsOfSpec) Ref {
	if len(s.LeftKeys) == 0 {
		return b.asOf(left, right, s)
	}
	return b.spill([]Ref{left, right}, SpillSpec{[][]int{s.LeftKeys, s.RightKeys}, func(b *Builder, in []Ref) (Ref, *takesRows) {
		return b.asOf(in[0], in[1], s), nil
	}})
}

func (b *Builder) asOf(left, right Ref, s AsOfSpec) Ref {
	j := &AsOf{spec: s}
	in, keys, times := [2]Ref{left, right}, [2][]int{s.LeftKeys, s.RightKeys}, [2]int{s.LeftTime, s.RightTime}
	for i := range 2 {
		order := OrderBy{Col: times[i], Order: col.Order{Desc: s.Forward}}
		types := b.Types(in[i])
		j.sides[i] = asofSide{types: types, keys: keys[i], time: times[i], came: col.NewBatch(types...), cons: consolidator{seed: b.g.Seed, stop: b.g.work}}
		if i == 1 && s.Arrival {
			j.ties = b.newArrivals(types, keys[i], order)
			j.sides[i].rows = j.ties.rows
		} else {
			j.sides[i].tied = true
			j.sides[i].rows = b.newOrderedRows(orderedSpec{Types: types, Group: keys[i], Order: []OrderBy{order}})
		}
		j.types = append(j.types, types...)
	}
	if s.Out == nil {
		j.spec.Out = firstN(len(j.types))
	}
	ends := !b.once && !s.Forward && b.ages(left, s.LeftTime) && b.ages(right, s.RightTime)
	for i := range 2 {
		if ends {
			j.sides[i].ages = b.newOrdered()
		}
	}
	if j.ties != nil && !b.AppendOnly(right) {
		j.ties.numbers = b.newOrdered()
	}
	j.out = col.NewBatch(j.types...)
	out := make([]col.Type, len(j.spec.Out))
	for i, c := range j.spec.Out {
		out[i] = j.types[c]
	}
	r := b.Add(j, out, b.once && b.AppendOnly(left) && b.AppendOnly(right), left, right)
	for i, c := range j.spec.Out {
		if c == s.LeftTime && !s.Forward && b.carried(left, s.LeftTime) && b.carried(right, s.RightTime) {
			b.Carry(r, i, 0, s.LeftTime, nil)
			b.Carry(r, i, 1, s.RightTime, nil)
		}
	}
	b.g.nodes[r].closes = ends
	return r
}

// ages reports whether rows can be forgotten by the watermark of a column.
func (b *Builder) ages(in Ref, c int) bool {
	return b.AppendOnly(in) && b.carried(in, c) && b.g.nodes[in].promise && b.Types(in)[c].Kind() == col.KindI64
}

// Apply keeps the batch until the flush.
func (j *AsOf) Apply(t *Tick, in int, b *col.Batch, _ Emit) error {
	j.sides[in].came.AppendBatch(b)
	return t.keep(b)
}

// Flush serves the change of the right side as the left one stood, then that of the left.
func (j *AsOf) Flush(t *Tick, emit Emit) error {
	left, right := &j.sides[0], &j.sides[1]
	defer left.came.Reset()
	defer right.came.Reset()
	if d := right.complete(nil); d.N > 0 {
		if err := j.turn(d, emit); err != nil {
			return err
		}
	}
	if left.came.N > 0 {
		var alone []uint32
		d := left.complete(&alone)
		if j.spec.Outer && len(alone) > 0 {
			whole := stored(left.came)
			for _, i := range alone {
				if err := j.put(whole, int(i), nil, whole.Weight(int(i)), emit); err != nil {
					return err
				}
			}
		}
		if err := j.enter(d, emit); err != nil {
			return err
		}
	}
	if t.last && left.ages != nil {
		j.forget(t)
	}
	return j.send(emit)
}

// complete is the side's change, consolidated if it may be, in the form that states keep, without the
// rows that have no key or time; alone takes their places in the batch that came.
func (s *asofSide) complete(alone *[]uint32) *col.Batch {
	if s.came.N == 0 {
		return s.came
	}
	need := append(slices.Clone(s.keys), s.time)
	sel := make([]uint32, 0, s.came.N)
	for i := range s.came.N {
		if !anyNull(s.came, need, i) {
			sel = append(sel, uint32(i))
		} else if alone != nil {
			*alone = append(*alone, uint32(i))
		}
	}
	d := s.came
	if len(sel) < d.N {
		part := *d
		part.Sel = sel
		d = part.Compact()
	}
	if s.tied {
		d = s.cons.run(d)
	}
	d.Stable = true
	return stored(d)
}

// merge takes a change into the side's state.
func (s *asofSide) merge(d *col.Batch, k *rowKeys) error {
	if err := s.rows.merge(d, k); err != nil || s.ages == nil {
		return err
	}
	var key []byte
	for i := range d.N {
		key = append(ageKey(key[:0], d.Cols[s.time].I64[i]), k.key(i)...)
		if _, err := s.ages.Put(key, nil); err != nil {
			return err
		}
	}
	return nil
}

func ageKey(dst []byte, at int64) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(at)^1<<63)
}

// affected is a left row whose match may be another after the step.
type affected struct {
	prefix, place, match [2]int // in AsOf.buf; match: the key of the old one, empty: none
}

// turn serves a change of the right side.
func (j *AsOf) turn(d *col.Batch, emit Emit) error {
	left, right := &j.sides[0], &j.sides[1]
	keyed := right.rows
	if j.ties != nil {
		keyed = j.ties.plain
	}
	k := keyed.keysOf(d)
	rows := col.NewBatch(left.types...)
	var each []affected
	var upto []byte // what lies before it has been taken
	all := false    // everything has
	j.buf = j.buf[:0]
	for _, i := range k.sorted {
		if all {
			break
		}
		prefix := k.prefix(int(i))
		from, to := j.span(k, int(i))
		if bytes.Compare(from, upto) < 0 {
			from = upto
		}
		if to != nil && bytes.Compare(from, to) >= 0 {
			continue
		}
		for c := left.rows.seek(prefix, from); c.valid() && (to == nil || bytes.Compare(c.Key(), to) < 0); c.Next() {
			left.rows.read(rows, &c, c.Weight())
			each = append(each, j.note(prefix, left.rows.place(c.Key())))
		}
		upto, all = append(upto[:0], to...), to == nil
	}
	if err := j.enterRight(d, k); err != nil {
		return err
	}
	for i, x := range each {
		before := j.at(x.match)
		m := j.nearest(j.at(x.prefix), j.at(x.place))
		var after []byte
		if m.valid() {
			after = m.Key()
		}
		if bytes.Equal(before, after) || j.ties != nil && j.ties.same(before, after) {
			continue
		}
		w := rows.Weight(i)
		if err := j.put(rows, i, before, -w, emit); err != nil {
			return err
		}
		if err := j.put(rows, i, after, w, emit); err != nil {
			return err
		}
	}
	return nil
}

// enterRight takes a change into the right side's state; k are its keys without numbers.
func (j *AsOf) enterRight(d *col.Batch, k *rowKeys) error {
	right := &j.sides[1]
	if j.ties == nil {
		return right.merge(d, k)
	}
	come, leave, err := j.ties.numbered(d, k)
	if err != nil {
		return err
	}
	if err := right.merge(come, right.rows.keysOf(come)); err != nil {
		return err
	}
	return right.merge(leave, right.rows.keysOf(leave))
}

func (j *AsOf) at(x [2]int) []byte { return j.buf[x[0]:x[1]] }

// note remembers a left row's place, and its match as the right side stands.
func (j *AsOf) note(prefix, place []byte) (x affected) {
	keep := func(b []byte) [2]int {
		from := len(j.buf)
		j.buf = append(j.buf, b...)
		return [2]int{from, len(j.buf)}
	}
	x.prefix, x.place = keep(prefix), keep(place)
	if m := j.nearest(prefix, place); m.valid() {
		x.match = keep(m.Key())
	}
	return x
}

// span is where the left rows lie whose match a right row of the change is, or may become:
// from its time on, up to that of the next one. to is nil for the end of the state.
func (j *AsOf) span(k *rowKeys, i int) (from, to []byte) {
	right := j.sides[1].rows
	j.place = j.edge(j.place[:0], k.place(i))
	if j.ties != nil {
		next := right.seek(k.prefix(i), afterPlace(nil, k.place(i)))
		if !next.valid() {
			return j.place, afterPlace(nil, k.prefix(i))
		}
		return j.place, j.edge(nil, j.ties.place(next.Key()))
	}
	next := right.seek(k.prefix(i), k.key(i))
	if next.valid() && bytes.Equal(next.Key(), k.key(i)) {
		next.Next()
	}
	if !next.valid() {
		return j.place, afterPlace(nil, k.prefix(i))
	}
	return j.place, j.edge(nil, right.place(next.Key()))
}

// edge is where the left rows begin that a right row at a place may meet.
func (j *AsOf) edge(dst, place []byte) []byte {
	if j.spec.Strict {
		return afterPlace(dst, place)
	}
	return append(dst, place...)
}

// nearest stands at the match of the left rows at a place.
func (j *AsOf) nearest(prefix, place []byte) rowCursor {
	right := j.sides[1].rows
	if j.spec.Strict {
		return right.seekBefore(prefix, place)
	}
	j.match = afterPlace(j.match[:0], place)
	return right.seekBefore(prefix, j.match)
}

// enter serves a change of the left side.
func (j *AsOf) enter(d *col.Batch, emit Emit) error {
	left := &j.sides[0]
	k := left.rows.keysOf(d)
	for i := range d.N {
		m := j.nearest(k.prefix(i), k.place(i))
		var match []byte
		if m.valid() {
			match = m.Key()
		}
		if err := j.put(d, i, match, d.Weight(i), emit); err != nil {
			return err
		}
	}
	return left.merge(d, k)
}

// put adds a left row, as states keep it, with its match (nil: none) to what is emitted.
func (j *AsOf) put(left *col.Batch, i int, match []byte, w int64, emit Emit) error {
	if len(match) == 0 && !j.spec.Outer {
		return nil
	}
	width := len(j.sides[0].types)
	for c := range width {
		j.out.Cols[c].AppendFrom(&left.Cols[c], i)
	}
	if len(match) == 0 {
		for c := width; c < len(j.out.Cols); c++ {
			j.out.Cols[c].AppendNull()
		}
	} else {
		col.ReadIdentity(j.out.Cols[width:], j.sides[1].rows.identity(match))
	}
	if j.out.Grow(j.out.N+1, w); j.out.N < col.BatchRows {
		return nil
	}
	return j.send(emit)
}

func (j *AsOf) send(emit Emit) error {
	if j.out.N == 0 {
		return nil
	}
	b := *j.out
	b.Cols = pick(b.Cols, j.spec.Out)
	err := emit(&b)
	j.out.Reset()
	return err
}
