package table

import "github.com/millracedb/millrace/base/col"

// The rows of a Bag that keeps none pass by: what is kept running has them, no tick's contents do. They
// are held for Changes alone, and only while somebody follows.

// applyPassing is Apply to a Bag that keeps no row.
func (s *Store) applyPassing(tick uint64, d *col.Batch) {
	if !s.followed(tick) {
		return
	}
	e := s.begin(tick)
	s.append(tick, s.work.cols, d.Sel, d.Len(), s.work.ws, nil)
	s.close()
	for _, g := range *s.segs.Load() {
		if g.end.Load() == 0 {
			g.expired = true
			s.end(g, tick)
		}
	}
	s.live = 0
	s.finish(e)
}

// followed reports whether somebody may ask for the rows of a tick. That they are not held is noted before
// it is decided, so that a follower who comes meanwhile is either seen here or sees it.
func (s *Store) followed(tick uint64) bool {
	if s.followers.Load() > 0 {
		return true
	}
	before := s.passed.Swap(tick)
	if s.followers.Load() > 0 {
		s.passed.Store(before)
		return true
	}
	return false
}

// Follow has the rows held that come to a Bag that keeps none, until Unfollow, for who has pinned a tick
// before them: all that come after Passed, which is asked behind Follow.
func (s *Store) Follow() { s.followers.Add(1) }

// Unfollow ends one Follow.
func (s *Store) Unfollow() { s.followers.Add(-1) }

// Passed is a tick at or above the newest one whose rows were not held. It may be one that is still to be
// published.
func (s *Store) Passed() uint64 { return s.passed.Load() }
