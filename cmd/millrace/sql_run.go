package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// runner carries out statements on one connection and prints what they answer.
type runner struct {
	conn     *pgconn.PgConn
	in       io.Reader
	out, err io.Writer
}

// connectRunner connects to url. Notices are printed as they come.
func connectRunner(ctx context.Context, p *process, url string) (*runner, error) {
	cfg, err := pgconn.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	cfg.RuntimeParams["application_name"] = "millrace sql"
	cfg.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		fmt.Fprint(p.Err, errorText((*pgconn.PgError)(n), ""))
	}
	conn, err := pgconn.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return &runner{conn: conn, in: p.In, out: p.Out, err: p.Err}, nil
}

func (r *runner) close(ctx context.Context) { _ = r.conn.Close(ctx) }

// command carries out what -c says: several statements together are one message and hence
// one transaction, as in psql, unless one of them needs the connection for itself.
func (r *runner) command(ctx context.Context, text string) error {
	all := statements(text)
	if !slices.ContainsFunc(all, needsConnection) {
		return r.query(ctx, text)
	}
	in := bufio.NewReader(r.in)
	for _, s := range all {
		if err := r.statement(ctx, s, in); err != nil {
			return err
		}
	}
	return nil
}

func needsConnection(statement string) bool {
	return isSubscribe(statement) || copyKind(statement) != notCopy
}

// statement carries out one. data is where a COPY FROM STDIN finds its rows.
func (r *runner) statement(ctx context.Context, text string, data *bufio.Reader) error {
	switch copyKind(text) {
	case copyIn:
		tag, err := r.conn.CopyFrom(ctx, &untilDot{lines: data}, text)
		return r.done(tag, err, text)
	case copyOut:
		defer r.cancelOnInterrupt(ctx)()
		_, err := r.conn.CopyTo(ctx, r.out, text)
		return r.done(pgconn.CommandTag{}, err, text)
	}
	return r.query(ctx, text)
}

func (r *runner) done(tag pgconn.CommandTag, err error, statement string) error {
	if err != nil {
		return &statementError{err, statement}
	}
	if tag.String() != "" {
		fmt.Fprintln(r.out, tag)
	}
	return nil
}

// query sends text as one simple-query message and prints every result.
func (r *runner) query(ctx context.Context, text string) error {
	defer r.cancelOnInterrupt(ctx)()
	results := r.conn.Exec(ctx, text)
	for results.NextResult() {
		if err := r.result(results.ResultReader(), isSubscribe(text)); err != nil {
			_ = results.Close() // says the same again
			return &statementError{err, text}
		}
	}
	if err := results.Close(); err != nil {
		return &statementError{err, text}
	}
	return nil
}

// result prints one result. The rows of a SUBSCRIBE have no end, so they are printed as they
// come, with tabs between.
func (r *runner) result(rows *pgconn.ResultReader, endless bool) error {
	t := table{}
	fields := rows.FieldDescriptions()
	for _, f := range fields {
		t.Names, t.Right = append(t.Names, f.Name), append(t.Right, numericTypes[f.DataTypeOID])
	}
	if endless && len(t.Names) > 0 {
		fmt.Fprintln(r.out, strings.Join(t.Names, "\t"))
	}
	for rows.NextRow() {
		values := make([]string, 0, len(fields))
		for _, v := range rows.Values() {
			values = append(values, string(v))
		}
		if endless {
			fmt.Fprintln(r.out, strings.Join(values, "\t"))
			continue
		}
		t.Rows = append(t.Rows, values)
	}
	tag, err := rows.Close()
	if err != nil {
		return err
	}
	isQuery := fields != nil
	if isQuery && !endless {
		if err := t.write(r.out); err != nil {
			return err
		}
	}
	if !isQuery || tag.Insert() || tag.Update() || tag.Delete() {
		if tag.String() != "" {
			fmt.Fprintln(r.out, tag)
		}
	}
	return nil
}

// cancelOnInterrupt makes Ctrl-C cancel what the server does for this connection, until the
// returned function is called.
func (r *runner) cancelOnInterrupt(ctx context.Context) (stop func()) {
	signals, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, os.Interrupt)
	go func() {
		for {
			select {
			case <-signals:
				if err := r.conn.CancelRequest(ctx); err != nil {
					fmt.Fprintln(r.err, "millrace: could not send cancel request:", err)
				}
			case <-done:
				return
			}
		}
	}()
	return func() { signal.Stop(signals); close(done) }
}

func isSubscribe(statement string) bool {
	w := words(statement, 1)
	return len(w) > 0 && w[0] == "subscribe"
}

// copying is which way a COPY goes.
type copying uint8

const (
	notCopy copying = iota
	copyIn
	copyOut
)

// copyKind finds COPY … FROM STDIN and COPY … TO STDOUT. The last TO or FROM outside of
// parentheses decides, for a query in them may have a FROM of its own.
func copyKind(statement string) copying {
	all := words(topLevel(statement), 64)
	if len(all) == 0 || all[0] != "copy" {
		return notCopy
	}
	for i := 1; i+1 < len(all); i++ {
		switch {
		case all[i] == "from" && all[i+1] == "stdin":
			return copyIn
		case all[i] == "to" && all[i+1] == "stdout":
			return copyOut
		}
	}
	return notCopy
}

// topLevel is a statement without what stands in parentheses.
func topLevel(statement string) string {
	var s splitter
	out := &strings.Builder{}
	for i := 0; i < len(statement); {
		before := s.parens
		n := s.step(statement[i:])
		if n == 0 {
			n = 1
		}
		if before == 0 && s.parens == 0 {
			out.WriteString(statement[i : i+n])
		} else {
			out.WriteByte(' ')
		}
		i += n
	}
	return out.String()
}

// untilDot reads lines up to one that is \. alone, or to the end.
type untilDot struct {
	lines *bufio.Reader
	held  []byte // of the present line, not handed out yet
	ended bool
	inner bool // whether the present line goes on from an earlier read
}

func (u *untilDot) Read(b []byte) (int, error) {
	if len(u.held) == 0 && !u.ended {
		line, err := u.lines.ReadSlice('\n')
		switch {
		case err == bufio.ErrBufferFull, err == nil, err == io.EOF:
		default:
			return 0, err
		}
		if !u.inner && string(bytes.TrimRight(line, "\r\n")) == `\.` {
			line, u.ended = nil, true
		}
		u.inner = err == bufio.ErrBufferFull
		u.ended = u.ended || err == io.EOF
		u.held = line
	}
	if len(u.held) == 0 {
		return 0, io.EOF
	}
	n := copy(b, u.held)
	u.held = u.held[n:]
	return n, nil
}
