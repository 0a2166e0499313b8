package harness

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// look is what is known of a relation since the last look at it. On Millrace a
// subscription brings its changes; on the reference two looks are compared.
type look struct {
	rows map[string]int // as of the last look
	sub  *subscription
}

func (l *look) close() {
	if l.sub != nil {
		l.sub.close()
	}
}

// watch begins to follow the relations that "changes" names, as soon as they are there.
func (r *run) watch() error {
	for _, c := range r.file.Cases {
		if c.Cmd != "changes" || r.looks[c.Args[0]] != nil {
			continue
		}
		admin, err := r.conn(" admin")
		if err != nil {
			return err
		}
		if _, err := lines(context.Background(), admin.PgConn, "SELECT * FROM "+c.Args[0]+" LIMIT 0"); err != nil {
			continue
		}
		l, err := r.begin(c.Args[0])
		if err != nil {
			return err
		}
		r.looks[c.Args[0]] = l
	}
	return nil
}

func (r *run) begin(name string) (*look, error) {
	l := &look{}
	var err error
	if l.rows, err = r.contents(name); err != nil || r.target.Name() != "millrace" {
		return l, err
	}
	l.sub, err = subscribe(r.target.URL(), name)
	return l, err
}

// contents counts the rows of a relation.
func (r *run) contents(name string) (map[string]int, error) {
	admin, err := r.conn(" admin")
	if err != nil {
		return nil, err
	}
	all, err := lines(context.Background(), admin.PgConn, "SELECT * FROM "+name)
	counts := map[string]int{}
	for _, row := range all {
		counts[row]++
	}
	return counts, err
}

// changes prints the net change since the last look, and holds what subscribers were told
// against what a reader sees.
func (r *run) changes(name string) (string, error) {
	l := r.looks[name]
	if l == nil {
		l = &look{rows: map[string]int{}}
		if r.looks[name] = l; r.target.Name() == "millrace" {
			return "", fmt.Errorf("there is no relation %q to look at", name)
		}
	}
	now, err := r.contents(name)
	if err != nil {
		return "", err
	}
	net := maps.Clone(now)
	for row, n := range l.rows {
		net[row] -= n
	}
	maps.DeleteFunc(net, func(_ string, n int) bool { return n == 0 })
	l.rows = now
	if l.sub != nil {
		whole, err := l.sub.reaches(now)
		if err != nil {
			return "", err
		}
		if !whole {
			r.t.Errorf("%s: subscribers to %s were told\n%s\nbut a reader sees\n%s", r.file.Path, name, indent(weighted(l.sub.rows)), indent(weighted(now)))
		}
	}
	return weighted(net), nil
}

// weighted prints changes, what went before what came.
func weighted(net map[string]int) string {
	if len(net) == 0 {
		return "(no changes)\n"
	}
	rows := slices.SortedFunc(maps.Keys(net), func(a, b string) int {
		if (net[a] < 0) != (net[b] < 0) {
			return net[a] - net[b]
		}
		return strings.Compare(a, b)
	})
	var b strings.Builder
	for _, row := range rows {
		fmt.Fprintf(&b, "%+d | %s", net[row], row)
	}
	return b.String()
}

// subscription is a SUBSCRIBE that runs on a connection of its own.
type subscription struct {
	conn *pgconn.PgConn
	told chan change // closed when the subscription has ended
	rows map[string]int
	err  error // why it ended, once told is closed
}

type change struct {
	row    string
	weight int
}

// subscribe follows a relation from its present contents on.
func subscribe(url, name string) (*subscription, error) {
	ctx := context.Background()
	conn, err := pgconn.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	s := &subscription{conn: conn, told: make(chan change, 1024), rows: map[string]int{}}
	go s.listen(conn.Exec(ctx, "SUBSCRIBE TO "+name))
	return s, nil
}

func (s *subscription) listen(answers *pgconn.MultiResultReader) {
	defer close(s.told)
	for answers.NextResult() {
		rows := answers.ResultReader()
		for rows.NextRow() {
			v := rows.Values()
			weight, err := strconv.Atoi(string(v[1]))
			if err != nil {
				s.err = err
				return
			}
			s.told <- change{line(v[2:]), weight}
		}
	}
	s.err = answers.Close()
}

// patience is for a subscription that tells too little: it ends the test, and only then.
const patience = 20 * time.Second

// reaches waits until what was told adds up to the contents, and tells whether it did.
func (s *subscription) reaches(contents map[string]int) (bool, error) {
	late := time.NewTimer(patience)
	defer late.Stop()
	for !maps.Equal(s.rows, contents) {
		select {
		case c, open := <-s.told:
			if !open {
				return false, fmt.Errorf("the subscription ended: %w", s.err)
			}
			if s.rows[c.row] += c.weight; s.rows[c.row] == 0 {
				delete(s.rows, c.row)
			}
		case <-late.C:
			return false, nil
		}
	}
	return true, nil
}

// close ends the subscription. A request to cancel is lost when it comes before the statement has
// begun, so it is repeated.
func (s *subscription) close() {
	ctx := context.Background()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for open := true; open; {
		_ = s.conn.CancelRequest(ctx)
		for waiting := true; open && waiting; {
			select {
			case _, open = <-s.told:
			case <-again.C:
				waiting = false
			}
		}
	}
	_ = s.conn.Close(ctx)
}
