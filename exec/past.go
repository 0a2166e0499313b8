package exec

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// Readers of an old snapshot read the relations of its tick: one that has gone since is kept
// for as long as somebody may ask for it. What it holds counts as versions that old readers
// hold back (R6).

// past is a relation as readers of ticks before until see it.
type past struct {
	rel   *relation
	until uint64
	next  *relation // what took its place; nil: it went
}

// leave keeps a relation that goes in a tick for those who read earlier ones. It is told before
// the tick is published.
func (r *relations) leave(x *relation, tick uint64, next *relation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.past == nil {
		r.past = map[uint32][]past{}
	}
	r.past[x.OID] = append(r.past[x.OID], past{x, tick, next})
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

// history is what a relation has been, in order, that somebody may still ask for.
func (r *relations) history(oid uint32) []past {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.past[oid]
}

// Changes hands out what the ticks after from, up to to, have changed in columns of a relation,
// as table.Store.Changes does. In the tick in which a view got another query, its change is the
// difference between the old rows and the new ones. The caller holds a snapshot of from.
func (e *Engine) Changes(oid uint32, from, to uint64, cols []int, f func(tick uint64, b *col.Batch) error) error {
	for _, p := range e.rels.history(oid) {
		switch {
		case from >= p.until:
			continue
		case to < p.until:
			return p.rel.store.Changes(from, to, cols, f)
		case p.next == nil:
			return errNoRelation(oid)
		}
		err := p.rel.store.Changes(from, p.until-1, cols, f)
		if err != nil {
			return err
		}
		d, err := netOf(e.seed, side{p.rel.store, p.until - 1}, side{p.next.store, p.until}, cols)
		if err == nil && d != nil {
			err = f(p.until, d)
		}
		if from = p.until; err != nil {
			return err
		}
	}
	store, err := e.Store(oid)
	if err != nil || from >= to {
		return err
	}
	return store.Changes(from, to, cols, f)
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

// show makes a tick visible, with the catalog's version if it has a new one: who reads by the
// new names reads this tick, or a later one.
func (e *Engine) show(tick uint64, now int64, cs []change, changed bool) {
	for i := range cs {
		cs[i].rel.show(cs[i].mark, cs[i].parts)
	}
	if changed {
		e.versions.Lock()
		defer e.versions.Unlock()
		defer e.opt.Catalog.Publish(tick)
	}
	e.publish(tick, now)
}
