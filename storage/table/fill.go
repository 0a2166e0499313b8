package table

import (
	"errors"
	"math"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// Fill is a secondary index that is filled beside running ticks. Its holder pins the
// horizon (Pins.HoldHorizon) for as long as it lives, so no version that a reader could
// find by the index goes, and where compaction moves one, its old place leads on. The
// holder, one goroutine at a time, enters with Advance what was born by a published tick, as
// often as it likes; between two ticks the tick goroutine enters the rest with Finish and
// attaches the index with Attach. A Fill that is not attached is simply dropped.
type Fill struct {
	s      *Store
	ix     *index
	older  *index // versions that were truncated; nil: no reader asks for any
	from   uint64 // versions dead at or before it are left out
	upto   uint64 // versions born at or before it have been entered
	cut    uint64 // the last truncation when it began
	unique bool
	work   keyScratch
}

// ErrTruncated says that the relation was emptied while an index was filled: what was
// entered is of no use, and the filling begins anew.
var ErrTruncated = errors.New("the relation was truncated")

// Duplicate is the error of filling a unique index when a key without NULLs stands twice.
type Duplicate struct {
	Key *col.Batch // one row of the index's columns
}

// Error is the text without the key, which needs the names of columns.
func (*Duplicate) Error() string { return "a key is duplicated" }

// allTicks is after every tick: the rows as the tick goroutine sees them.
const allTicks = math.MaxUint64

// NewFill begins a secondary index over columns. horizon is the tick that the caller has
// pinned: the index serves every tick from there on. With unique, two rows with one key
// without NULLs that live together are an error.
func (s *Store) NewFill(cols []int, unique bool, horizon uint64) *Fill {
	f := &Fill{s: s, ix: s.newIndex("", slices.Clone(cols), unique), from: horizon, cut: s.cut.Load(), unique: unique}
	f.ix.listing = true
	return f
}

// Advance enters the versions born by a published tick that it has not entered yet, and
// tells how many rows it has looked at. each is called now and then with the rows since
// the call before; its error ends the filling. A row for which skip holds counts as dead
// for uniqueness (nil: none does). Errors: Duplicate as of that tick, ErrTruncated.
func (f *Fill) Advance(to uint64, skip func(Ref) bool, each func(rows int) error) (rows int64, err error) {
	for _, g := range *f.s.segs.Load() {
		lo, hi := g.visible(f.upto), g.visible(to)
		for ; lo < hi; lo += keyBatch {
			n := min(hi-lo, keyBatch)
			if err := f.enter(g, lo, lo+n, to, skip); err != nil {
				return rows, err
			}
			if rows += int64(n); each != nil {
				if err := each(n); err != nil {
					return rows, err
				}
			}
		}
	}
	if f.s.cut.Load() != f.cut {
		return rows, ErrTruncated
	}
	f.upto = to
	return rows, nil
}

// Finish enters, between two ticks and on the tick goroutine, what Advance has not: then
// the index is complete. Errors are those of Advance.
func (f *Fill) Finish(skip func(Ref) bool) error {
	_, err := f.Advance(allTicks, skip, nil)
	if err == nil {
		f.upto = f.s.tick
	}
	return err
}

// enter enters versions of a segment, all born by a tick.
func (f *Fill) enter(g *segment, lo, hi int, to uint64, skip func(Ref) bool) error {
	ix, e := f.ix, g.end.Load()
	if e != 0 && e <= f.from {
		return nil
	}
	if e != 0 && e <= f.cut && !g.expired { // a later truncation makes it begin anew
		if ix = f.truncated(); ix == nil {
			return nil
		}
	}
	w := &f.work
	w.slots = w.slots[:0]
	for slot := lo; slot < hi; slot++ {
		// Versions born and dead in one tick were never seen, and need not be the newest.
		if t := g.dead.stamp(slot); t == 0 || t > f.from && t != g.born(slot) {
			w.slots = append(w.slots, uint32(slot))
		}
	}
	if len(w.slots) == 0 {
		return nil
	}
	k := f.s.keysAt(w, ix, g, w.slots)
	for i, slot := range w.slots {
		r := makeRef(g.no, int(slot))
		if f.unique && ix == f.ix && f.twice(k, i, g, int(slot), to, skip) {
			return f.duplicate(g, int(slot))
		}
		ix.add(k.hash[i], r, 0)
	}
	return nil
}

// truncated is the index of the rows that were truncated before the filling began; nil:
// the first Advance has entered them.
func (f *Fill) truncated() *index {
	if f.upto > 0 {
		return nil
	}
	if f.older == nil {
		f.older = f.s.newIndex("", f.ix.cols, false)
		f.older.listing = true
		f.ix.since = f.cut
	}
	return f.older
}

// twice reports whether a version and one entered before it live at a tick with one key.
func (f *Fill) twice(k *keys, i int, g *segment, slot int, to uint64, skip func(Ref) bool) bool {
	if k.anyNull(i) || !f.lives(g, slot, to, skip) {
		return false
	}
	var one [1]Ref
	list := f.ix.listed(k.hash[i], &one)
	for j := len(list) - 1; j >= 0; j-- {
		if og, at := f.s.places.find(list[j]); og != nil && f.ix.matches(og, at, k, i) && f.lives(og, at, to, skip) {
			return true
		}
	}
	return false
}

func (f *Fill) lives(g *segment, slot int, tick uint64, skip func(Ref) bool) bool {
	return g.sees(slot, tick) && (skip == nil || !skip(makeRef(g.no, slot)))
}

func (f *Fill) duplicate(g *segment, slot int) error {
	types := make([]col.Type, len(f.ix.cols))
	for i, c := range f.ix.cols {
		types[i] = f.s.cfg.Types[c]
	}
	d := &Duplicate{Key: col.NewBatch(types...)}
	g.copyRow(slot, f.ix.cols, d.Key)
	return d
}

// Copy appends columns of a version that Advance hands to skip to dst. Only skip calls it.
func (f *Fill) Copy(r Ref, cols []int, dst *col.Batch) {
	g, slot := f.s.places.find(r)
	g.copyRow(slot, cols, dst)
}

// Lookup is Store.Lookup by the index as it is filled so far: complete for the pinned tick
// and all later ones up to that of the last Advance. Only the holder calls it.
func (f *Fill) Lookup(tick uint64, in []*col.Vector, cols []int, dst *col.Batch, left []uint32) ([]uint32, error) {
	ix := f.ix
	if tick < ix.since {
		ix = f.older
	}
	if tick < f.from || ix == nil {
		return left, ErrSnapshotTooOld
	}
	return f.s.lookup(ix, tick, in, cols, dst, left)
}

// Living is Store.Living by the index once it is finished, on the tick goroutine.
func (f *Fill) Living(in []*col.Vector) (left []uint32, refs []Ref) { return f.s.livingIn(f.ix, in) }

// Attach gives the store the index after Finish, with no tick in between, under a name
// that it has no index of. The pin may go from then on.
func (s *Store) Attach(f *Fill, name string) {
	f.ix.name = name
	if f.older != nil {
		f.older.name = name
		f.ix.older.Store(f.older)
	}
	list := append(slices.Clone(*s.indexes.Load()), f.ix)
	s.indexes.Store(&list)
	// Its entries may name the old places of versions that have moved meanwhile.
	for _, m := range s.upkeep.moved {
		m.done, m.row, m.lists, m.list, m.at = false, 0, nil, nil, 0
	}
}

// CreateIndex makes a secondary index at once, on the tick goroutine. It serves every tick
// that can still be read. With unique it fails with 23505 when two living rows have one key
// without NULLs; later changes are not checked here.
func (s *Store) CreateIndex(name string, cols []int, unique bool) error {
	for _, ix := range *s.indexes.Load() {
		if ix.name == name {
			return pgerr.New(pgerr.DuplicateTable, "relation \"%s\" already exists", name)
		}
	}
	f := s.NewFill(cols, unique, s.floor.Load())
	var twice *Duplicate
	if err := f.Finish(nil); errors.As(err, &twice) {
		return pgerr.New(pgerr.UniqueViolation, "could not create unique index \"%s\"", name).WithDetail("A key is duplicated.")
	} else if err != nil {
		return err
	}
	s.Attach(f, name)
	return nil
}
