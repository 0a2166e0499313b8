package table

import (
	"sync"
	"time"
)

// Upkeep lists the stores of a database that Maintain may have work for, so that what is due
// between two ticks costs what has changed, however many relations there are. It belongs to the
// tick goroutine, but for what a store does that changes: workers change several at once.
type Upkeep struct {
	mu     sync.Mutex // of the list while a tick runs
	stores []*Store
}

// Take has the store maintained from now on. One that is filled by another goroutine is taken
// when that is done.
func (u *Upkeep) Take(s *Store) {
	s.list = u
	u.add(s)
}

func (u *Upkeep) add(s *Store) {
	if u == nil || s.listed {
		return
	}
	s.listed = true
	u.mu.Lock()
	u.stores = append(u.stores, s)
	u.mu.Unlock()
}

// Maintain calls Maintain of each store listed, with a budget for each, and forgets those that
// need no more.
func (u *Upkeep) Maintain(published, horizon uint64, budget time.Duration) {
	left := u.stores[:0]
	for _, s := range u.stores {
		s.Maintain(published, horizon, budget)
		if s.listed = s.Pending(); s.listed {
			left = append(left, s)
		}
	}
	clear(u.stores[len(left):])
	u.stores = left
}

// Kept is the sum of Kept of all stores: one that is not listed keeps nothing for readers.
func (u *Upkeep) Kept(horizon uint64) (n int64) {
	for _, s := range u.stores {
		n += s.Kept(horizon)
	}
	return n
}

// Forget takes a dropped relation's store out.
func (u *Upkeep) Forget(s *Store) {
	s.list = nil
	for i, x := range u.stores {
		if x == s {
			u.stores = append(u.stores[:i], u.stores[i+1:]...)
			s.listed = false
			return
		}
	}
}
