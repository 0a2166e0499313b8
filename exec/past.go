package exec

import "github.com/millracedb/millrace/base/pgerr"

// Readers of an old snapshot read the relations of its tick: one that has gone since is kept
// for as long as somebody may ask for it. What it holds counts as versions that old readers
// hold back (R6).

// past is a relation as readers of ticks before until see it.
type past struct {
	rel   *relation
	until uint64
}

// leave keeps a relation that goes in a tick for those who read earlier ones. It is told before
// the tick is published.
func (r *relations) leave(x *relation, tick uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.past == nil {
		r.past = map[uint32][]past{}
	}
	r.past[x.OID] = append(r.past[x.OID], past{x, tick})
}

// at is a relation as of a pinned tick. Errors: 42P01 when there is none.
func (r *relations) at(oid uint32, tick uint64) (*relation, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, p := range r.past[oid] {
		if tick < p.until {
			return p.rel, nil
		}
	}
	if x := r.by[oid]; x != nil {
		return x, nil
	}
	return nil, errNoRelation(oid)
}

func errNoRelation(oid uint32) error {
	return pgerr.New(pgerr.UndefinedTable, "relation with OID %d does not exist", oid)
}

// forget lets go of what nobody can ask for who reads at the horizon or later.
func (r *relations) forget(horizon uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for oid, all := range r.past {
		left := 0
		for left < len(all) && all[left].until <= horizon {
			left++
		}
		if all = all[left:]; len(all) == 0 {
			delete(r.past, oid)
		} else {
			r.past[oid] = all
		}
	}
}

// kept is the bytes that readers of a horizon hold back in relations that are gone.
func (r *relations) kept(horizon uint64) (n int64) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, all := range r.past {
		for _, p := range all {
			if p.until > horizon {
				held, _ := p.rel.store.Bytes()
				n += held
			}
		}
	}
	return n
}

// SnapshotWith takes a snapshot and calls read, in which the newest version of the catalog is
// that of the snapshot's tick.
func (e *Engine) SnapshotWith(read func()) *Snapshot {
	e.versions.RLock()
	defer e.versions.RUnlock()
	read()
	return e.Snapshot()
}

// show makes a tick visible, with the catalog's version if it has a new one: who reads by the
// new names reads this tick, or a later one.
func (e *Engine) show(tick uint64, now int64, changed bool) {
	if changed {
		e.versions.Lock()
		defer e.versions.Unlock()
		defer e.opt.Catalog.Publish(tick)
	}
	e.publish(tick, now)
}
