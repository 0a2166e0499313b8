package exec

import "bytes"

// forget lets rows of both sides go by the watermarks as they stand after the tick.
func (j *AsOf) forget(t *Tick) {
	left, right := &j.sides[0], &j.sides[1]
	w := t.Watermark(1, right.time)
	left.before(w, func(key []byte) { left.rows.tree.Delete(key) })
	right.before(min(w, t.Watermark(0, left.time)), func(key []byte) {
		c := right.rows.tree.Seek(key)
		prefix := right.rows.group(key)
		if older := (rowCursor{right.rows.tree.SeekBefore(key), prefix}); c.Valid() && older.valid() {
			right.rows.tree.Delete(bytes.Clone(older.Key()))
		}
	})
}

// before hands out, and forgets, the row keys with times before a watermark.
func (s *asofSide) before(w int64, f func(key []byte)) {
	if w == NoWatermark {
		return
	}
	end := ageKey(nil, w)
	for {
		c := s.ages.Seek(nil)
		if !c.Valid() || bytes.Compare(c.Key(), end) >= 0 {
			return
		}
		key := bytes.Clone(c.Key())
		s.ages.Delete(key)
		f(key[8:])
	}
}
