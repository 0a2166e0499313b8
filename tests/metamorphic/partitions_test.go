package metamorphic

import (
	"math"
	"slices"

	"github.com/millracedb/millrace/tests/oracle"
)

// partition is one of the writers of a stream: all INSERTs and the COPYs that are over, or a
// COPY that is open.
type partition struct {
	name     string
	greatest int64 // event time of its rows; none: no row with a time has come
	last     int64 // when a row, or bytes, last came
	idle     bool
}

const (
	sqlPartition = "sql"
	none         = math.MinInt64
)

// arrive is what a stream holds after rows of a partition; those behind the watermark, as it
// stood before, come to be only in a stream that keeps them.
func (m *model) arrive(r *relation, name string, rows []oracle.Row) []oracle.Row {
	held := slices.Clip(m.committed.rows[r.name])
	if r.retention > 0 {
		defer func() {
			for len(m.came[r.name]) < len(held) {
				m.came[r.name] = append(m.came[r.name], m.clock)
			}
		}()
	}
	if r.mark < 0 {
		return append(held, rows...)
	}
	mark, greatest := m.mark(r.name), int64(none)
	for _, row := range rows {
		t := row[r.mark]
		if !t.IsNull() && t.I <= m.clock+r.ahead {
			greatest = max(greatest, t.I)
		}
		late := !t.IsNull() && t.I < mark
		if late && r.late == "divert" {
			m.late = append(m.late, oracle.Row{oracle.TextOf("public." + r.name), t, oracle.TimeOf(mark)})
		}
		if !late || r.late == "keep" {
			held = append(held, row)
		}
	}
	if greatest != none || name != sqlPartition { // else a short COPY would differ from a long one
		m.bring(r, partition{name, greatest, m.clock, false})
	}
	return held
}

// bring enters what a partition has brought, and lets the watermark follow.
func (m *model) bring(r *relation, p partition) {
	parts := slices.Clone(m.parts[r.name])
	i := slices.IndexFunc(parts, func(old partition) bool { return old.name == p.name })
	if i < 0 {
		parts = append(parts, p)
	} else {
		p.greatest, p.last = max(p.greatest, parts[i].greatest), max(p.last, parts[i].last)
		parts[i] = p
	}
	m.follow(r, parts)
}

// follow gives a stream other partitions, and the watermark that follows: that of the slowest
// that is not idle; where all are, the greatest time of all.
func (m *model) follow(r *relation, parts []partition) {
	m.parts[r.name] = parts
	least, greatest := int64(math.MaxInt64), int64(none)
	for _, p := range parts {
		greatest = max(greatest, p.greatest)
		if !p.idle {
			least = min(least, p.greatest)
		}
	}
	switch {
	case least == math.MaxInt64:
		m.raise(r.name, greatest)
	case least != none:
		m.raise(r.name, least-r.delay)
	}
}

// mark is a stream's watermark; none: there is none yet.
func (m *model) mark(stream string) int64 {
	if w, ok := m.marks[stream]; ok {
		return w
	}
	return none
}

// raise lets a watermark be no less than a time.
func (m *model) raise(stream string, to int64) {
	if to > m.mark(stream) {
		m.marks[stream] = to
	}
}

// silence lets partitions be idle that have brought nothing for their stream's timeout.
func (m *model) silence() {
	for _, r := range m.relations {
		if r.idle == 0 {
			continue
		}
		parts := slices.Clone(m.parts[r.name])
		for i := range parts {
			parts[i].idle = parts[i].idle || parts[i].last+r.idle <= m.clock
		}
		if !slices.Equal(parts, m.parts[r.name]) {
			m.follow(r, parts)
		}
	}
}

// closeCopy ends the partition of an open COPY: what it has brought counts as brought by
// INSERTs.
func (m *model) closeCopy(r *relation, name string) {
	parts := slices.Clone(m.parts[r.name])
	i := slices.IndexFunc(parts, func(p partition) bool { return p.name == name })
	was := parts[i]
	parts = slices.Delete(parts, i, i+1)
	if was.greatest == none {
		m.follow(r, parts)
		return
	}
	m.parts[r.name] = parts
	was.name = sqlPartition
	if k := slices.IndexFunc(parts, func(p partition) bool { return p.name == sqlPartition }); k >= 0 {
		was.idle = was.idle && parts[k].idle
	}
	m.bring(r, was)
}

// watermarks is what millrace.watermarks tells of streams and their partitions.
func (m *model) watermarks() (rows []oracle.Row) {
	at := func(t int64) oracle.Value {
		if t == none {
			return oracle.Value{}
		}
		return oracle.TimeOf(t)
	}
	for _, r := range m.relations {
		if !r.stream || r.mark < 0 {
			continue
		}
		for _, p := range m.parts[r.name] {
			name := "copy"
			if p.name == sqlPartition {
				name = p.name
			}
			rows = append(rows, oracle.Row{oracle.TextOf(r.name), oracle.TextOf(name), at(m.mark(r.name)), oracle.BoolOf(p.idle), at(p.greatest)})
		}
		if len(m.parts[r.name]) == 0 {
			rows = append(rows, oracle.Row{oracle.TextOf(r.name), {}, at(m.mark(r.name)), {}, {}})
		}
	}
	return rows
}

// told are the engine's own relations that follow from a history: a query of each, its columns
// and its rows.
func (m *model) told() []told {
	return []told{
		{"SELECT stream, event_time::timestamp, watermark::timestamp FROM millrace.late_rows", []column{{kind: oracle.Text}, {kind: oracle.Time}, {kind: oracle.Time}}, m.late},
		{"SELECT stream, substr(partition, 1, 4), watermark::timestamp, idle, greatest::timestamp FROM millrace.watermarks",
			[]column{{kind: oracle.Text}, {kind: oracle.Text}, {kind: oracle.Time}, {kind: oracle.Bool}, {kind: oracle.Time}}, m.watermarks()},
	}
}

type told struct {
	sql  string
	cols []column
	rows []oracle.Row
}

// streamOptions chooses those of a stream with a watermark.
func (g *gen) streamOptions(r *relation) {
	r.delay = int64(g.IntN(30)) * 1_000_000
	r.late = []string{"divert", "drop", "keep"}[g.IntN(3)]
	if g.one(3) {
		r.idle = int64(g.IntN(30)+1) * 1_000_000
	}
	if g.one(6) {
		r.ahead = int64(g.IntN(40)+1) * 1_000_000
	}
}
