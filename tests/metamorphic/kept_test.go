package metamorphic

import (
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millracedb/millrace/tests/oracle"
)

// A stream that keeps late rows promises nothing. What a view with EMIT ON WINDOW CLOSE over it
// holds follows from the order in which its rows came: a window has the rows that were there when
// the watermark passed it, and is never touched again.

// emitted is what such a view has handed on, as of the last tick.
type emitted struct {
	rows  []oracle.Row
	marks map[string]int64 // the watermarks then
	taken map[string]taken // by stream, where the view takes rows one by one
}

// taken are the rows of a stream that were not late when they came, of so many.
type taken struct {
	rows []oracle.Row
	of   int
}

// keepersOf are the streams whose watermarks are no promises.
func keepersOf(tables []*relation) []*relation {
	return slices.DeleteFunc(slices.Clone(tables), func(r *relation) bool { return !r.stream || r.mark < 0 || r.late != "keep" })
}

// keptView makes a view with EMIT ON WINDOW CLOSE over streams of which some keep late rows.
func (g *gen) keptView(name string, streams []*relation) *relation {
	r := &relation{name: name, kept: true, emits: true, final: true, lasts: true}
	q := query{}
	if g.one(4) {
		q, r.byRow = g.finalOver(streams), true
	} else {
		forms := []func(*gen, []*relation) query{(*gen).finalGroups, (*gen).finalGroups, (*gen).finalDistinct, (*gen).finalTop, (*gen).finalWindowOver}
		q = forms[g.IntN(len(forms))](g, streams)
	}
	r.view, r.cols = &q, q.cols
	return r
}

// keeping makes a stream that keeps late rows, and views over it that emit on window close.
func (g *gen) keeping() (s *relation, views []*relation) {
	for s == nil || s.mark < 0 {
		s = g.relation(8)
	}
	s.name, s.late, s.delay, s.idle, s.ahead = "keeps", "keep", int64(g.IntN(4))*1_000_000, 0, hour
	for i := range g.IntN(3) + 1 {
		views = append(views, g.keptView(fmt.Sprintf("k%d", i), []*relation{s}))
	}
	return s, views
}

// emit gives the views whose rows last what a tick has made final. It is called once a tick that
// brings rows, and at least once for each that raises a watermark.
func (m *model) emit() {
	for _, r := range m.relations {
		if !r.lasts {
			continue
		}
		had := m.emissions[r.name]
		now := emitted{marks: maps.Clone(m.marks), taken: map[string]taken{}}
		for _, s := range r.view.uses {
			now.taken[s] = m.take(m.relation(s), r, had)
		}
		now.rows = slices.Concat(had.rows, without(m.finals(r, now, now.marks), m.finals(r, now, had.marks)))
		m.emissions[r.name] = now
	}
}

// take adds the rows of a stream that have come since the last tick; a view that takes rows one
// by one leaves out those that are late.
func (m *model) take(s, r *relation, had emitted) taken {
	all, old := m.committed.rows[s.name], had.taken[s.name]
	if !r.byRow {
		return taken{all, len(all)}
	}
	now := taken{slices.Clip(old.rows), len(all)}
	mark, promised := had.marks[s.name]
	for _, row := range all[old.of:] {
		if t := row[s.mark]; !promised || t.IsNull() || t.I >= mark {
			now.rows = append(now.rows, row)
		}
	}
	return now
}

// finals is what a view's query gives over what it has taken, with some watermarks.
func (m *model) finals(r *relation, e emitted, marks map[string]int64) []oracle.Row {
	db := oracle.Database{}
	for s, t := range e.taken {
		db[s] = t.rows
	}
	for s, w := range marks {
		db[watermarkOf(s)] = []oracle.Row{{oracle.TimeOf(w)}}
	}
	return r.view.node.Rows(db)
}

// without is rows less others, which are among them.
func without(rows, others []oracle.Row) (out []oracle.Row) {
	left := map[string]int{}
	for _, row := range others {
		left[row.Key()]++
	}
	for _, row := range rows {
		if k := row.Key(); left[k] > 0 {
			left[k]--
			continue
		}
		out = append(out, row)
	}
	return out
}

// A stream with a retention forgets rows, which its views keep: they are their queries over all
// that has ever come. What is left of the stream is what came of late, and perhaps more.

// keepsNone is the retention of a stream none of whose rows stays.
const keepsNone = 1

// forgetting makes a stream with a retention, and views over it, which are made before its rows.
func (g *gen) forgetting() (s *relation, views []*relation) {
	for s == nil || s.mark < 0 {
		s = g.relation(9)
	}
	s.name, s.retention = "forgets", max(keepsNone, int64(g.IntN(20)-4)*1_000_000)
	saved := g.sources
	g.sources = []*relation{s}
	for i := range g.IntN(2) + 1 {
		q := g.query(1)
		views = append(views, &relation{name: fmt.Sprintf("f%d", i), cols: q.cols, view: &q, kept: true, final: true})
	}
	g.sources = saved
	name := fmt.Sprintf("f%d", len(views))
	if s.late == "keep" {
		return s, append(views, g.keptView(name, []*relation{s}))
	}
	q := g.finalGroups([]*relation{s})
	return s, append(views, &relation{name: name, cols: q.cols, view: &q, kept: true, emits: true, final: true})
}

// left compares what a stream with a retention has with what it may have, and must have.
func (r *run) left(c *pgconn.PgConn, s *relation, all []oracle.Row) *mismatch {
	r.checks++
	got, err := answer(c, "SELECT * FROM "+s.name, s.cols)
	if err != nil {
		return &mismatch{what: "retention", text: err.Error()}
	}
	if gone := without(all, got); len(gone)+len(got) != len(all) {
		return &mismatch{what: "retention", text: fmt.Sprintf("%s has rows that never came: %v of %v", s.name, got, all)}
	}
	if s.retention == keepsNone {
		own := without(all, r.model.contents(r.model.committed)[s.name]) // of the transaction
		if kept := without(got, own); len(kept) > 0 || len(got) != len(own) {
			return &mismatch{what: "retention", text: fmt.Sprintf("%s is to keep nothing beside %v, and has %v", s.name, own, got)}
		}
		return nil
	}
	recent := all
	for i, at := range r.model.came[s.name] {
		if at < r.model.clock-s.retention {
			recent = all[i+1:]
		}
	}
	if missing := without(recent, got); len(missing) > 0 {
		return &mismatch{what: "retention", text: fmt.Sprintf("%s has forgotten %v too early", s.name, missing)}
	}
	return nil
}
