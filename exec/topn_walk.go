package exec

import (
	"bytes"
	"math"
	"slices"

	"github.com/millracedb/millrace/base/col"
)

// topWalk goes through the rows of one partition that a step's change may move, in order,
// with their places before and after it. The state is merged; what a row weighed before
// is its weight less δ's.
type topWalk struct {
	n      *orderedTopN
	d      *col.Batch
	k      *rowKeys
	delta  []uint32 // rows of d, in order
	next   int      // the first of them that is not done
	prefix []byte
	beyond []byte // where the rows of greater ranks begin, if the walk came to it

	c       rowCursor
	base    int64    // weight of the state before the partition
	was, is int64    // weight of its rows before the current one, without and with δ
	place   []byte   // of the current row and its peers
	peers   [2]int64 // was and is where they begin
	dense   [2]int64 // how many values have come
	counted [2]bool  // the current one is among them
	end     int64    // of the places that are emitted
}

func (x *topWalk) run() {
	s, rows := &x.n.spec, x.n.rows
	start := x.k.key(int(x.delta[0]))
	switch s.Rank {
	case Rank:
		start = x.k.place(int(x.delta[0]))
	case DenseRank:
		start = x.prefix
	}
	if x.end = math.MaxInt64 / 2; s.Limit >= 0 {
		x.end = min(x.end, s.Offset+s.Limit)
	}
	x.base = rows.tree.Before(x.prefix)
	x.is = rows.tree.Before(start) - x.base
	x.was = x.is
	x.c = rows.seek(x.prefix, start)
	for x.step() {
	}
}

// step goes on by a row, or by many that stay as they were.
func (x *topWalk) step() bool {
	stands, changes := x.c.valid(), x.next < len(x.delta)
	if !changes && (!stands || x.was == x.is && x.peers[0] == x.peers[1] && x.dense[0] == x.dense[1]) {
		return false // what follows stands where it stood
	}
	order := 0 // the next row is the cursor's (< 0), δ's (> 0), both
	switch {
	case !changes:
		order = -1
	case !stands:
		order = 1
	default:
		order = bytes.Compare(x.c.Key(), x.k.key(int(x.delta[x.next])))
	}
	if order < 0 {
		if skipped, done := x.skip(); skipped || done {
			return skipped
		}
	}
	var key []byte
	var was, is int64
	if order <= 0 {
		key, is = x.c.Key(), x.c.Weight()
	}
	if order >= 0 {
		key, was = x.take()
	}
	was += is
	if !x.row(key, was, is) {
		return false
	}
	x.was, x.is = x.was+was, x.is+is
	if order <= 0 {
		x.c.Next()
	}
	return true
}

// take takes the next row of δ, as often as it stands there, and returns its key and what
// the row would weigh without it.
func (x *topWalk) take() (key []byte, was int64) {
	key = x.k.key(int(x.delta[x.next]))
	for x.next < len(x.delta) && bytes.Equal(x.k.key(int(x.delta[x.next])), key) {
		was -= x.d.Weight(int(x.delta[x.next]))
		x.next++
	}
	return key, was
}

// row emits what becomes of one row; false: neither it nor any behind it is emitted.
func (x *topWalk) row(key []byte, was, is int64) bool {
	n := x.n
	if n.spec.Rank == RowNumber {
		if x.was >= x.end && x.is >= x.end {
			return false
		}
		x.numbered(key, was, is)
		return true
	}
	x.meet(key)
	ranks := [2]int64{x.peers[0] + 1, x.peers[1] + 1}
	if n.spec.Rank == DenseRank {
		for i, w := range [2]int64{was, is} {
			if w > 0 && !x.counted[i] {
				x.dense[i]++
				x.counted[i] = true
			}
		}
		ranks = x.dense
	}
	if ranks[0] > x.end && ranks[1] > x.end {
		x.beyond = slices.Clone(x.place)
		return false
	}
	if ranks[0] > x.end {
		was = 0
	}
	if ranks[1] > x.end {
		is = 0
	}
	if !n.spec.EmitRank || ranks[0] == ranks[1] {
		n.add(key, is-was, ranks[1])
		return true
	}
	n.add(key, -was, ranks[0])
	n.add(key, is, ranks[1])
	return true
}

// meet takes note of where the row and its peers begin.
func (x *topWalk) meet(key []byte) {
	if place := x.n.rows.place(key); x.place == nil || !bytes.Equal(place, x.place) {
		x.place = append(x.place[:0], place...)
		x.peers, x.counted = [2]int64{x.was, x.is}, [2]bool{}
	}
}

// numbered emits those of a row's places that it has gained, or lost.
func (x *topWalk) numbered(key []byte, was, is int64) {
	a0, a1 := x.within(x.was, x.was+was)
	b0, b1 := x.within(x.is, x.is+is)
	if !x.n.spec.EmitRank {
		x.n.add(key, (b1-b0)-(a1-a0), 0)
		return
	}
	for p := a0; p < a1; p++ {
		if p < b0 || p >= b1 {
			x.n.add(key, -1, p+1)
		}
	}
	for p := b0; p < b1; p++ {
		if p < a0 || p >= a1 {
			x.n.add(key, 1, p+1)
		}
	}
}

// within is the part of a range of places that is emitted.
func (x *topWalk) within(from, to int64) (int64, int64) {
	from = max(from, x.n.spec.Offset)
	return from, max(from, min(to, x.end))
}

// skip passes over rows that are not δ's and come out after it as they did before; done
// says that all that follow do. Between two rows of δ all places move by the same, so that
// only the places at the ends of what is emitted matter.
func (x *topWalk) skip() (skipped, done bool) {
	at, ok := x.nextEdge()
	if !ok {
		return false, false
	}
	rows := x.n.rows
	if x.next < len(x.delta) {
		key := x.k.key(int(x.delta[x.next]))
		if is := rows.tree.Before(key) - x.base; at < 0 || is <= at {
			x.land(rows.seek(x.prefix, key), x.k.place(int(x.delta[x.next])), is)
			return true, false
		}
	}
	if at < 0 {
		return false, true
	}
	c, within := rows.at(x.prefix, at)
	if !c.valid() {
		return false, true
	}
	if at-within == x.is {
		return false, false // the current row reaches over the edge
	}
	x.land(c, rows.place(c.Key()), at-within)
	return true, false
}

// nextEdge is the place, with δ, up to which rows come out as they did, -1: all others do.
// It is not known where ranks are emitted that have moved.
func (x *topWalk) nextEdge() (at int64, ok bool) {
	s, moved := &x.n.spec, x.is-x.was
	if at = -1; moved == 0 && x.peers[0] == x.peers[1] {
		return at, s.Rank != DenseRank
	}
	if s.EmitRank || s.Rank == DenseRank {
		return at, false
	}
	if s.Rank == Rank {
		at = min(x.end, x.end+moved)
		return at, x.is < at
	}
	for _, e := range [4]int64{s.Offset, s.Offset + moved, x.end, x.end + moved} {
		if e > x.is && (at < 0 || e < at) {
			at = e
		}
	}
	return at, x.inside(x.was) == x.inside(x.is)
}

// inside reports whether a place is emitted.
func (x *topWalk) inside(p int64) bool {
	return p >= x.n.spec.Offset && p < x.end
}

// land goes on at a row further on: where it and its peers begin, and how much stands
// before it.
func (x *topWalk) land(c rowCursor, place []byte, is int64) {
	moved := x.is - x.was
	x.c, x.was, x.is = c, is-moved, is
	if x.n.spec.Rank == RowNumber || bytes.Equal(place, x.place) {
		return
	}
	x.place = append(x.place[:0], place...)
	x.peers[1] = x.n.rows.tree.Before(place) - x.base
	for i := x.next - 1; i >= 0; i-- { // rows of δ that stand between there and here
		row := int(x.delta[i])
		if bytes.Compare(x.k.key(row), place) < 0 {
			break
		}
		moved -= x.d.Weight(row)
	}
	x.peers[0] = x.peers[1] - moved
}
