package over

import (
	"github.com/millracedb/millrace/base/col"
)

// Mode is how a frame's offsets count.
type Mode uint8

// The modes, in the order of their words in SQL's grammar.
const (
	Range  Mode = iota // by the value of the order's column; CURRENT ROW means its peers
	ByRow              // ROWS
	Groups             // by groups of peers
)

// BoundKind is where a frame begins or ends, in the order of the places.
type BoundKind uint8

// The kinds of bounds.
const (
	UnboundedPreceding BoundKind = iota
	Preceding
	CurrentRow
	Following
	UnboundedFollowing
)

// Bound is one end of a frame.
type Bound struct {
	Kind BoundKind
	N    int64 // of Preceding and Following, by rows or groups: how many
	Col  int   // the same by range: the column of the rows that holds the value of the bound
}

// offset reports whether the bound lies some way off.
func (b Bound) offset() bool { return b.Kind == Preceding || b.Kind == Following }

// Exclusion is what EXCLUDE takes out of a frame.
type Exclusion uint8

// The exclusions.
const (
	NoOthers Exclusion = iota
	ExcludeCurrentRow
	ExcludeGroup
	ExcludeTies
)

// Frame is a window's frame. It is comparable.
type Frame struct {
	Mode       Mode
	Start, End Bound
	Exclude    Exclusion
	// Key is the column that the bounds of a range with an offset are compared with, in the
	// order By.
	Key int
	By  col.Order
	// Ranked says that peers, in which a frame of groups ends and which EXCLUDE leaves out, are the
	// neighbours of one value in the column Peers: where the order is by the rows' numbers, no two
	// tie in it.
	Ranked bool
	Peers  int
}

// Whole reports whether the frame is the whole partition from every row.
func (f Frame) Whole() bool {
	return f.Start.Kind == UnboundedPreceding && f.End.Kind == UnboundedFollowing && f.Exclude == NoOthers
}

// Segment is neighbouring rows of one partition.
type Segment struct {
	From, To   int // rows of Rows.B
	Lo         int // the first neighbour: From, or behind the partition's first rows, which then come before a gap
	Begin, End int // rows to be evaluated; what the calls reach from them is in the segment
	// Before is the calls' State at the row before Lo; nil: Lo is the partition's first row, or
	// no call has a State.
	Before []byte
}

// Rows is what is evaluated together.
type Rows struct {
	B    *col.Batch // dense and without weights: a row that weighs 2 is two rows
	Segs []Segment
	// Group numbers the peers that a row belongs to, ascending; GroupFrom is the first row of
	// each group, and one more. No two segments share a group.
	Group, GroupFrom []int32
}

// Reset empties the rows, for columns of the types.
func (r *Rows) Reset() {
	r.B.Reset()
	r.Segs, r.Group, r.GroupFrom = r.Segs[:0], r.Group[:0], r.GroupFrom[:0]
}

// Grow records that a row was appended to B; peer tells whether it ties with the one before.
func (r *Rows) Grow(peer bool) {
	if !peer {
		r.GroupFrom = append(r.GroupFrom, int32(len(r.Group)))
	}
	r.Group = append(r.Group, int32(len(r.GroupFrom)-1))
}

// peers are the rows that tie with row i.
func (r *Rows) peers(i int) (from, to int) {
	g := int(r.Group[i])
	from, to = int(r.GroupFrom[g]), len(r.Group)
	if g+1 < len(r.GroupFrom) {
		to = int(r.GroupFrom[g+1])
	}
	return from, to
}

// frames is the frame of each target: rows [from, to) but for what is excluded.
type frames struct {
	from, to []int32
	exclude  Exclusion
	peers    func(row int) (from, to int)
}

// parts cuts a target's frame into the runs that the exclusion leaves, in order.
func (x *frames) parts(t, row int, dst [][2]int32) [][2]int32 {
	from, to := x.from[t], x.to[t]
	if x.exclude == NoOthers {
		return run(dst, from, to)
	}
	i := int32(row)
	first, last := i, i+1
	if x.exclude != ExcludeCurrentRow {
		a, b := x.peers(row)
		first, last = int32(a), int32(b)
	}
	dst = run(dst, from, min(to, first))
	if x.exclude == ExcludeTies && from <= i && i < to {
		dst = run(dst, i, i+1)
	}
	return run(dst, max(from, last), to)
}

func run(dst [][2]int32, from, to int32) [][2]int32 {
	if from < to {
		dst = append(dst, [2]int32{from, to})
	}
	return dst
}

// frames finds the frame of each target.
func (e *Eval) frames(f Frame) *frames {
	if x := e.known[f]; x != nil {
		return x
	}
	x := &frames{from: make([]int32, 0, len(e.targets)), to: make([]int32, 0, len(e.targets)), exclude: f.Exclude, peers: e.rows.peers}
	if f.Ranked {
		x.peers = e.ranked(f.Peers).peers
	}
	for _, s := range e.rows.Segs {
		x.from = e.bounds(x.from, f, s, f.Start, false)
		x.to = e.bounds(x.to, f, s, f.End, true)
	}
	for t := range x.to {
		x.to[t] = max(x.to[t], x.from[t])
	}
	e.known[f] = x
	return x
}

// ranked groups the rows by equal values of a column.
func (e *Eval) ranked(column int) *Rows {
	c := comparer{a: &e.rows.B.Cols[column], b: &e.rows.B.Cols[column]}
	by, segs := &Rows{}, e.rows.Segs
	for i := range e.rows.B.N {
		for len(segs) > 0 && segs[0].From < i {
			segs = segs[1:]
		}
		first := i == 0 || len(segs) > 0 && segs[0].From == i
		by.Grow(!first && c.compare(i-1, i) == 0)
	}
	return by
}

// bounds appends, of each target of a segment, the frame's first row, or with end the row
// behind its last.
func (e *Eval) bounds(dst []int32, f Frame, s Segment, b Bound, end bool) []int32 {
	switch {
	case f.Mode == Range && b.offset():
		return e.rangeBounds(dst, f, s, b.Col, end)
	case f.Mode == ByRow && (b.offset() || b.Kind == CurrentRow):
		return rowBounds(dst, s, b, end)
	case b.offset() || b.Kind == CurrentRow:
		return e.groupBounds(dst, s, b, end)
	}
	at := int32(s.From)
	if b.Kind == UnboundedFollowing {
		at = int32(s.To)
	}
	for range s.End - s.Begin {
		dst = append(dst, at)
	}
	return dst
}

func rowBounds(dst []int32, s Segment, b Bound, end bool) []int32 {
	behind := 0
	if end {
		behind = 1
	}
	for i := s.Begin; i < s.End; i++ {
		at := i + behind
		switch b.Kind {
		case Preceding:
			at -= int(min(b.N, int64(at-s.Lo)))
		case Following:
			at += int(min(b.N, int64(s.To-at)))
		}
		dst = append(dst, int32(at))
	}
	return dst
}

// groupBounds counts by groups of peers; CURRENT ROW is the row's own.
func (e *Eval) groupBounds(dst []int32, s Segment, b Bound, end bool) []int32 {
	r := e.rows
	if s.Begin == s.End {
		return dst
	}
	first, last := int64(r.Group[s.Lo]), int64(r.Group[s.To-1])
	for i := s.Begin; i < s.End; i++ {
		g := int64(r.Group[i])
		switch b.Kind {
		case Preceding:
			g = max(g-min(b.N, g+1), first-1)
		case Following:
			g = min(g+min(b.N, last+1), last+1)
		}
		switch {
		case g < first:
			dst = append(dst, int32(s.Lo))
		case g > last:
			dst = append(dst, int32(s.To))
		case end:
			_, to := r.peers(int(r.GroupFrom[g]))
			dst = append(dst, int32(to))
		default:
			dst = append(dst, r.GroupFrom[g])
		}
	}
	return dst
}

// rangeBounds compares the key of rows with the value of the bound: a frame begins with the
// first row that is not before it, and ends with the last that is not behind it. Bounds move
// forward as rows do.
func (e *Eval) rangeBounds(dst []int32, f Frame, s Segment, bound int, end bool) []int32 {
	c := comparer{a: &e.rows.B.Cols[f.Key], b: &e.rows.B.Cols[bound], by: f.By}
	at := s.Lo
	for i := s.Begin; i < s.End; i++ {
		e.mayEnd(i)
		for at < s.To {
			if o := c.compare(at, i); o > 0 || o == 0 && !end {
				break
			}
			at++
		}
		dst = append(dst, int32(at))
	}
	return dst
}
