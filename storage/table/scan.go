package table

import (
	"iter"
	"math/bits"

	"github.com/millracedb/millrace/base/col"
)

// Access says how At may find the rows. The zero Access reads everything.
type Access struct {
	// Ranges prune: segments that cannot hold a row within all of them are passed over.
	// Rows outside may still come.
	Ranges []Range
	// Keys, when not nil, are looked up in the index named Index as Lookup does, instead of
	// a scan; the rows come key by key.
	Index string
	Keys  []*col.Vector
}

// Range bounds a column by order keys (col.AppendOrderKey with the zero Order), both ends
// included; nil: open.
type Range struct {
	Col      int
	Min, Max []byte
}

// At is the rows visible at a tick, in order of their arrival, in batches of at most
// Config.BatchRows rows, dense or with Sel, W nil where all weights are 1. A batch is valid
// until the next one is asked for; the rows' columns are cols. The tick must be published
// and should be pinned: otherwise the last pair may be ErrSnapshotTooOld.
func (s *Store) At(tick uint64, cols []int, a Access) iter.Seq2[*col.Batch, error] {
	return func(yield func(*col.Batch, error) bool) {
		if tick < s.floor.Load() {
			yield(nil, ErrSnapshotTooOld)
			return
		}
		if a.Keys != nil {
			s.lookupBatches(tick, cols, a, yield)
			return
		}
		sc := scan{s: s, tick: tick, cols: cols, scratch: make([]col.Vector, len(cols))}
		for _, g := range *s.segs.Load() {
			if g.firstBirth() > tick {
				break
			}
			if g.endedBy(tick) || !g.mayHold(a.Ranges) {
				continue
			}
			if !sc.segment(g, yield) {
				return
			}
		}
	}
}

type scan struct {
	s       *Store
	tick    uint64
	cols    []int
	scratch []col.Vector
	mask    [col.BatchRows / 64]uint64
	sel     []uint32
	out     col.Batch
}

func (sc *scan) segment(g *segment, yield func(*col.Batch, error) bool) bool {
	n := g.visible(sc.tick)
	for lo := 0; lo < n; lo += sc.s.cfg.BatchRows {
		hi := min(n, lo+sc.s.cfg.BatchRows)
		data := g.data.Load()
		b := sc.batch(g, data, lo, hi)
		if sc.tick < sc.s.floor.Load() {
			yield(nil, ErrSnapshotTooOld)
			return false
		}
		if b != nil && !yield(b, nil) {
			return false
		}
	}
	return true
}

// batch is the visible rows from lo to hi, nil when there are none.
func (sc *scan) batch(g *segment, data *rows, lo, hi int) *col.Batch {
	b := &sc.out
	*b = col.Batch{N: hi - lo, Cols: b.Cols[:0], W: b.W[:0]}
	if !g.dead.none() && g.dead.mask(sc.mask[:], lo, hi, sc.tick) {
		sc.sel = alive(sc.sel[:0], sc.mask[:], hi-lo)
		if len(sc.sel) == 0 {
			return nil
		}
		b.Sel = sc.sel
	}
	sparse := b.Sel != nil && len(b.Sel)*8 < b.N
	if sparse {
		for i := range b.Sel {
			b.Sel[i] += uint32(lo)
		}
		sc.gather(b, data)
	} else {
		for i, c := range sc.cols {
			b.Cols = append(b.Cols, data.cols[c].window(&sc.scratch[i], lo, hi))
		}
	}
	if data.w.plain() {
		b.W = nil
		b.Sel = keep(b.Sel, sparse)
		return b
	}
	for i := range b.N {
		at := lo + i
		if sparse {
			at = int(b.Sel[i])
		}
		b.W = append(b.W, data.w.at(at))
	}
	b.Sel = keep(b.Sel, sparse)
	return b
}

func keep(sel []uint32, sparse bool) []uint32 {
	if sparse {
		return nil
	}
	return sel
}

// gather makes a dense batch of the few rows selected.
func (sc *scan) gather(b *col.Batch, data *rows) {
	b.N = len(b.Sel)
	for i, c := range sc.cols {
		v := &sc.scratch[i]
		t := sc.s.cfg.Types[c]
		v.Reset(t)
		data.cols[c].take(v, b.Sel)
		b.Cols = append(b.Cols, *v)
	}
}

// alive appends the positions below n whose bit is not set.
func alive(sel []uint32, dead []uint64, n int) []uint32 {
	for w := range (n + 63) / 64 {
		m := ^dead[w]
		if r := n - w<<6; r < 64 {
			m &= 1<<r - 1
		}
		for ; m != 0; m &= m - 1 {
			sel = append(sel, uint32(w<<6+bits.TrailingZeros64(m)))
		}
	}
	return sel
}

// mayHold reports whether the segment may have a row within all ranges.
func (g *segment) mayHold(ranges []Range) bool {
	data := g.data.Load()
	for _, r := range ranges {
		z := data.cols[r.Col].zone()
		if z == nil {
			continue
		}
		if z.min == nil {
			return false
		}
		if r.Max != nil && string(z.min) > string(r.Max) || r.Min != nil && z.max != nil && string(z.max) < string(r.Min) {
			return false
		}
	}
	return true
}
