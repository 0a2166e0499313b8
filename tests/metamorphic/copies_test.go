package metamorphic

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millracedb/millrace/tests/oracle"
)

// openCopy begins a COPY on a connection of its own, which stays open with its first rows: the
// stream's watermark waits for it.
type openCopy struct {
	on
	name string
	rows []oracle.Row
}

func (s openCopy) sql() string { return insert{on: s.on, copy: true}.sql() }

func (s openCopy) fits(m *model) bool {
	_, open := m.copies[s.name]
	return !m.open && !open && s.on.fits(m)
}

func (s openCopy) apply(m *model) outcome {
	m.copies[s.name] = s
	m.bring(s.r, partition{s.name, none, m.clock, false})
	return outcome{}
}

// endCopy ends an open COPY, with more rows or by giving it up.
type endCopy struct {
	name string
	rows []oracle.Row
	fail bool
}

func (s endCopy) sql() string { return "" }

func (s endCopy) fits(m *model) bool {
	_, open := m.copies[s.name]
	return !m.open && open
}

func (s endCopy) apply(m *model) outcome {
	c := m.copies[s.name]
	delete(m.copies, s.name)
	if s.fail {
		m.closeCopy(c.r, s.name)
		return outcome{code: "57014"}
	}
	rows := append(c.rows[:len(c.rows):len(c.rows)], s.rows...)
	held := m.arrive(c.r, s.name, rows)
	m.closeCopy(c.r, s.name)
	m.committed.rows[c.r.name] = held
	m.now = m.committed.clone()
	m.lookUp()
	m.emit()
	return outcome{tag: fmt.Sprintf("COPY %d", len(rows))}
}

// copying is a COPY that is open.
type copying struct {
	data *io.PipeWriter
	done chan error
	tag  string
	conn *pgconn.PgConn
}

// begin opens a COPY; it returns when the server has made it a partition.
func (r *run) begin(s openCopy) error {
	conn, err := open(r.server.URL())
	if err != nil {
		return err
	}
	data, to := io.Pipe()
	c := &copying{data: to, done: make(chan error, 1), conn: conn}
	go func() {
		tag, err := conn.CopyFrom(background, data, s.sql())
		c.tag = tag.String()
		_ = data.CloseWithError(err) // who still writes gets it
		c.done <- err
	}()
	r.copies[s.name] = c
	if _, err := io.WriteString(to, insert{on: s.on, rows: s.rows}.data()); err != nil {
		return err
	}
	for {
		results, err := r.other.Exec(background, "SELECT count(*) FROM millrace.watermarks WHERE partition <> 'sql'").ReadAll()
		if err != nil {
			return err
		}
		if string(results[0].Rows[0][0]) == fmt.Sprint(len(r.copies)) {
			return nil
		}
	}
}

var errGivenUp = errors.New("no more")

// end ends an open COPY.
func (r *run) end(s endCopy, on on) (tag string, err error) {
	c := r.copies[s.name]
	delete(r.copies, s.name)
	if s.fail {
		_ = c.data.CloseWithError(errGivenUp)
	} else {
		_, err = io.WriteString(c.data, insert{on: on, rows: s.rows}.data())
		_ = c.data.Close()
	}
	if e := <-c.done; err == nil {
		err = e
	}
	_ = c.conn.Close(background)
	return c.tag, err
}

// abandon closes what COPYs were open with a server that is gone.
func (r *run) abandon() {
	for _, c := range r.copies {
		_ = c.data.CloseWithError(errGivenUp)
		<-c.done
		_ = c.conn.Close(background)
	}
	clear(r.copies)
}

// said is how a COPY that is open is told of in a .test file, where one statement follows
// another: as a comment.
func (s openCopy) said() string {
	return fmt.Sprintf("# %s on a connection of its own, which stays open as %s, and sends:\n# %s\n", s.sql(), s.name, strings.ReplaceAll(insert{on: s.on, rows: s.rows}.data(), "\n", "\n# "))
}

func (s endCopy) said(of *relation) string {
	if s.fail {
		return fmt.Sprintf("# %s is given up.\n", s.name)
	}
	return fmt.Sprintf("# %s ends, with:\n# %s\n", s.name, strings.ReplaceAll(insert{on: on{of}, rows: s.rows}.data(), "\n", "\n# "))
}

// copies opens a COPY into a stream that has a watermark, or ends one, where there are any.
func (g *gen) copies(tables []*relation) history {
	if len(g.open) > 0 && g.one(2) {
		i := g.IntN(len(g.open))
		c := g.open[i]
		g.open = slices.Delete(g.open, i, i+1)
		return history{endCopy{c.name, g.rows(c.r), g.one(4)}}
	}
	for _, r := range tables {
		if r.mark >= 0 && !g.one(3) {
			c := openCopy{on{r}, g.name("copy"), g.rows(r)}
			g.open = append(g.open, c)
			return history{c}
		}
	}
	return nil
}
