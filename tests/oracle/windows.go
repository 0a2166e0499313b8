package oracle

import "slices"

// Windows gives each row once for every window that its time lies in, with the window's start
// and end as last columns. A row without a time comes once, with windows of NULLs.
type Windows struct {
	In          Node
	Time        int
	Slide, Size int64 // µs
	Offset      int64
	Cumulate    bool // windows begin every Size, and end every Slide
}

// Rows implements [Node].
func (n Windows) Rows(db Database) (out []Row) {
	for _, r := range n.In.Rows(db) {
		if r[n.Time].IsNull() {
			out = append(out, append(slices.Clone(r), Value{}, Value{}))
			continue
		}
		t := r[n.Time].I - n.Offset
		add := func(start, end int64) {
			out = append(out, append(slices.Clone(r), TimeOf(start+n.Offset), TimeOf(end+n.Offset)))
		}
		if n.Cumulate {
			start := floor(t, n.Size)
			for end := start + n.Slide; end <= start+n.Size; end += n.Slide {
				if t < end {
					add(start, end)
				}
			}
			continue
		}
		for start := floor(t, n.Slide); start > t-n.Size; start -= n.Slide {
			add(start, start+n.Size)
		}
	}
	return out
}

// Sessions gives each row the start and end of its session as last columns: of the rows that
// are equal in Partition, those whose times are at most Gap after the one before. A row without
// a time has a session of NULLs.
type Sessions struct {
	In        Node
	Time      int
	Partition []Expr
	Gap       int64 // µs
}

// Rows implements [Node].
func (n Sessions) Rows(db Database) (out []Row) {
	var timed []Row
	for _, r := range n.In.Rows(db) {
		if r[n.Time].IsNull() {
			out = append(out, append(slices.Clone(r), Value{}, Value{}))
		} else {
			timed = append(timed, r)
		}
	}
	for _, p := range partitions(timed, n.Partition) {
		rows := order(p.rows, []Order{{Expr: Col(n.Time)}})
		start := 0
		for i := range rows {
			if i+1 < len(rows) && rows[i+1][n.Time].I-rows[i][n.Time].I <= n.Gap {
				continue
			}
			for _, r := range rows[start : i+1] {
				out = append(out, append(slices.Clone(r), rows[start][n.Time], TimeOf(rows[i][n.Time].I+n.Gap)))
			}
			start = i + 1
		}
	}
	return out
}
