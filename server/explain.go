package server

import (
	"context"
	"time"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/planner"
)

// explain carries out an EXPLAIN ANALYZE: the statement, whose own rows nobody gets, or a look
// at a view.
func (s *Session) explain(ctx context.Context, c *fn.Ctx, p *prepared, out *output) (err error) {
	x := p.plan.Explain
	var m planner.Measured
	began := time.Now()
	if x.View != nil {
		m, err = s.watch(ctx, uint32(x.View.OID))
	} else {
		m, err = s.measured(ctx, c, p)
	}
	if err != nil {
		return err
	}
	took := time.Since(began)
	out.begin(p.plan.Columns)
	return out.put(textRows(1, x.Rows(&m, took)))
}

// measured carries out the statement that is explained.
func (s *Session) measured(ctx context.Context, c *fn.Ctx, p *prepared) (m planner.Measured, err error) {
	s.measure = func(done exec.Measures) {
		m.All, s.measure = done, nil // what follows are checks of what was written
	}
	defer func() { s.measure = nil }()
	inner := *p
	inner.plan = p.plan.Explain.Plan
	_, err = s.execute(ctx, &inner, c.Params, &output{s: s, copy: func(*col.Batch) error { return nil }})
	return m, err
}

// watched is how long a view is looked at.
const watched = time.Second

// watch measures a view, since the server's start and in the second that the statement takes.
func (s *Session) watch(ctx context.Context, oid uint32) (m planner.Measured, err error) {
	before, err := s.srv.engine.MeasureView(ctx, oid)
	if err != nil {
		return m, err
	}
	second := time.NewTimer(watched)
	defer second.Stop()
	select {
	case <-second.C:
	case <-ctx.Done():
		return m, causeOf(ctx)
	}
	m.All, err = s.srv.engine.MeasureView(ctx, oid)
	m.LastSecond = m.All.Since(before)
	return m, err
}
