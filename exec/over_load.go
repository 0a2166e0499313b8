package exec

import (
	"bytes"
	"math"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/over"
)

// overRow is a row that is evaluated: its key in the tree, and what stood beside it.
type overRow struct {
	key, old []byte
}

// leastRound and mostRound bound how many rows are evaluated before the States that they carry
// are compared with those that stood there: at first few, twice as many each time.
const (
	leastRound = 16
	mostRound  = 16 << 10
)

// load brings the next rows of a partition that are to be evaluated, and those around them
// that they look at, into n.in; more is false when nothing of the partition is left.
func (n *Over) load(d *col.Batch, j *overJob) (more bool) {
	start := j.from
	if start == nil {
		if j.next == len(j.changes) {
			return false
		}
		start = n.start(d, j)
	}
	lo, before := n.context(j, start)
	s := over.Segment{From: n.in.B.N, Before: before}
	n.head(j, lo)
	s.Lo = n.in.B.N
	c := n.rows.seek(j.prefix, lo)
	w := overWalk{n: n, since: math.MaxInt32, groups: math.MaxInt32}
	for ; c.valid() && bytes.Compare(c.Key(), start) < 0; c.Next() {
		w.append(&c)
	}
	s.Begin = n.in.B.N
	j.from = nil
	if s.End = n.targets(d, j, &c, &w); s.End > s.Begin {
		n.behind(&c, &w, s.End)
		s.To = n.in.B.N
		n.in.Segs = append(n.in.Segs, s)
	}
	return true
}

// overWalk appends rows in order to what is evaluated.
type overWalk struct {
	n      *Over
	rows   int
	place  []byte // of the last row
	since  int64  // rows from the last change to the last row,
	groups int64  // and groups of peers, its own being 1
	of     []byte // the place of the last change, or of a row behind it
}

// append appends the row at a cursor.
func (w *overWalk) append(c *rowCursor) {
	n := w.n
	place := n.rows.place(c.Key())
	peer := w.rows > 0 && bytes.Equal(place, w.place)
	if !peer {
		w.place = n.read.keep(place)
	}
	n.in.Grow(peer)
	n.rows.read(n.in.B, c, 1)
	w.rows++
	w.since++
	if w.of != nil && !bytes.Equal(w.of, w.place) {
		w.groups, w.of = w.groups+1, w.place
	}
}

// changed notes that a change is come to; its place is good for the step.
func (w *overWalk) changed(place []byte) { w.since, w.groups, w.of = -1, 1, place }

// near reports whether the last row is so near to the last change that it matters.
func (w *overWalk) near(e over.Extent) bool { return w.since <= e.Rows || w.groups <= e.Groups }

// start is the key of the first row that the changes from the next one on matter to. Of rows that
// came each begins to matter behind the one before it, and so it is of rows that went. But by a bound
// that comes to meet another column than the order's, such as a group's number, a row that came may
// matter further to the front than one that went before it.
func (n *Over) start(d *col.Batch, j *overJob) []byte {
	first := n.touched(d, j, j.changes[j.next])
	if len(n.reach.Behind.Bounds) == 0 {
		return first
	}
	sort := j.changes[j.next].sort(d)
	for j.other = max(j.other, j.next+1); j.other < len(j.changes) && j.changes[j.other].sort(d) == sort; {
		j.other++
	}
	if j.other < len(j.changes) {
		if s := n.touched(d, j, j.changes[j.other]); bytes.Compare(s, first) < 0 {
			return s
		}
	}
	return first
}

// touched is the key of the first row that a change matters to.
func (n *Over) touched(d *col.Batch, j *overJob, x overChange) []byte {
	if n.reach.Head > 0 && n.rows.tree.Before(x.key)-n.rows.tree.Before(j.prefix) < n.reach.Head {
		j.all = true
	}
	e := n.reach.Behind
	if e.All || n.reach.Front.All || j.all {
		return j.prefix
	}
	return n.back(j.prefix, x.key, e, func(k over.Key, row *col.Batch) bool { return n.compareBound(k, row, 0, d, x.row) >= 0 })
}

// back walks back from a key as far as an extent says and returns the key of the last row
// come to. reached tells of a row whether a bound reaches there.
func (n *Over) back(prefix, key []byte, e over.Extent, reached func(k over.Key, row *col.Batch) bool) []byte {
	start, place, groups := key, n.rows.place(key), int64(1)
	c := n.rows.seekBefore(prefix, key)
	for rows := int64(0); c.valid(); rows++ {
		if p := n.rows.place(c.Key()); !bytes.Equal(p, place) {
			place, groups = p, groups+1
		}
		if rows >= e.Rows && groups > e.Groups {
			if len(e.Bounds) == 0 {
				break
			}
			n.one.Reset()
			n.rows.read(n.one, &c, 1)
			if !slices.ContainsFunc(e.Bounds, func(k over.Key) bool { return reached(k, n.one) }) {
				break
			}
		}
		start = c.Key()
		c.Prev()
	}
	return n.read.keep(start)
}

// compareBound compares a bound at row i of a with the key of row k of b, in the order.
func (n *Over) compareBound(x over.Key, a *col.Batch, i int, b *col.Batch, k int) int {
	n.k1 = col.AppendOrderKey(n.k1[:0], &a.Cols[x.Bound], i, x.Frame.By)
	n.k2 = col.AppendOrderKey(n.k2[:0], &b.Cols[x.Frame.Key], k, x.Frame.By)
	return bytes.Compare(n.k1, n.k2)
}

// context is the key of the first row that the row at start looks at, and the States before it.
func (n *Over) context(j *overJob, start []byte) (lo, before []byte) {
	e := n.reach.Front
	if e.All || n.reach.Behind.All || j.all && !n.reach.Carries {
		return j.prefix, nil
	}
	c := n.rows.seek(j.prefix, start)
	if !c.valid() {
		return start, nil
	}
	here := col.NewBatch(n.types...)
	if len(e.Bounds) > 0 {
		n.rows.read(here, &c, 1)
	}
	e.Groups = max(e.Groups, 1) // ties are together
	lo = n.back(j.prefix, c.Key(), e, func(k over.Key, row *col.Batch) bool { return n.compareBound(k, here, 0, row, 0) <= 0 })
	lo = n.back(j.prefix, lo, over.Extent{Groups: 1}, nil)
	if !n.reach.Carries {
		return lo, nil
	}
	c = n.rows.seekBefore(j.prefix, lo)
	if !c.valid() || c.Value()[0]&overCarried == 0 {
		return j.prefix, nil
	}
	return lo, n.read.keep(n.states(c.Value()))
}

// head appends the partition's first rows, as far as they matter and come before lo.
func (n *Over) head(j *overJob, lo []byte) {
	w := overWalk{n: n}
	c := n.rows.first(j.prefix)
	for range n.reach.Head {
		if !c.valid() || bytes.Compare(c.Key(), lo) >= 0 {
			return
		}
		w.append(&c)
		c.Next()
	}
}

// targets appends the rows to be evaluated, from the cursor on, up to one that no change
// matters to, which is appended too: others may look at it. It returns where they end.
func (n *Over) targets(d *col.Batch, j *overJob, c *rowCursor, w *overWalk) (end int) {
	all := n.reach.Front.All || n.reach.Behind.All || j.all
	for beyond := 0; c.valid(); {
		key := c.Key()
		for j.next < len(j.changes) && bytes.Compare(j.changes[j.next].key, key) <= 0 {
			x := j.changes[j.next]
			j.last[x.sort(d)] = x
			j.next++
			w.changed(n.rows.place(x.key))
		}
		w.append(c)
		if !all && !w.near(n.reach.Front) && !n.within(d, j) && !n.soon(d, j, key) {
			if !n.reach.Carries {
				c.Next()
				return n.in.B.N - 1
			}
			if beyond++; beyond > j.most {
				j.from = n.read.keep(key)
				c.Next()
				return n.in.B.N - 1
			}
		}
		n.picks = append(n.picks, overRow{n.read.keep(key), n.read.keep(c.Value())})
		c.Next()
	}
	j.next = len(j.changes)
	return n.in.B.N
}

// within reports whether the row appended last sees one of the last changes by a bound.
func (n *Over) within(d *col.Batch, j *overJob) bool {
	for _, x := range j.last {
		if x.key != nil && slices.ContainsFunc(n.reach.Front.Bounds, func(b over.Key) bool {
			return n.compareBound(b, n.in.B, n.in.B.N-1, d, x.row) <= 0
		}) {
			return true
		}
	}
	return false
}

// soon reports whether the next change matters to the row at a key.
func (n *Over) soon(d *col.Batch, j *overJob, key []byte) bool {
	if j.next == len(j.changes) {
		return false
	}
	if j.ahead != j.next || j.start == nil {
		j.ahead, j.start = j.next, n.start(d, j)
	}
	return bytes.Compare(j.start, key) <= 0
}

// behind appends the rows that the last target looks at.
func (n *Over) behind(c *rowCursor, w *overWalk, end int) {
	e := n.reach.Behind
	for c.valid() {
		last := n.in.B.N - 1
		groups := int64(n.in.Group[last]-n.in.Group[end-1]) + 1
		if !bytes.Equal(n.rows.place(c.Key()), w.place) {
			groups++
		}
		near := int64(last+1-end) < e.Rows || groups <= e.Groups
		if !near && len(e.Bounds) == 0 {
			return
		}
		w.append(c)
		c.Next()
		if !near && !slices.ContainsFunc(e.Bounds, func(x over.Key) bool {
			return n.compareBound(x, n.in.B, end-1, n.in.B, last+1) >= 0
		}) {
			return
		}
	}
}
