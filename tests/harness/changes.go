package harness

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

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
		told, err := l.sub.next()
		if err != nil {
			return "", err
		}
		if !maps.Equal(told, net) {
			r.t.Errorf("%s: subscribers to %s were told\n%s\nbut a reader saw\n%s", r.file.Path, name, indent(weighted(told)), indent(weighted(net)))
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
	conn, clock *pgconn.PgConn
	answers     *pgconn.MultiResultReader
	rows        *pgconn.ResultReader
}

func subscribe(url, name string) (*subscription, error) {
	ctx := context.Background()
	s := &subscription{}
	var err error
	if s.conn, err = pgconn.Connect(ctx, url); err != nil {
		return nil, err
	}
	if s.clock, err = pgconn.Connect(ctx, url); err != nil {
		return nil, err
	}
	s.answers = s.conn.Exec(ctx, "SUBSCRIBE TO "+name+" WITH (SNAPSHOT = false, PROGRESS = true)")
	if !s.answers.NextResult() {
		return nil, s.answers.Close()
	}
	s.rows = s.answers.ResultReader()
	_, err = s.next() // from here on it is known to run
	return s, err
}

// next reads what the subscription tells up to the newest tick.
func (s *subscription) next() (map[string]int, error) {
	newest, err := table(context.Background(), s.clock, "SELECT coalesce(max(tick), 0) FROM millrace.ticks")
	if err != nil {
		return nil, err
	}
	until, err := strconv.ParseInt(newest[0][0], 10, 64)
	if err != nil {
		return nil, err
	}
	net := map[string]int{}
	for s.rows.NextRow() {
		v := s.rows.Values()
		tick, err := strconv.ParseInt(string(v[0]), 10, 64)
		if err != nil {
			return nil, err
		}
		if progress := string(v[1]) == "t"; progress {
			if tick >= until {
				maps.DeleteFunc(net, func(_ string, n int) bool { return n == 0 })
				return net, nil
			}
			continue
		}
		weight, err := strconv.Atoi(string(v[2]))
		if err != nil {
			return nil, err
		}
		net[line(v[3:])] += weight
	}
	_, err = s.rows.Close()
	return nil, fmt.Errorf("the subscription ended: %w", err)
}

func (s *subscription) close() {
	ctx := context.Background()
	_ = s.conn.CancelRequest(ctx)
	for s.rows.NextRow() {
	}
	_ = s.answers.Close()
	_ = s.conn.Close(ctx)
	_ = s.clock.Close(ctx)
}
