package exec

import (
	"context"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/table"
)

// Snapshot pins the newest tick: every relation can be read as of it until Release.
type Snapshot struct {
	Published
	pin     *table.Pin
	follows *table.Store // that holds rows for it; nil: none
}

// Snapshot takes a snapshot.
func (e *Engine) Snapshot() *Snapshot {
	pin := e.pins.Pin()
	s := &Snapshot{Published: e.Newest(), pin: pin}
	s.Tick = pin.Tick()
	return s
}

// SnapshotAt is a snapshot of an earlier tick. It is 72000 when versions of that tick may be
// gone: they are kept while somebody holds a snapshot as old.
func (e *Engine) SnapshotAt(tick uint64) (*Snapshot, error) {
	p := e.Newest()
	if tick > p.Tick {
		return nil, pgerr.New(pgerr.InvalidParameterValue, "tick %d is still to come", tick).WithDetail("The newest tick is %d.", p.Tick)
	}
	pin, err := e.pins.PinAt(tick)
	if err != nil {
		return nil, pgerr.From(err).WithHint("Versions of a tick are kept while somebody reads as of it. Subscribe anew with a snapshot.")
	}
	return &Snapshot{Published: Published{Tick: tick, Now: p.Now}, pin: pin}, nil
}

// Follow takes a snapshot, of an earlier tick if it is told one, from which the changes of a relation are
// read. Those of a stream that keeps no rows are held for it until Release; what has come to such a one
// while nobody followed is behind the snapshot.
func (e *Engine) Follow(ctx context.Context, oid uint32, from uint64) (*Snapshot, error) {
	store, err := e.Store(oid)
	if err != nil {
		return nil, err
	}
	store.Follow()
	s := e.Snapshot()
	if from != 0 {
		s.Release()
		s, err = e.SnapshotAt(from)
	}
	if err != nil {
		store.Unfollow()
		return nil, err
	}
	s.follows = store
	for from == 0 && store.Passed() > s.Tick {
		p, err := e.Await(ctx, store.Passed()-1)
		if err != nil {
			s.Release()
			return nil, err
		}
		s.Advance(p.Tick)
		s.Published = p
	}
	return s, nil
}

// AsOf is the tick as of which a relation is read at the snapshot. A view follows every tick,
// so that it is the snapshot's own; one that is rebuilt while its old contents serve is to be
// read at the tick of these, with all that stand on it.
func (s *Snapshot) AsOf(rel uint32) uint64 { return s.Tick }

// Err is 72000 once the snapshot's versions have been let go.
func (s *Snapshot) Err() error { return s.pin.Err() }

// Advance moves the snapshot to a later tick.
func (s *Snapshot) Advance(tick uint64) { s.pin.Advance(tick); s.Tick = tick }

// Release lets the snapshot go; it may be called more than once.
func (s *Snapshot) Release() {
	s.pin.Release()
	if s.follows != nil {
		s.follows.Unfollow()
		s.follows = nil
	}
}

// Store is the store of a relation that there is now, to be read as of a pinned tick.
func (e *Engine) Store(oid uint32) (*table.Store, error) {
	r, err := e.rels.get(oid)
	return e.storeOf(r, err)
}

// StoreAt is the store of a relation that there was at the snapshot.
func (e *Engine) StoreAt(s *Snapshot, oid uint32) (*table.Store, error) {
	r, err := e.rels.at(oid, s.Tick)
	return e.storeOf(r, err)
}

func (e *Engine) storeOf(r *relation, err error) (*table.Store, error) {
	if err == nil {
		err = e.serves(r)
	}
	if err != nil {
		return nil, err
	}
	return r.store, nil
}

// serves tells why a view cannot be read.
func (e *Engine) serves(r *relation) error {
	if r.view == nil {
		return nil
	}
	f := r.view.flow.outOfService.Load()
	if f == nil {
		return nil
	}
	return pgerr.New(f.Code, "materialized view \"%s\" is out of service: %s", r.Name, f.Message).
		WithHint("Drop and create the view again once the cause is mended.")
}

// SnapshotWith takes a snapshot and calls read, in which the newest version of the catalog is
// that of the snapshot's tick.
func (e *Engine) SnapshotWith(read func()) *Snapshot {
	e.versions.RLock()
	defer e.versions.RUnlock()
	read()
	return e.Snapshot()
}
