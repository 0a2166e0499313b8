package table

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/millracedb/millrace/base/col"
)

// SegmentRef is a part of a store for a checkpoint.
type SegmentRef struct {
	// ID names an immutable part; of one ID the bytes are always the same, so it is
	// written once. 0 is the state of the store, which each checkpoint writes anew.
	ID        uint64
	Immutable bool
	// Encode appends the part as it was when Segments was called. Any goroutine may call
	// it, at any time afterwards.
	Encode func(dst []byte) []byte
}

// Segments lists what a checkpoint must hold, between ticks: the sealed segments and, last,
// the state that names them. Deaths at or before the horizon collapse into bitmaps; later
// ones are kept with their ticks, so that Changes from the horizon on can be answered
// after Restore.
func (s *Store) Segments(horizon uint64) []SegmentRef {
	st := &saved{tick: s.tick, horizon: min(horizon, s.tick), live: s.live, now: s.now, next: s.nextID, cap: s.nextCap, types: s.cfg.Types, shape: s.cfg.Shape, d: s.density()}
	for _, ix := range *s.indexes.Load() {
		st.indexes = append(st.indexes, IndexInfo{ix.name, ix.cols, ix.unique})
	}
	var refs []SegmentRef
	for _, g := range *s.segs.Load() {
		if e := g.end.Load(); e != 0 && e <= horizon {
			continue
		}
		p := g.save(st.horizon)
		if p.sealed {
			refs = append(refs, SegmentRef{g.id, true, func(dst []byte) []byte {
				from := len(dst)
				return sealBlob(p.put(beginBlob(dst, blobSegment)), from)
			}})
		}
		st.parts = append(st.parts, p)
	}
	return append(refs, SegmentRef{Encode: func(dst []byte) []byte {
		from := len(dst)
		return sealBlob(st.put(beginBlob(dst, blobState)), from)
	}})
}

// part is a segment as it was at a moment.
type part struct {
	id      uint64
	sealed  bool
	n       int
	data    *rows
	runs    []run
	logical int64
	arrived int64
	end     uint64
	expired bool
	settled *roaring.Bitmap
	stamps  []stamp
	d       density
}

// stamp is a death that a reader may ask for.
type stamp struct {
	slot uint32
	tick uint64
}

func (g *segment) save(horizon uint64) *part {
	p := &part{id: g.id, sealed: g.phase == sealed, n: int(g.n.Load()), data: g.data.Load(), logical: g.logical, arrived: g.arrived,
		end: g.end.Load(), expired: g.expired, settled: roaring.New()}
	p.runs = slices.Clone(g.runs.all())
	if b := g.dead.settled.Load(); b != nil {
		p.settled = b.Clone()
	}
	if g.dead.pages.Load() == nil {
		return p
	}
	for slot := range p.n {
		if t := g.dead.stamp(slot); t > horizon {
			p.stamps = append(p.stamps, stamp{uint32(slot), t})
		} else if t != 0 {
			p.settled.Add(uint32(slot))
		}
	}
	return p
}

// put appends the rows of a segment, without their deaths.
func (p *part) put(dst []byte) []byte {
	data := p.data
	if !p.sealed {
		data = sealRows(data, p.n, p.d)
	}
	dst = putUint(dst, p.id)
	dst = putUint(dst, uint64(p.n))
	dst = putInt(putInt(dst, p.logical), p.arrived)
	dst = putUint(dst, uint64(len(p.runs)))
	last := run{}
	for _, r := range p.runs {
		dst = putUint(putUint(dst, r.tick-last.tick), uint64(r.slot-last.slot))
		last = r
	}
	w := data.w.(sealedWeights)
	if w.packed == nil {
		dst = append(dst, 0)
	} else {
		dst = putPacked(append(dst, 1), w.packed)
	}
	for _, c := range data.cols {
		dst = putColumn(dst, c.(*sealedColumn))
	}
	return dst
}

// segment decodes what put wrote.
func (r *reader) segment(types []col.Type) *segment {
	g := &segment{id: r.uint(), phase: sealed}
	n := r.count(maxRows, "rows")
	g.capacity = n
	g.logical, g.arrived = r.int(), r.int()
	last := run{}
	for i := range r.count(n, "births") {
		t, slot := r.uint(), r.uint()
		if i == 0 && slot != 0 || i > 0 && (t == 0 || slot == 0) || slot >= uint64(n)-uint64(last.slot) || t > 1<<63-last.tick {
			r.fail("births do not ascend")
			return g
		}
		last = run{last.tick + t, last.slot + uint32(slot)}
		g.runs.append(last)
	}
	if n > 0 && len(g.runs.all()) == 0 {
		r.fail("rows without births")
	}
	data := &rows{w: sealedWeights{}}
	if r.byte() != 0 {
		data.w = sealedWeights{r.packed(n)}
	}
	for _, t := range types {
		if r.err != nil {
			return g
		}
		data.cols = append(data.cols, r.column(t, n))
	}
	g.data.Store(data)
	g.n.Store(uint32(n))
	return g
}

// saved is the state of a store at a moment.
type saved struct {
	tick, horizon uint64
	live, now     int64
	next          uint64
	cap           int
	types         []col.Type
	shape         Shape
	indexes       []IndexInfo
	parts         []*part
	d             density
}

func (st *saved) put(dst []byte) []byte {
	dst = append(dst, byte(st.shape))
	dst = putUint(dst, uint64(len(st.types)))
	for _, t := range st.types {
		dst = putInt(putUint(dst, uint64(t.OID)), int64(t.Mod))
	}
	dst = putUint(putUint(dst, st.tick), st.horizon)
	dst = putInt(putInt(dst, st.live), st.now)
	dst = putUint(putUint(dst, st.next), uint64(st.cap))
	dst = putUint(dst, uint64(len(st.indexes)))
	for _, ix := range st.indexes {
		dst = putBytes(dst, []byte(ix.Name))
		dst = putUint(dst, uint64(len(ix.Cols)))
		for _, c := range ix.Cols {
			dst = putUint(dst, uint64(c))
		}
		dst = append(dst, flag(ix.Unique))
	}
	dst = putUint(dst, uint64(len(st.parts)))
	for _, p := range st.parts {
		dst = append(dst, flag(p.sealed), flag(p.expired))
		dst = putUint(dst, p.end)
		if p.sealed {
			dst = putUint(putUint(dst, p.id), uint64(p.n))
		} else {
			p.d = st.d
			dst = p.put(dst)
		}
		dst = putBitmap(dst, p.settled)
		dst = putUint(dst, uint64(len(p.stamps)))
		for _, x := range p.stamps {
			dst = putUint(putUint(dst, uint64(x.slot)), x.tick)
		}
	}
	return dst
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}
