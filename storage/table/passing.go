package table

import "github.com/millracedb/millrace/base/col"

// The rows of a Bag that keeps none pass by: what is kept running has them, no tick's contents do. They
// are held for Changes alone, and only where somebody reads as of a tick before theirs.

// applyPassing is Apply to a Bag that keeps no row.
func (s *Store) applyPassing(tick uint64, d *col.Batch) {
	if !s.awaited(tick) {
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

// awaited reports whether somebody may ask for the rows of a tick. That they are not held is noted before
// it is decided, so that a reader who comes meanwhile is either seen here or sees it.
func (s *Store) awaited(tick uint64) bool {
	if s.cfg.Read() {
		return true
	}
	before := s.passed.Swap(tick)
	if s.cfg.Read() {
		s.passed.Store(before)
		return true
	}
	return false
}

// Passed is a tick at or above the newest one whose rows were not held. Changes has all that came after it
// for a reader who pinned a tick at or above it: once it is published, one that is pinned before asking
// may advance to it.
func (s *Store) Passed() uint64 { return s.passed.Load() }
