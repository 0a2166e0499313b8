package exec

// mostRows is how many rows the greatest groups of windows had when they were emitted last. Where
// rows only come and a window is read for the groups with the most rows alone, smaller ones
// need not be emitted: they come back when they have grown to that. A window that lost its
// place, or all after a restart, emits some groups more.
type mostRows [windowsOfMost]struct{ window, rows int64 }

const windowsOfMost = 256

// reaches reports whether a group with so many rows is among the greatest of its window so far.
func (m *mostRows) reaches(window, rows int64) bool {
	e := &m[uint64(window)%windowsOfMost]
	if e.window == window && rows < e.rows {
		return false
	}
	e.window, e.rows = window, rows
	return true
}
