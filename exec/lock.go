package exec

import (
	"maps"

	"github.com/millracedb/millrace/base/col"
)

// LockMode is how firmly a transaction holds rows that it has read.
type LockMode uint8

// Others may hold a row that is held by LockShare, nobody else one held by LockUpdate. Nobody
// waits: of two transactions that exclude each other the one that commits later gets 40001.
const (
	LockShare LockMode = iota + 1
	LockUpdate
)

// lock is rows that a transaction relies on.
type lock struct {
	rel      uint32
	rows     *col.Batch
	snapshot uint64
	mode     LockMode
}

// Lock says that the transaction relies on rows, whole as they were at a snapshot, whether or
// not it writes them. It is a conflict (40001) when one has changed since, or when another
// transaction that held it in a mode that excludes this one has committed since.
func (t *Txn) Lock(rel uint32, rows *col.Batch, snapshot uint64, mode LockMode) {
	t.locks = append(t.locks, lock{rel, rows, snapshot, mode})
}

// lockKey is a row of a relation, by the hash of its identity: two rows that share one are
// taken for the same, which is an unneeded conflict at worst.
type lockKey struct {
	rel  uint32
	hash uint64
}

// heldRow is the last tick in which a row was held, and the firmest mode there.
type heldRow struct {
	tick uint64
	mode LockMode
}

// excludes reports whether a transaction that read the row at a snapshot comes too late.
func (h heldRow) excludes(l *lock) bool {
	return h.tick > l.snapshot && (h.mode == LockUpdate || l.mode == LockUpdate)
}

// mostHeld bounds how many rows are remembered as held. Beyond it all rows count as held.
const mostHeld = 1 << 16

// heldRows are the rows held by transactions that have committed, as far as one that is open
// may have read them before.
type heldRows struct {
	rows map[lockKey]heldRow
	all  uint64 // up to this tick every row counts as held by LockUpdate
}

func (h *heldRows) add(tick uint64, rows map[lockKey]heldRow) {
	if len(rows) == 0 {
		return
	}
	if h.rows == nil || len(h.rows)+len(rows) > mostHeld {
		if h.rows != nil {
			h.all = tick
		}
		h.rows = map[lockKey]heldRow{}
	}
	hold(h.rows, rows)
}

// hold adds held rows to others; what was ever held firmly stays so.
func hold(rows, more map[lockKey]heldRow) {
	for k, x := range more {
		rows[k] = heldRow{x.tick, max(x.mode, rows[k].mode)}
	}
}

// forget lets go of what no open transaction can have read before.
func (h *heldRows) forget(horizon uint64) {
	if len(h.rows) > 0 {
		maps.DeleteFunc(h.rows, func(_ lockKey, x heldRow) bool { return x.tick <= horizon })
	}
}

// lockAll checks that the rows that a transaction relies on are as it read them, and returns
// them as held.
func (r *Resolver) lockAll(locks []lock) (map[lockKey]heldRow, error) {
	if len(locks) == 0 {
		return nil, nil
	}
	held := map[lockKey]heldRow{}
	for i := range locks {
		mine := map[lockKey]heldRow{}
		if err := r.lock(&locks[i], mine); err != nil {
			return nil, err
		}
		hold(held, mine)
	}
	return held, nil
}

func (r *Resolver) lock(l *lock, mine map[lockKey]heldRow) error {
	p, err := r.pending(l.rel)
	if err != nil {
		return err
	}
	if p.cut || r.e.held.all > l.snapshot {
		return errConflict()
	}
	rows := l.rows.Compact()
	keys := columnsAt(rows, p.rel.Key)
	refs, births := p.rel.store.Newest("", keys)
	_, hash := r.hashed(keys)
	for i := range rows.N {
		if _, died := p.died[refs[i]]; died || births[i] == 0 || births[i] > l.snapshot {
			return errConflict()
		}
		k := lockKey{l.rel, hash[i]}
		if r.held[k].excludes(l) || r.e.held.rows[k].excludes(l) {
			return errConflict()
		}
		mine[k] = heldRow{r.tick, l.mode}
	}
	return nil
}
