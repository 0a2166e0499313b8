package table

// size is the bytes of an open segment's rows before encoding.
func (g *segment) size(n int) int64 {
	var size int64
	for _, c := range g.data.Load().cols {
		p := c.(*plain)
		size += int64(n*p.kind.Width()) + p.held
	}
	return size
}

// Bytes is the memory of the store, indexes included, and how much of it is versions that
// are dead at the newest tick and kept for readers. Any goroutine may ask.
func (s *Store) Bytes() (all, kept int64) {
	for _, g := range *s.segs.Load() {
		data := g.data.Load()
		for _, c := range data.cols {
			all += c.bytes()
		}
		all += data.w.bytes() + g.dead.bytes() + int64(len(g.runs.all()))*16
		if p := g.prev.Load(); p != nil {
			all += int64(len(*p)) * 4
		}
	}
	all += int64(s.deaths.size()*4 + s.ticks.size()*56)
	for ix := s.identity.Load(); ix != nil; ix = ix.older.Load() {
		all += ix.bytes.Load()
	}
	for _, ix := range *s.indexes.Load() {
		for ; ix != nil; ix = ix.older.Load() {
			all += ix.bytes.Load() + ix.lists.size.Load()
		}
	}
	return all, s.Kept(s.floor.Load())
}

// Kept estimates the bytes of versions that died after a horizon.
func (s *Store) Kept(horizon uint64) int64 {
	v, from, pos := s.ticks.last(func(e *tickEntry) bool { return e.tick <= horizon })
	settled := uint64(0)
	if pos > from {
		settled = v.at(pos - 1).to
	}
	dead := int64(s.deaths.n.Load() - settled)
	var rows, bytes, ended int64
	for _, g := range *s.segs.Load() {
		data := g.data.Load()
		var b int64
		for _, c := range data.cols {
			b += c.bytes()
		}
		rows, bytes = rows+int64(g.n.Load()), bytes+b
		if e := g.end.Load(); e > horizon {
			ended += b
		}
	}
	return ended + dead*bytes/max(1, rows)
}
