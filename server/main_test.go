package server

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
	"go.uber.org/goleak"

	"github.com/millracedb/millrace/storage/disk"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fixture is a server of a test, on a disk in memory that outlives it.
type fixture struct {
	t   *testing.T
	fs  *disk.Mem
	srv *Server
}

func start(t *testing.T) *fixture {
	f := &fixture{t: t, fs: disk.NewMem(1)}
	f.open(Options{})
	t.Cleanup(f.stop)
	return f
}

func (f *fixture) open(o Options) {
	f.t.Helper()
	o.Listen, o.Version = "127.0.0.1:0", "test"
	var err error
	if f.srv, err = StartOn(f.fs, o); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) stop() {
	if f.srv == nil {
		return
	}
	if err := f.srv.Close(context.Background()); err != nil {
		f.t.Error(err)
	}
	f.srv = nil
}

// client speaks the protocol message by message. What the server says is kept as text, a
// line each.
type client struct {
	t          *testing.T
	net        net.Conn
	front      *pgproto3.Frontend
	status     byte
	pid        uint32
	secret     []byte
	parameters map[string]string
}

func (f *fixture) dial() *client { return f.dialWith(map[string]string{}) }

func (f *fixture) dialWith(settings map[string]string) *client {
	f.t.Helper()
	n, err := net.Dial("tcp", f.srv.Addr().String())
	if err != nil {
		f.t.Fatal(err)
	}
	c := &client{t: f.t, net: n, front: pgproto3.NewFrontend(n, n), parameters: map[string]string{}}
	all := map[string]string{"user": Database, "database": Database}
	for k, v := range settings {
		all[k] = v
	}
	f.t.Cleanup(func() { _ = n.Close() })
	c.send(&pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30, Parameters: all})
	if said := c.upToReady(); said != "" {
		f.t.Fatal(said)
	}
	return c
}

func (c *client) send(messages ...pgproto3.FrontendMessage) {
	c.t.Helper()
	for _, m := range messages {
		c.front.Send(m)
	}
	if err := c.front.Flush(); err != nil {
		c.t.Fatal(err)
	}
}

// receive is the next message as text; ready is set at the end of an answer.
func (c *client) receive() (line string, ready bool) {
	c.t.Helper()
	m, err := c.front.Receive()
	if err != nil {
		return "closed", true
	}
	switch m := m.(type) {
	case *pgproto3.ReadyForQuery:
		c.status = m.TxStatus
		return "", true
	case *pgproto3.ParameterStatus:
		c.parameters[m.Name] = m.Value
	case *pgproto3.BackendKeyData:
		c.pid, c.secret = m.ProcessID, append([]byte(nil), m.SecretKey...)
	case *pgproto3.AuthenticationOk:
	case *pgproto3.RowDescription:
		var names []string
		for _, f := range m.Fields {
			names = append(names, string(f.Name))
		}
		return "(" + strings.Join(names, ", ") + ")", false
	case *pgproto3.DataRow:
		return rowText(m.Values), false
	case *pgproto3.CommandComplete:
		return string(m.CommandTag), false
	case *pgproto3.ErrorResponse:
		line = failureText(m)
		return line, m.Severity == "FATAL"
	case *pgproto3.NoticeResponse:
		return m.Severity + ": " + m.Message, false
	case *pgproto3.CopyData:
		return strings.TrimSuffix(string(m.Data), "\n"), false
	case *pgproto3.CopyInResponse:
		return "copy in", false
	default:
		return strings.TrimPrefix(fmt.Sprintf("%T", m), "*pgproto3."), false
	}
	return "", false
}

func rowText(values [][]byte) string {
	row := make([]string, len(values))
	for i, v := range values {
		if row[i] = string(v); v == nil {
			row[i] = "NULL"
		}
	}
	return strings.Join(row, " | ")
}

func failureText(m *pgproto3.ErrorResponse) string {
	line := m.Severity + " " + m.Code + ": " + m.Message
	for _, part := range [][2]string{{"DETAIL", m.Detail}, {"CONTEXT", m.Where}} {
		if part[1] != "" {
			line += "; " + part[0] + ": " + part[1]
		}
	}
	return line
}

// upToReady is what the server says until it is ready.
func (c *client) upToReady() string {
	c.t.Helper()
	var lines []string
	for {
		line, ready := c.receive()
		if line != "" {
			lines = append(lines, line)
		}
		if ready {
			return strings.Join(lines, "\n")
		}
	}
}

// upTo reads until a line comes, and fails when the answer ends before.
func (c *client) upTo(want string) {
	c.t.Helper()
	for {
		line, ready := c.receive()
		if line == want {
			return
		}
		if ready {
			c.t.Fatalf("%q ends the answer before %q", line, want)
		}
	}
}

// ask sends a simple query and returns its answer: rows without their columns, tags,
// errors and notices, a line each.
func (c *client) ask(sql string) string {
	c.t.Helper()
	c.send(&pgproto3.Query{String: sql})
	return c.answer()
}

func (c *client) answer() string {
	c.t.Helper()
	var lines []string
	for line := range strings.SplitSeq(c.upToReady(), "\n") {
		if !strings.HasPrefix(line, "(") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// talk asks line by line and compares: each step is SQL and the answer wanted; an empty
// answer stands for a tag alone.
func (c *client) talk(steps ...[2]string) {
	c.t.Helper()
	for _, s := range steps {
		got := c.ask(s[0])
		if s[1] == "" && !strings.ContainsAny(got, "\n:") && got != "closed" {
			continue
		}
		if got != s[1] {
			c.t.Errorf("%s\n got: %s\nwant: %s", s[0], got, s[1])
		}
	}
}

// must runs statements that only give tags.
func (c *client) must(statements ...string) {
	c.t.Helper()
	for _, s := range statements {
		if got := c.ask(s); strings.Contains(got, "ERROR") || strings.Contains(got, "FATAL") || got == "closed" {
			c.t.Fatalf("%s\n%s", s, got)
		}
	}
}

// says fails the test unless got is want.
func says(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}
