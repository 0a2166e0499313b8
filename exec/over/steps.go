package over

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/agg"
)

// moving is a state that follows the frames of a partition from row to row: a frame that only
// grows at its end goes on with the state of the one before, and one that leaves rows behind does
// where the state can go back. What PostgreSQL does with a state, in which order, is visible in the
// result of a user's aggregate.
type moving struct {
	*sums
	steps    agg.Steps
	from, to int32 // the rows that are in the state
	err      error // of a row that is in it
	passing  []uint32
}

// step makes the result of each frame from the state over its rows.
func (s *sums) step(x *frames) *col.Vector {
	out := col.NewVector(s.c.Ret)
	m := &moving{sums: s, steps: s.c.Agg.Collecting.Steps(s.e.ctx)}
	t := 0
	var parts [][2]int32
	for _, g := range s.e.rows.Segs {
		m.begin(-1)
		for i := g.Begin; i < g.End; i++ {
			parts = x.parts(t, i, parts[:0])
			err := m.follow(parts)
			if err == nil {
				err = m.steps.Result(out)
			}
			if err != nil {
				s.e.fail(t, pgerr.From(err))
			}
			for out.N <= t {
				out.AppendNull()
			}
			t++
		}
	}
	return out
}

// begin makes the state of no rows, in front of a row.
func (m *moving) begin(at int32) {
	m.steps.Begin()
	m.from, m.to, m.err = at, at, nil
}

// follow brings the state to the rows of a frame, of which EXCLUDE has left parts.
func (m *moving) follow(parts [][2]int32) error {
	if m.c.Frame.Exclude != NoOthers || len(parts) != 1 {
		m.begin(-1)
		for _, p := range parts {
			m.add(p[0], p[1])
		}
		return m.err
	}
	from, to := parts[0][0], parts[0][1]
	if !m.leave(from, to) {
		m.begin(from)
	}
	m.add(m.to, to)
	m.to = to
	return m.err
}

// leave takes the rows in front of a frame out of the state; false: it is to begin anew.
func (m *moving) leave(from, to int32) bool {
	switch {
	case m.err != nil, m.from < 0, from < m.from, m.to <= from, to < m.to, from > m.from && !m.c.Agg.Collecting.Removes:
		return false
	}
	m.passing = m.sums.passing(m.passing[:0], m.from, from)
	for _, row := range m.passing {
		if ok, err := m.steps.Remove(m.args, int(row)); err != nil || !ok {
			m.err = err
			return err != nil // an error stands, and is told
		}
	}
	m.from = from
	return true
}

// add brings the state on by the rows of [from, to) that the FILTER lets pass.
func (m *moving) add(from, to int32) {
	m.passing = m.sums.passing(m.passing[:0], from, to)
	for _, row := range m.passing {
		if m.err != nil {
			return
		}
		m.err = m.steps.Add(m.args, int(row))
	}
}
