package table

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"sync"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/sketch"
)

// Statistics is what a store knew of its rows when somebody asked, for estimates: the number
// of the rows is exact, what is told of their values is near. Any goroutine may use it.
type Statistics struct {
	Rows float64

	s        *Store
	tick     uint64
	versions int
	mu       sync.Mutex
	columns  []*ColumnStatistics
}

// ColumnStatistics is how the values of a column are spread. It is not to be changed.
type ColumnStatistics struct {
	Nulls    float64 // the share of the rows
	Distinct float64 // different values among the others, at least 1; 0: not known
	Width    float64 // bytes of a value, on average
	// Common are values that many rows have, the greatest share first, and Shares the shares
	// of all rows. Ends are the least and the greatest value; nil: they are not known.
	Common *col.Vector
	Shares []float64
	Ends   *col.Vector

	hashes []uint64
	zones  []zoned
}

// zoned is what is known of the order of a segment's values.
type zoned struct {
	rows     float64
	min, max []byte
}

// Statistics tells of the rows as of a tick. What was found out before is used again as
// long as about as many rows are there: looking at what is not encoded yet costs some
// nanoseconds a value.
func (s *Store) Statistics(tick uint64) *Statistics {
	rows, segs, versions := float64(s.Count(tick)), *s.segs.Load(), 0
	for _, g := range segs {
		if !g.endedBy(tick) {
			versions += int(g.n.Load())
		}
	}
	if old := s.known.Load(); old != nil && near(float64(old.versions), float64(versions)) && near(old.Rows, rows) {
		return old
	}
	x := &Statistics{Rows: rows, s: s, tick: tick, versions: versions, columns: make([]*ColumnStatistics, len(s.cfg.Types))}
	s.known.Store(x)
	return x
}

// Forget has the next Statistics look at all that is not encoded yet. Any goroutine may call it.
func (s *Store) Forget() { s.known.Store(nil) }

// near reports whether two numbers of rows are about the same: small ones only when they are
// equal, so that estimates of few rows are always fresh.
func near(a, b float64) bool {
	return a == b || min(a, b) >= 1024 && math.Abs(a-b) <= max(a, b)/16
}

// Column tells of a column's values.
func (x *Statistics) Column(i int) *ColumnStatistics {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.columns[i] == nil {
		x.columns[i] = x.gather(i)
	}
	return x.columns[i]
}

// gather puts together what the segments know that are there now.
func (x *Statistics) gather(i int) *ColumnStatistics {
	g := &gathering{out: &ColumnStatistics{}, common: map[uint64]*met{}}
	for _, seg := range *x.s.segs.Load() {
		if seg.endedBy(x.tick) || seg.n.Load() == 0 {
			continue
		}
		c := seg.data.Load().cols[i]
		p, z := c.profile(), c.zone()
		if p == nil {
			var scratch col.Vector
			v := c.window(&scratch, 0, int(seg.n.Load()))
			zone, least, most := zoneOf(&v, nil)
			p, z = profileOf(&v, nil, least, most), zone
		}
		g.add(p, z)
	}
	return g.finish(x.Rows, x.s.cfg.Types[i])
}

// gathering sums profiles.
type gathering struct {
	out      *ColumnStatistics
	distinct *sketch.Distinct
	common   map[uint64]*met
	order    []*met
	rows     int
	nulls    int
	seen     float64 // values that the sketch has seen
	width    float64
}

// met is a value that is frequent in some segments.
type met struct {
	frequent
	values *col.Vector
	at     int
}

func (g *gathering) add(p *profile, z *zone) {
	g.rows, g.nulls = g.rows+p.rows, g.nulls+p.nulls
	g.width += p.width * float64(p.rows-p.nulls)
	if p.distinct != nil {
		if g.distinct == nil {
			g.distinct = new(sketch.Distinct)
		}
		g.distinct.Merge(p.distinct)
		g.seen += float64(p.rows-p.nulls) / float64(p.every)
	}
	for k, f := range p.common {
		m := g.common[f.hash]
		if m == nil {
			m = &met{frequent{hash: f.hash}, p.values, k}
			g.common[f.hash] = m
			g.order = append(g.order, m)
		}
		m.rows += f.rows
	}
	if z != nil && z.min != nil {
		g.out.zones = append(g.out.zones, zoned{float64(p.rows - p.nulls), z.min, z.max})
	}
	g.widen(p.ends)
}

// widen takes over the extremes of a segment where they are beyond those so far.
func (g *gathering) widen(ends *col.Vector) {
	if ends == nil {
		return
	}
	if g.out.Ends == nil {
		g.out.Ends = ends
		return
	}
	least, most := col.NewVector(ends.Type), g.out.Ends
	key := func(v *col.Vector, i int) []byte { return col.AppendOrderKey(nil, v, i, col.Order{}) }
	for i, beyond := range []bool{bytes.Compare(key(ends, 0), key(most, 0)) < 0, bytes.Compare(key(ends, 1), key(most, 1)) > 0} {
		if beyond {
			least.AppendFrom(ends, i)
		} else {
			least.AppendFrom(most, i)
		}
	}
	g.out.Ends = least
}

// finish turns sums over versions into what holds of so many living rows.
func (g *gathering) finish(rows float64, t col.Type) *ColumnStatistics {
	out := g.out
	filled := float64(g.rows - g.nulls)
	if g.rows == 0 || rows == 0 {
		return &ColumnStatistics{}
	}
	out.Nulls = float64(g.nulls) / float64(g.rows)
	out.Width = g.width / max(1, filled)
	if g.distinct != nil {
		out.Distinct = max(1, min(amongAll(g.distinct.Estimate(), g.seen, filled), filled, rows))
	}
	slices.SortStableFunc(g.order, func(a, b *met) int { return cmp.Compare(b.rows, a.rows) })
	out.Common = col.NewVector(t)
	for _, m := range g.order {
		share := m.rows / float64(g.rows)
		if len(out.Shares) == maxCommon || share*leastCommon < 1 {
			break
		}
		out.Common.AppendFrom(m.values, m.at)
		out.Shares, out.hashes = append(out.Shares, share), append(out.hashes, m.hash)
	}
	return out
}

// amongAll is how many different values n have of which some were seen, and so many of these were
// different: the number that would show as many if each came equally often.
func amongAll(different, seen, n float64) float64 {
	if seen >= n {
		return different
	}
	share, low, high := seen/n, min(different, n), n
	for range 40 {
		d := (low + high) / 2
		if d*(1-math.Pow(1-share, n/d)) < different {
			low = d
		} else {
			high = d
		}
	}
	return (low + high) / 2
}

// Misses reports whether value i of a vector of the column's type lies beyond the least and
// the greatest of all.
func (c *ColumnStatistics) Misses(v *col.Vector, i int) bool {
	if len(c.zones) == 0 {
		return false
	}
	key := col.AppendOrderKey(nil, v, i, col.Order{})
	for _, z := range c.zones {
		if bytes.Compare(key, z.min) >= 0 && (z.max == nil || bytes.Compare(key, z.max) <= 0) {
			return false
		}
	}
	return true
}

// Meeting is the share of all pairs of a row of one relation and a row of another that have
// equal values in the columns; not known where values are not told apart.
func (c *ColumnStatistics) Meeting(o *ColumnStatistics) (share float64, known bool) {
	if c.Distinct == 0 || o.Distinct == 0 {
		return 0, false
	}
	mine, theirs, alike := 1-c.Nulls, 1-o.Nulls, 0.0
	meet := func(a, b float64) {
		share, mine, theirs, alike = share+a*b, mine-a, theirs-b, alike+1
	}
	for k, h := range c.hashes {
		if m := slices.Index(o.hashes, h); m >= 0 {
			meet(c.Shares[k], o.Shares[m])
		} else {
			meet(c.Shares[k], o.rest())
		}
	}
	for m, h := range o.hashes {
		if !slices.Contains(c.hashes, h) {
			meet(c.rest(), o.Shares[m])
		}
	}
	others := max(1, max(c.Distinct, o.Distinct)-alike)
	return share + max(0, mine)*max(0, theirs)/others, true
}

// Equal is the share of the rows that have value i of a vector of the column's type.
func (c *ColumnStatistics) Equal(v *col.Vector, i int) float64 {
	if c.Distinct == 0 || v.Null(i) {
		return 0
	}
	one := col.NewVector(v.Type)
	one.ResetKind(v.Type, v.Kind, v.Scale)
	one.AppendFrom(v, i)
	hash := [1]uint64{}
	profileSeed.Keys(hash[:], []*col.Vector{col.CanonicalOf(one)})
	if k := slices.Index(c.hashes, hash[0]); k >= 0 {
		return c.Shares[k]
	}
	return c.rest()
}

// rest is the share of the rows that a value which is not common has.
func (c *ColumnStatistics) rest() float64 {
	left := 1 - c.Nulls
	for _, s := range c.Shares {
		left -= s
	}
	if others := c.Distinct - float64(len(c.Shares)); others >= 1 {
		return max(0, left) / others
	}
	return max(0, left) / c.Distinct
}

// Below is the share of the rows that are less than an order key; -1: that is not known. The
// values of each segment are taken to lie evenly between its least and its greatest.
func (c *ColumnStatistics) Below(key []byte) float64 {
	rows, below := 0.0, 0.0
	for _, z := range c.zones {
		rows += z.rows
		below += z.rows * z.below(key)
	}
	if rows == 0 {
		return -1
	}
	return below / rows * (1 - c.Nulls)
}

func (z *zoned) below(key []byte) float64 {
	switch {
	case bytes.Compare(key, z.min) <= 0:
		return 0
	case z.max == nil:
		return 0.5
	case bytes.Compare(key, z.max) > 0:
		return 1
	}
	at := 0
	for at < len(z.min) && at < len(z.max) && z.min[at] == z.max[at] {
		at++
	}
	low, high := eightBytes(z.min, at), eightBytes(z.max, at)
	if high <= low {
		return 0.5
	}
	return min(1, max(0, (eightBytes(key, at)-low)/(high-low)))
}

// eightBytes is the part of a key that decides, as a number.
func eightBytes(key []byte, at int) float64 {
	var b [8]byte
	copy(b[:], key[min(at, len(key)):])
	return float64(binary.BigEndian.Uint64(b[:]))
}
