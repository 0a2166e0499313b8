package metamorphic

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millracedb/millrace/tests/harness"
	"github.com/millracedb/millrace/tests/oracle"
)

// mismatch is what went wrong at a statement of a history.
type mismatch struct {
	at   int
	what string // the class of the difference: shrinking keeps it
	text string
	sql  string   // a query whose answer is wrong; "" when it is a statement's own
	want []string // its rows
}

func (m *mismatch) Error() string { return m.what + ": " + m.text }

// run is a history being carried out.
type run struct {
	server  *harness.Millrace
	session *pgconn.PgConn // carries out the history
	other   *pgconn.PgConn // sees what is committed
	model   *model
	copies  map[string]*copying
	refused map[string]int // views and queries that are not supported, by message
	checks  int
}

var background = context.Background()

// carryOut runs a history on a fresh server; the error is a *mismatch, or the test's own.
func carryOut(h history, seed uint64) (r *run, err error) {
	r = &run{model: newModel(), copies: map[string]*copying{}, refused: map[string]int{}}
	if r.server, err = harness.Start(seed, tuning(seed)...); err != nil {
		return r, err
	}
	defer func() {
		r.disconnect()
		r.abandon()
		if r.server == nil {
			return
		}
		if e := r.server.Close(); err == nil && e != nil {
			err = &mismatch{at: len(h) - 1, what: "close", text: e.Error()}
		}
	}()
	if err := r.server.Clock(firstInstant()); err != nil {
		return r, err
	}
	if err := r.connect(); err != nil {
		return r, err
	}
	return r, r.steps(h)
}

// steps carries out statements until one goes wrong, or the oracle has too much to do.
func (r *run) steps(h history) (err error) {
	defer func() {
		if p := recover(); p == oracle.ErrTooLarge {
			err = nil
		} else if p != nil {
			panic(p)
		}
	}()
	for i, s := range h {
		if !fits(s, r.model) {
			continue
		}
		m := r.step(s)
		if m == nil && !r.model.failed {
			m = r.check()
		}
		if m != nil {
			m.at = i
			return m
		}
	}
	return nil
}

func (r *run) connect() (err error) {
	if r.session, err = open(r.server.URL()); err != nil {
		return err
	}
	r.other, err = open(r.server.URL())
	return err
}

func open(url string) (*pgconn.PgConn, error) {
	c, err := pgconn.Connect(background, url)
	if err == nil {
		_, err = c.Exec(background, "SET on_row_error = 'skip'").ReadAll()
	}
	return c, err
}

func (r *run) disconnect() {
	for _, c := range []*pgconn.PgConn{r.session, r.other} {
		if c != nil {
			_ = c.Close(background)
		}
	}
}

// step carries out a statement and compares what it says with the model.
func (r *run) step(s statement) *mismatch {
	if a, ok := s.(again); ok {
		return r.again(a)
	}
	if p, ok := s.(pass); ok {
		if err := r.server.Clock(p.span()); err != nil {
			return &mismatch{what: "clock", text: err.Error()}
		}
		p.apply(r.model)
		return nil
	}
	if q, ok := s.(ask); ok && !r.model.failed {
		return r.compare(r.session, "ad hoc", q.q.sql, q.q.cols, q.q.node.Rows(r.model.contents(r.model.now)))
	}
	if b, ok := s.(beside); ok {
		return r.beside(b)
	}
	tag, err := r.send(s)
	return r.judge(s, tag, err)
}

// again ends the server and starts it anew. A COPY that was open is over with the first tick
// then.
func (r *run) again(s again) *mismatch {
	r.disconnect()
	if err := r.server.Begin(harness.End{How: s.how, Args: s.args()}); err != nil {
		r.server = nil // there is nothing to close
		return &mismatch{what: "restart", text: err.Error()}
	}
	r.abandon()
	err := r.connect()
	for _, c := range r.model.copies {
		if err == nil {
			_, err = r.session.Exec(background, firstTick(c.r)).ReadAll()
		}
	}
	s.apply(r.model)
	if err != nil {
		return &mismatch{what: "restart", text: err.Error()}
	}
	return nil
}

// longAgo lies before all event times.
var longAgo = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// firstTick is a statement that closes no window, in a tick of its own.
func firstTick(r *relation) string {
	return "ADVANCE WATERMARK FOR " + r.name + " TO '" + longAgo.Format(time.DateOnly) + "'"
}

// class leaves the choice between kinds of violated constraints open, and a row that DO
// UPDATE would touch twice among them: a statement may violate two.
func class(code string) string {
	if strings.HasPrefix(code, "23") || code == "21000" {
		return "23"
	}
	return code
}

func (r *run) send(s statement) (tag string, err error) {
	if c, ok := s.(insert); ok && c.copy {
		t, err := r.session.CopyFrom(background, strings.NewReader(c.data()), c.sql())
		return t.String(), err
	}
	switch s := s.(type) {
	case bring:
		t, err := r.session.CopyFrom(background, strings.NewReader(s.data()), s.sql())
		return t.String(), err
	case openCopy:
		return "", r.begin(s)
	case endCopy:
		return r.end(s, r.model.copies[s.name].on)
	}
	return exec(r.session, s.sql())
}

func exec(c *pgconn.PgConn, sql string) (tag string, err error) {
	results, err := c.Exec(background, sql).ReadAll()
	if err != nil || len(results) == 0 {
		return "", err
	}
	return results[0].CommandTag.String(), nil
}

// expected moves the model and returns what the statement should say.
func (r *run) expected(s statement) outcome {
	m := r.model
	if _, moves := s.(control); moves {
		return s.apply(m)
	}
	if m.failed {
		return outcome{code: "25P02"}
	}
	before := m.now.clone()
	want := s.apply(m)
	switch {
	case want.code != "" && m.open:
		m.now, m.failed = before, true
	case want.code != "":
		m.now = before
	case !m.open:
		m.commit()
	}
	return want
}

// check compares every relation: as the session sees it, the views' queries too; and what
// is committed as another session sees it.
func (r *run) check() *mismatch {
	for _, x := range r.model.told() {
		if m := r.compare(r.other, "told", x.sql, x.cols, x.rows); m != nil {
			return m
		}
	}
	if m := r.look(r.session, r.model.now, true); m != nil || !r.model.open {
		return m
	}
	return r.look(r.other, r.model.committed, false)
}

func (r *run) look(c *pgconn.PgConn, s state, queries bool) *mismatch {
	db := r.model.contents(s)
	for _, rel := range r.model.relations {
		if rel.estimates {
			if m := r.estimated(c, rel); m != nil {
				return m
			}
			continue
		}
		if rel.retention > 0 {
			if m := r.left(c, rel, db[rel.name]); m != nil {
				return m
			}
			continue
		}
		what := map[bool]string{true: "view", false: "table"}[rel.view != nil]
		if m := r.compare(c, what, "SELECT * FROM "+rel.name, rel.cols, db[rel.name]); m != nil {
			m.text = rel.create() + "\n" + m.text
			return m
		}
		if rel.view != nil && !rel.final && !rel.sunk && rel.follows == nil && queries {
			if m := r.compare(c, "query of a view", rel.view.sql, rel.cols, db[rel.name]); m != nil {
				return m
			}
		}
	}
	return nil
}

// estimated compares a view with its query.
func (r *run) estimated(c *pgconn.PgConn, rel *relation) *mismatch {
	rows, err := answer(c, rel.view.sql, rel.cols)
	if err != nil {
		return &mismatch{what: "query of estimates", text: rel.view.sql + "\n" + err.Error()}
	}
	return r.compare(c, "estimates", "SELECT * FROM "+rel.name, rel.cols, rows)
}

// answer is the rows of a query.
func answer(c *pgconn.PgConn, sql string, cols []column) (rows []oracle.Row, err error) {
	results, err := c.Exec(background, sql).ReadAll()
	if err != nil {
		return nil, err
	}
	for _, values := range results[0].Rows {
		row, err := parse(values, cols)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// compare asks a query and compares its rows with those it should have.
func (r *run) compare(c *pgconn.PgConn, what, sql string, cols []column, rows []oracle.Row) *mismatch {
	r.checks++
	results, err := c.Exec(background, sql).ReadAll()
	if err != nil {
		var e *pgconn.PgError
		if errors.As(err, &e) && e.Code == "0A000" && what == "ad hoc" {
			r.refused[e.Message]++
			r.model.failed = r.model.open
			return nil
		}
		return &mismatch{what: what, text: sql + "\n" + err.Error(), sql: sql, want: printed(rows)}
	}
	var got, want []string
	for _, values := range results[0].Rows {
		row, err := parse(values, cols)
		if err != nil {
			return &mismatch{what: what, text: sql + "\n" + err.Error(), sql: sql, want: printed(rows)}
		}
		got = append(got, row.Key())
	}
	for _, row := range rows {
		want = append(want, row.Key())
	}
	slices.Sort(got)
	slices.Sort(want)
	if slices.Equal(got, want) {
		return nil
	}
	return &mismatch{what: what, text: fmt.Sprintf("%s\nhas\n  %s\ninstead of\n  %s", sql, strings.Join(got, "\n  "), strings.Join(want, "\n  ")),
		sql: sql, want: printed(rows)}
}

func parse(values [][]byte, cols []column) (oracle.Row, error) {
	row := make(oracle.Row, len(values))
	if len(values) != len(cols) {
		return nil, fmt.Errorf("%d columns instead of %d", len(values), len(cols))
	}
	for i, v := range values {
		if v == nil {
			continue
		}
		var err error
		if row[i], err = oracle.Parse(cols[i].kind, string(v)); err != nil {
			return nil, err
		}
	}
	return row, nil
}
