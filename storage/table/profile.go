package table

import (
	"cmp"
	"slices"
	"sync"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/sketch"
)

// profile is how the values of a column of one segment are spread. It is made in the
// background, when the segment is encoded, and never changed. Values that have died since are
// counted: the segment is rewritten once they are more than half.
type profile struct {
	rows     int
	nulls    int
	width    float64          // bytes of a value, on average
	distinct *sketch.Distinct // nil: values of the type are not told apart here
	every    int              // the sketch has seen one in so many rows
	common   []frequent       // the greatest first
	values   *col.Vector      // those of common
	ends     *col.Vector      // the least and the greatest value; nil: not known, or too long to keep
}

// frequent is a value that many rows have.
type frequent struct {
	hash uint64  // of its canonical form, by profileSeed
	rows float64 // about how many have it
}

// profileSeed keys the hashes of profiles. Unlike those of indexes they may be known to
// anybody, and estimates are the same in every database.
var profileSeed = col.Seed{0x9ae16a3b2f90404f, 0xc3a5c85c97cb3127}

const (
	sampled      = 2048 // rows by which frequent values are found
	maxCommon    = 8
	leastCommon  = 64       // a value that is not one in so many of them is not frequent
	commonLength = 64       // bytes of a value that is kept
	sketchAll    = 16 << 10 // rows of which a sketch sees every one; of more
	sketchEvery  = 8        // a power of two: it sees one in so many
)

// profileScratch is what making a profile needs for a while.
type profileScratch struct {
	hash   []uint64 // of the values that are looked at
	rows   []uint32
	some   col.Vector
	counts [2 * sampled]sampleCount
	found  []sampleCount
}

// sampleCount is how often a value was met, and where first.
type sampleCount struct {
	hash  uint64
	row   int32
	count int32
}

var profileScratches = sync.Pool{New: func() any { return new(profileScratch) }}

// told reports whether profiles tell values of a column apart.
func told(v *col.Vector) bool { return v.Type.OID != col.OIDJSON && v.Kind != col.KindBin }

// profileOf looks at a dense vector in stored form. l are its encoded lanes, nil: there are
// none yet; of strings with a dictionary only the entries are hashed. least and most are
// where the extremes stand, -1: nowhere.
func profileOf(v *col.Vector, l lanes, least, most int) *profile {
	p := &profile{rows: v.N, nulls: nullsOf(v), width: widthOf(v)}
	if !told(v) || v.N == p.nulls {
		return p
	}
	s := profileScratches.Get().(*profileScratch)
	defer profileScratches.Put(s)
	s.sketch(v, l, p)
	s.rows = slices.AppendSeq(s.rows[:0], oneIn(v.N, (v.N+sampled-1)/sampled))
	p.findCommon(v, s, s.hashes(v, l, s.rows))
	s.some.Reset(v.Type) // lets go of what it shares
	if least >= 0 && shortAt(v, least) && shortAt(v, most) {
		p.ends = col.NewVector(v.Type)
		p.ends.AppendFrom(v, least)
		p.ends.AppendFrom(v, most)
	}
	return p
}

func shortAt(v *col.Vector, i int) bool { return !v.Kind.IsView() || len(v.Bytes(i)) <= commonLength }

// widthOf is the bytes of a value that is not NULL, by a sample.
func widthOf(v *col.Vector) float64 {
	if !v.Kind.IsView() {
		return float64(v.Kind.Width())
	}
	n, total := 0, 0
	for i := range sample(v.N) {
		if !v.Null(i) {
			n, total = n+1, total+len(v.Bytes(i))
		}
	}
	return float64(total) / float64(max(1, n))
}

// sample yields up to so many of n places: one of each span of equal length, where in it
// changes from span to span, so that it does not fall in step with rows that alternate.
func sample(n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		oneIn(n, (n+sampled-1)/sampled)(func(i uint32) bool { return yield(int(i)) })
	}
}

// oneIn yields one place of each span of so many of n.
func oneIn(n, step int) func(yield func(uint32) bool) {
	return func(yield func(uint32) bool) {
		for k, from := uint64(1), 0; from < n; k, from = k+1, from+step {
			i := from + int(k*0x9e3779b97f4a7c15>>33%uint64(step))
			if i < n && !yield(uint32(i)) {
				return
			}
		}
	}
}

// sketch has the profile's sketch see the values: of many rows, a part of them, since the hash of
// each value would be much of what it costs to bring a row.
func (s *profileScratch) sketch(v *col.Vector, l lanes, p *profile) {
	p.distinct, p.every = new(sketch.Distinct), 1
	s.rows = s.rows[:0]
	if v.N > sketchAll {
		p.every = sketchEvery
		for k, from := uint64(1), 0; from < v.N; k, from = k+1, from+sketchEvery {
			if i := from + int(k*0x9e3779b97f4a7c15>>33&(sketchEvery-1)); i < v.N {
				s.rows = append(s.rows, uint32(i))
			}
		}
	} else {
		for i := range v.N {
			s.rows = append(s.rows, uint32(i))
		}
	}
	if dict, ok := l.(*dictLanes); ok && col.CanonicalSame(v.Type) {
		s.sketchEntries(v, dict, p)
		return
	}
	hashAt := s.hashes(v, l, s.rows)
	for k, i := range s.rows {
		if p.nulls == 0 || !v.Null(int(i)) {
			p.distinct.Add(hashAt(k))
		}
	}
}

// sketchEntries is sketch by the entries of a dictionary that the rows have.
func (s *profileScratch) sketchEntries(v *col.Vector, dict *dictLanes, p *profile) {
	met := make([]bool, len(dict.views))
	for _, i := range s.rows {
		code := dict.codes.get(int(i))
		if met[code] || p.nulls > 0 && v.Null(int(i)) {
			continue
		}
		met[code] = true
		p.distinct.Add(profileSeed.Bytes(viewBytes(&dict.views[code], dict.arena[0])))
	}
}

// hashes returns the hash of the value at the k'th of some rows.
func (s *profileScratch) hashes(v *col.Vector, l lanes, rows []uint32) func(k int) uint64 {
	if dict, ok := l.(*dictLanes); ok && col.CanonicalSame(v.Type) {
		return func(k int) uint64 {
			return profileSeed.Bytes(viewBytes(&dict.views[dict.codes.get(int(rows[k]))], dict.arena[0]))
		}
	}
	if len(rows) < v.N {
		s.some.ResetKind(v.Type, v.Kind, v.Scale)
		s.some.Gather(v, rows)
		v = &s.some
	}
	s.hash = slices.Grow(s.hash[:0], v.N)[:v.N]
	profileSeed.Keys(s.hash, []*col.Vector{col.CanonicalOf(v)})
	return func(k int) uint64 { return s.hash[k] }
}

// findCommon finds the values that many of a sample's rows have, which s.rows lists.
func (p *profile) findCommon(v *col.Vector, s *profileScratch, hashAt func(int) uint64) {
	clear(s.counts[:])
	n := 0
	for at, i := range s.rows {
		if v.Null(int(i)) {
			continue
		}
		n++
		h := hashAt(at)
		k := int(h % uint64(len(s.counts)))
		for s.counts[k].count > 0 && s.counts[k].hash != h {
			k = (k + 1) % len(s.counts)
		}
		if c := &s.counts[k]; c.count == 0 {
			*c = sampleCount{h, int32(i), 1}
		} else {
			c.count++
		}
	}
	s.found = s.found[:0]
	for _, c := range s.counts {
		if c.count > 1 && int(c.count)*leastCommon >= n && shortAt(v, int(c.row)) {
			s.found = append(s.found, c)
		}
	}
	slices.SortFunc(s.found, func(a, b sampleCount) int { return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.row, b.row)) })
	p.values = col.NewVector(v.Type)
	for _, c := range s.found[:min(len(s.found), maxCommon)] {
		p.common = append(p.common, frequent{c.hash, float64(c.count) / float64(n) * float64(v.N-p.nulls)})
		p.values.AppendFrom(v, int(c.row))
	}
}

func (p *profile) bytes() int64 {
	if p == nil || p.distinct == nil {
		return 0
	}
	return sketch.Registers + int64(len(p.common))*48 + 256
}
