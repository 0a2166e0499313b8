package forest

import (
	"cmp"
	"math/bits"
	"slices"
)

// column is what planes ask for one column.
type column struct {
	at    int // the column
	first int // the plane of the rows that have the column; behind it those of the keys
	n     int // how many keys
	// keys are ascending, and behind them Never as often as their number lacks of a power of two.
	keys []uint64
	// rights are all ones where missing goes right with a key; nil: nowhere.
	rights []uint64
	width  uint // the power of two that keys have
}

// paritySet is the plane of a split with several keys: the exclusive OR of theirs.
type paritySet struct {
	planes []uint32
	to     uint32
	column uint32
	right  bool // missing goes right
}

// bound is a key of a column, and whether missing goes right with it.
type bound struct {
	key   uint64
	right bool
}

func (b bound) compare(c bound) int {
	if b.key == c.key && b.right != c.right {
		if c.right {
			return -1
		}
		return 1
	}
	return cmp.Compare(b.key, c.key)
}

// step is a split of a small tree: rows that are in the leaf from go right, where the plane has them,
// into the next new leaf. Of an oblivious tree it is a level.
type step struct {
	plane uint32
	from  uint32
}

// Ready ends the adding of trees.
func (f *Forest) Ready() {
	bounds := make([][]bound, f.asked)
	f.planed(func(n *node) {
		c := n.at()
		if n.column&ofSet == 0 {
			bounds[c] = append(bounds[c], bound{n.key, n.column&missingRight != 0})
			return
		}
		for _, key := range f.sets[n.key] {
			bounds[c] = append(bounds[c], bound{key: key})
		}
	})
	firsts := make([]int, f.asked)
	for at, b := range bounds {
		if len(b) == 0 {
			continue
		}
		slices.SortFunc(b, bound.compare)
		bounds[at] = slices.Compact(b)
		firsts[at] = f.width
		f.columns = append(f.columns, columnOf(at, f.width, bounds[at]))
		f.width += len(bounds[at]) + 1
	}
	plane := func(c uint32, b bound) uint32 {
		at, _ := slices.BinarySearchFunc(bounds[c], b, bound.compare)
		return uint32(firsts[c] + 1 + at)
	}
	for i := range f.trees {
		f.program(&f.trees[i], plane)
	}
	if f.Single { // so that a leaf's number needs no check
		f.singles = append(f.singles, make([]float32, smallLeaves)...)
	} else {
		f.values = append(f.values, make([]float64, smallLeaves)...)
	}
}

// planed calls visit with every split that has a plane.
func (f *Forest) planed(visit func(*node)) {
	for i := range f.trees {
		if t := &f.trees[i]; t.form != large {
			for at := range f.of(t) {
				if n := &f.nodes[t.first+at]; !n.leaf() {
					visit(n)
				}
			}
		}
	}
}

func columnOf(at, first int, bounds []bound) column {
	c := column{at: at, first: first, n: len(bounds), width: 1 << bits.Len(uint(len(bounds)))}
	c.keys = make([]uint64, c.width)
	for i := range c.keys {
		if c.keys[i] = Never; i < c.n {
			c.keys[i] = bounds[i].key
		}
	}
	if slices.ContainsFunc(bounds, func(b bound) bool { return b.right }) {
		c.rights = make([]uint64, c.n)
		for i, b := range bounds {
			if b.right {
				c.rights[i] = ^uint64(0)
			}
		}
	}
	return c
}

// program makes the steps of a tree.
func (f *Forest) program(t *tree, plane func(uint32, bound) uint32) {
	if t.form == large {
		return
	}
	t.step = len(f.steps)
	in := make([]uint32, t.n) // by node the leaf that its rows are in so far
	for at, n := range f.of(t) {
		if n.leaf() {
			continue
		}
		s := step{from: in[at]}
		if n.column&ofSet == 0 {
			s.plane = plane(n.at(), bound{n.key, n.column&missingRight != 0})
		} else {
			s.plane = f.set(&n, plane)
		}
		f.steps = append(f.steps, s)
		if t.form == small {
			in[n.next], in[n.next+1] = s.from, uint32(len(f.steps)-t.step)
		}
	}
}

// set gives a split with several keys its plane.
func (f *Forest) set(n *node, plane func(uint32, bound) uint32) uint32 {
	p := paritySet{to: uint32(f.width), column: n.at(), right: n.column&missingRight != 0}
	for _, key := range f.sets[n.key] {
		p.planes = append(p.planes, plane(p.column, bound{key: key}))
	}
	f.width++
	f.parity = append(f.parity, p)
	return p.to
}

// Rows is what a forest keeps of a block of rows. The zero value is ready; it is one goroutine's.
type Rows struct {
	n       int
	numbers []uint64 // Block a column
	planes  []uint64
	words   [smallLeaves]uint64 // of a small tree's leaves, the rows that are there
	numbered
	wide   [Block]uint32 // the leaf numbers of a tree that is not small
	active [Block]uint8  // of a walk
}

// Begin makes room for a block of at most Block rows of a forest, which has at least so many columns.
func (f *Forest) Begin(r *Rows, rows, columns int) {
	r.n = rows
	if n := max(columns, f.asked) * Block; len(r.numbers) < n {
		r.numbers = make([]uint64, n)
	}
	if len(r.planes) < f.width {
		r.planes = make([]uint64, f.width)
	}
}

// Column is the place for a column's numbers, which may be set between Begin and Ask.
func (r *Rows) Column(c int) *[Block]uint64 { return (*[Block]uint64)(r.numbers[c*Block:]) }

// Ask asks the rows all splits that have planes.
func (f *Forest) Ask(r *Rows) {
	if f.walked(r) {
		return
	}
	for i := range f.columns {
		c := &f.columns[i]
		c.rank(r.planes[c.first:][:c.n+1], r.Column(c.at), r.n)
		if c.rights != nil {
			c.spread(r.planes[c.first+1:][:c.n], lacking(r.Column(c.at), r.n))
		}
	}
	for i := range f.parity {
		p, word := &f.parity[i], uint64(0)
		for _, plane := range p.planes {
			word ^= r.planes[plane]
		}
		if p.right {
			word |= lacking(r.Column(int(p.column)), r.n)
		}
		r.planes[p.to] = word
	}
}

// rank sets the planes of rows, of which each is greater than as many keys as it has planes.
func (c *column) rank(planes []uint64, x *[Block]uint64, rows int) {
	clear(planes)
	for r := 0; r < rows; r += 4 {
		x := (*[4]uint64)(x[r:])
		var a, b, d, e uint
		for half := c.width / 2; half > 0; half /= 2 { // four searches side by side, without a jump
			keys := c.keys[half-1:]
			a += half & above(x[0], keys[a])
			b += half & above(x[1], keys[b])
			d += half & above(x[2], keys[d])
			e += half & above(x[3], keys[e])
		}
		planes[a] |= 1 << (r & 63)
		planes[b] |= 2 << (r & 63)
		planes[d] |= 4 << (r & 63)
		planes[e] |= 8 << (r & 63)
	}
	all := uint64(0)
	for i := len(planes) - 1; i >= 0; i-- {
		all |= planes[i]
		planes[i] = all
	}
}

// above is all ones where x is greater than a key, else 0.
func above(x, key uint64) uint {
	_, borrow := bits.Sub64(key, x, 0)
	return -uint(borrow)
}

// lacking are the rows that have no number.
func lacking(x *[Block]uint64, rows int) (word uint64) {
	for r, v := range x[:rows] {
		if v == Missing {
			word |= 1 << (r & 63)
		}
	}
	return word
}

// spread adds rows that have no number where these go right.
func (c *column) spread(planes []uint64, lacking uint64) {
	if lacking == 0 {
		return
	}
	for i, right := range c.rights {
		planes[i] |= lacking & right
	}
}

// at is the column of a split.
func (n *node) at() uint32 { return n.column &^ (ofSet | missingRight) }
