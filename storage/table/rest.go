package table

// A row that changes often lives for a few ticks. So a segment of which rows have died rests
// for some ticks before it is encoded, or rewritten for those that are left: mostly none.
const (
	restTicks    = 16
	restSegments = 16 // that rest at most
)

// rests reports whether a closed segment's rows may yet be dying.
func (s *Store) rests(g *segment) bool {
	return g.phase == full && g.lastDeath != 0 && g.closed+restTicks > s.upkeep.published
}

// pickSeal finds the oldest closed segment that is to be encoded.
func (s *Store) pickSeal() *segment {
	var oldest *segment
	resting := 0
	for _, g := range *s.segs.Load() {
		if g.phase != full || g.end.Load() != 0 {
			continue
		}
		if !s.rests(g) {
			return g
		}
		if resting++; oldest == nil {
			oldest = g
		}
	}
	if s.upkeep.resting = resting > 0; resting > restSegments {
		return oldest
	}
	return nil
}
