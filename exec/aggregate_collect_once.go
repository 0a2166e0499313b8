package exec

import (
	"bytes"
	"sort"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/storage/state"
)

// sortedGroups is the rows that calls want to see of every group, in a dataflow that runs once
// over rows that only come: by the groups' ids and their order, sorted within work_mem, then
// read group by group, in memory or where they were written.
type sortedGroups struct {
	sorter
	order  []uint32  // of the rows that are kept
	file   *tempFile // of all rows in order; nil: they are kept
	n      int64
	next   int64 // the row with which the next group begins
	ranges [][2]int64

	b     *col.Batch // the rows at hand
	first int64      // the place of the first of them
}

func (b *Builder) newSortedGroups(s *collected) *sortedGroups {
	by := []OrderBy{{Col: 0}}
	for _, o := range s.collects.order {
		by = append(by, OrderBy{Col: 1 + o.Col, Order: o.Order})
	}
	x := &sortedGroups{sorter: b.newSorter(s.types, by)}
	x.grouped, x.arriving = true, len(by) == 1
	return x
}

// addRows adds rows, each as often as its weight says.
func (s *sortedGroups) addRows(b *col.Batch) error {
	if b.W != nil {
		b = b.Compact()
		b = gatherRows(b, firstPlaces(b.N))
	}
	return s.add(b)
}

// prepare puts the rows in order, once all have come.
func (s *sortedGroups) prepare() error {
	if s.used.Sort == "" {
		s.used.Sort = sortsAll
	}
	if s.runs == nil {
		s.order = s.inOrder(s.rows, -1)
		s.n = int64(len(s.order))
		s.g.book(4 * s.n)
		return s.g.outOfMemory()
	}
	s.used.Sort = sortsRuns
	f, err := s.create()
	if err == nil {
		err = s.each(f.add)
	}
	if err == nil {
		err = f.finish()
	}
	s.file, s.n = f, s.total
	return err
}

// width is the bytes of a row, on average.
func (s *sortedGroups) width() int64 {
	if s.file != nil {
		return s.file.at/max(1, s.n) + 1
	}
	return s.bytes/max(1, s.n) + 1
}

// hold has the row at a place among those at hand.
func (s *sortedGroups) hold(place int64) error {
	if s.b != nil && place >= s.first && place < s.first+int64(s.b.N) {
		return nil
	}
	if s.file == nil {
		s.first = place - place%col.BatchRows
		s.b = gatherRows(s.rows, s.order[s.first:min(s.first+col.BatchRows, s.n)])
		return nil
	}
	k := sort.Search(len(s.file.blocks), func(i int) bool { return s.file.blocks[i].first > place }) - 1
	s.first = s.file.blocks[k].first
	var err error
	s.b, _, err = s.file.next(s.file.blocks[k].at)
	return err
}

// must is hold where no error may be returned: the guard around the operator returns it.
func (s *sortedGroups) must(place int64) {
	if err := s.hold(place); err != nil {
		panic(err)
	}
}

// advance finds the rows of groups, which come in the order of their ids.
func (s *sortedGroups) advance(ids []state.RowID) {
	s.ranges = s.ranges[:0]
	for _, id := range ids {
		from := s.next
		for s.next < s.n {
			s.must(s.next)
			of := s.b.Cols[0].I64[s.next-s.first : s.b.N]
			same := 0
			for same < len(of) && of[same] == int64(id) {
				same++
			}
			if s.next += int64(same); same < len(of) {
				break
			}
		}
		s.ranges = append(s.ranges, [2]int64{from, s.next})
	}
}

// group is the rows of the i'th group at hand, as a call sees them that makes a result of them.
func (s *sortedGroups) group(i int, c *call, made *madeResults) *sortedGroup {
	g := &sortedGroup{s: s, at: c.at, from: s.ranges[i][0], to: s.ranges[i][1], distinct: c.collected.distinct}
	if how := c.Agg.Collecting; how != nil && !how.WithinGroup {
		g.made = made
	}
	return g
}

// sortedGroup is one group's rows in order. With DISTINCT only Each is asked for.
type sortedGroup struct {
	s        *sortedGroups
	at       []int // the arguments among the rows' columns
	from, to int64
	distinct bool
	made     *madeResults // takes what is made of the rows; nil: the result is no greater than a row
	key      []byte
}

var _ agg.Rows = (*sortedGroup)(nil)

func (g *sortedGroup) Len() int64 { return g.to - g.from }

// place appends what tells a row's place from others': the keys of the first n columns of the
// order.
func (g *sortedGroup) place(dst []byte, row int64, n int) []byte {
	g.s.must(row)
	for _, o := range g.s.by[1 : 1+n] {
		dst = col.AppendOrderKey(dst, &g.s.b.Cols[o.Col], int(row-g.s.first), o.Order)
	}
	g.s.g.work.wrote(len(dst))
	return dst
}

func (g *sortedGroup) Each(f func(r *agg.Run) error) error {
	var run agg.Run
	var last []byte
	order := len(g.s.by) - 1
	for i := g.from; i < g.to; {
		if err := g.s.hold(i); err != nil {
			return err
		}
		b, first := g.s.b, g.s.first
		end := min(g.to, first+int64(b.N))
		g.s.g.work.did(int(end - i))
		sel := make([]uint32, 0, end-i)
		run.W, run.Peer = run.W[:0], run.Peer[:0]
		for ; i < end; i++ {
			peer := false
			if order > 0 {
				g.key = g.place(g.key[:0], i, order)
				peer = last != nil && bytes.Equal(g.key, last)
				last = append(last[:0], g.key...)
			}
			if peer && g.distinct {
				continue
			}
			sel, run.W, run.Peer = append(sel, uint32(i-first)), append(run.W, 1), append(run.Peer, peer)
		}
		if run.N = len(sel); run.N == 0 {
			continue
		}
		run.Args = run.Args[:0]
		for _, c := range g.at {
			run.Args = append(run.Args, &b.Cols[c])
		}
		if run.N < b.N {
			run.Args = gatherKeys(run.Args, sel)
		}
		if g.made != nil {
			if err := g.made.take(run.Args, run.N); err != nil {
				return err
			}
		}
		if err := f(&run); err != nil {
			return err
		}
	}
	return nil
}

func (g *sortedGroup) At(n int64) (args []*col.Vector, lane int) {
	g.s.must(g.from + n)
	for _, c := range g.at {
		args = append(args, &g.s.b.Cols[c])
	}
	return args, int(g.from + n - g.s.first)
}

// search finds the first row of the group whose place is behind a key, or at it.
func (g *sortedGroup) search(key []byte, n int, behind bool) int64 {
	return int64(sort.Search(int(g.Len()), func(i int) bool {
		g.key = g.place(g.key[:0], g.from+int64(i), n)
		c := bytes.Compare(g.key, key)
		return c > 0 || c == 0 && !behind
	}))
}

// placeOf is the place of values of the first columns of the order.
func (g *sortedGroup) placeOf(values []*col.Vector, lane int) (key []byte) {
	for i, v := range values {
		key = col.AppendOrderKey(key, v, lane, g.s.by[1+i].Order)
	}
	return key
}

func (g *sortedGroup) Place(values []*col.Vector, lane int) (before, through int64) {
	key := g.placeOf(values, lane)
	return g.search(key, len(values), false), g.search(key, len(values), true)
}

func (g *sortedGroup) Different(values []*col.Vector, lane int) (n int64) {
	before, _ := g.Place(values, lane)
	var last []byte
	for i := range before {
		g.s.g.work.did(1)
		g.key = g.place(g.key[:0], g.from+i, len(g.s.by)-1)
		if last == nil || !bytes.Equal(g.key, last) {
			last = append(last[:0], g.key...)
			n++
		}
	}
	return n
}
