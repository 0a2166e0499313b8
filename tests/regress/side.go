package regress

import (
	"bytes"
	"context"
	"errors"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// side is one of the two servers, with the connection that the script runs on.
type side struct {
	url   string
	begin []string // what a connection begins with
	c     *pgconn.PgConn
}

// answer is what a statement gave.
type answer struct {
	rows    []string
	columns int // 0: it is no query
	tag     string
	err     *pgconn.PgError
}

// patience is how long a server may think about one statement.
const patience = 20 * time.Second

func (s *side) connect() error {
	c, err := pgconn.Connect(context.Background(), s.url)
	if err != nil {
		return err
	}
	s.c = c
	for _, sql := range s.begin {
		if a := s.ask(sql); a.err != nil {
			return a.err
		}
	}
	return nil
}

// ask runs a statement. A connection that was lost counts as an error, and is made anew.
func (s *side) ask(sql string) answer {
	if s.c.IsClosed() {
		if err := s.connect(); err != nil {
			return lost(err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	results := s.c.Exec(ctx, sql)
	var a answer
	for results.NextResult() {
		r := results.ResultReader()
		a.columns, a.rows = len(r.FieldDescriptions()), nil
		for r.NextRow() {
			a.rows = append(a.rows, row(r.Values()))
		}
		if tag, err := r.Close(); err == nil {
			a.tag = tag.String()
		}
	}
	a.fail(results.Close())
	return a
}

func lost(err error) answer {
	var a answer
	a.fail(err)
	return a
}

func (a *answer) fail(err error) {
	var e *pgconn.PgError
	switch {
	case err == nil:
	case errors.As(err, &e):
		a.err = e
	default:
		a.err = &pgconn.PgError{Code: "08006", Message: err.Error()}
	}
}

func row(values [][]byte) string {
	for i, v := range values {
		if v == nil {
			values[i] = []byte("\\N")
		}
	}
	return string(bytes.Join(values, []byte("|")))
}

var fromFile = regexp.MustCompile(`(?is)^(copy\s.*\sfrom\s+)'([^']+)'(.*)$`)

// run runs a statement of a script; data that lies in a file is sent along.
func (s *side) run(st statement) answer {
	if m := fromFile.FindStringSubmatch(st.text); m != nil {
		b, err := os.ReadFile(m[2])
		if err != nil {
			return lost(err)
		}
		return s.copyIn(m[1]+"STDIN"+m[3], string(b))
	}
	if fromStdin.MatchString(st.text) {
		return s.copyIn(st.text, st.data)
	}
	return s.ask(st.text)
}

func (s *side) copyIn(sql, data string) answer {
	tag, err := s.c.CopyFrom(context.Background(), strings.NewReader(data), sql)
	a := answer{tag: tag.String()}
	a.fail(err)
	return a
}

// guarded runs a statement of a script on Millrace, after PostgreSQL has: inside a transaction
// that goes on there, an error takes nothing back but the statement.
func (f *follower) guarded(st statement) answer {
	inside := !f.mr.c.IsClosed() && f.mr.c.TxStatus() == 'T' && !f.pg.c.IsClosed() && f.pg.c.TxStatus() == 'T'
	if inside {
		f.mr.ask("SAVEPOINT regress")
	}
	a := f.mr.run(st)
	if inside && a.err != nil && f.pg.c.TxStatus() == 'T' {
		f.mr.ask("ROLLBACK TO regress")
	}
	return a
}

// idle reports whether the connection is in no transaction.
func (s *side) idle() bool { return !s.c.IsClosed() && s.c.TxStatus() == 'I' }
