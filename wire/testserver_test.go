package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// pipe is a connection in memory whose client can tell when the server waits for it.
type pipe struct {
	mu      sync.Mutex
	change  *sync.Cond
	in, out bytes.Buffer
	waiting bool // the server has read all there was
	closed  bool
}

func newPipe() *pipe {
	p := &pipe{}
	p.change = sync.NewCond(&p.mu)
	return p
}

// ask sends bytes to the server and returns what it has said by the time it waits again.
func (p *pipe) ask(b []byte) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.in.Write(b)
	p.waiting = false
	p.change.Broadcast()
	for !p.waiting && !p.closed {
		p.change.Wait()
	}
	said := bytes.Clone(p.out.Bytes())
	p.out.Reset()
	return said
}

func (p *pipe) hangUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.change.Broadcast()
}

func (p *pipe) Read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.in.Len() == 0 && !p.closed {
		p.waiting = true
		p.change.Broadcast()
		p.change.Wait()
	}
	if p.in.Len() == 0 {
		return 0, io.EOF
	}
	return p.in.Read(b)
}

func (p *pipe) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return 0, net.ErrClosed
	}
	return p.out.Write(b)
}

func (p *pipe) Close() error                     { p.hangUp(); return nil }
func (p *pipe) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (p *pipe) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (p *pipe) SetDeadline(time.Time) error      { return nil }
func (p *pipe) SetReadDeadline(time.Time) error  { return nil }
func (p *pipe) SetWriteDeadline(time.Time) error { return nil }

var people = []col.Column{{Name: "id", Type: col.Int8}, {Name: "name", Type: col.Text}}

// peopleBatch has three rows that count: of weight 1, 2 and 1.
func peopleBatch() *col.Batch {
	b := col.NewBatch(col.Int8, col.Text)
	for i, s := range []string{"left out", "ann", "bob", "", "zero"} {
		b.Cols[0].AppendI64(int64(i))
		b.Cols[1].AppendString(s)
	}
	b.Cols[1].SetNull(3)
	b.Grow(5, 1)
	b.W = []int64{1, 1, 2, 1, 0}
	b.Sel = []uint32{1, 2, 3, 4}
	return b
}

// testServer answers a few statements, to have every message sent.
type testServer struct {
	c      *Conn
	types  []col.Type
	row    *col.Batch
	format []int16
	sent   int64 // of the portal
}

// serve serves one connection to its end.
func serve(n net.Conn) error {
	c := NewConn(n, Options{MaxMessage: 1 << 20})
	err := serveConn(c)
	if severityOf(err) == "FATAL" {
		c.Error(err)
	}
	c.Flush()
	return err
}

func serveConn(c *Conn) error {
	s, err := c.ReadStartup()
	if err != nil {
		return err
	}
	if s.Cancel != nil {
		return fmt.Errorf("cancel %d %d", s.Cancel.PID, s.Cancel.Secret)
	}
	if s.User == "secret" {
		if err := c.AuthenticateSCRAM(s.User, verifierOf("pencil", []byte("0123456789abcdef")), []byte("nonce")); err != nil {
			return err
		}
	} else {
		c.AuthenticationOk()
	}
	c.Greet(append(Parameters("0.1.0", s.User), append(s.Settings, Setting{"database", s.Database})...), CancelKey{7, 9})
	t := &testServer{c: c}
	for {
		m, err := c.Receive()
		if m == nil {
			return err
		}
		if _, ok := m.(*Terminate); ok {
			return errors.New("terminated")
		}
		if err == nil {
			err = t.answer(m)
		}
		if err == nil {
			continue
		}
		if severityOf(err) == "FATAL" {
			return err
		}
		c.Error(err)
		switch m.(type) {
		case *Query:
			c.ReadyForQuery('I')
		case *Parse, *Bind, *Describe, *Execute, *Close:
			c.SkipUntilSync()
		}
	}
}

func (t *testServer) answer(m Message) error {
	c := t.c
	switch m := m.(type) {
	case *Query:
		if err := t.query(m.SQL); err != nil {
			return err
		}
		c.ReadyForQuery('I')
	case *Parse:
		t.types = t.types[:0]
		for _, oid := range m.Types {
			t.types = append(t.types, col.Type{OID: oid, Mod: -1})
		}
		c.ParseComplete()
	case *Bind:
		return t.bind(m)
	case *Describe:
		if m.Kind == 'S' {
			c.ParameterDescription(t.types)
		}
		if string(m.Name) == "none" {
			c.NoData()
			return nil
		}
		c.RowDescription(FieldsOf(people, t.format))
	case *Execute:
		return t.execute(int64(m.MaxRows))
	case *Close:
		c.CloseComplete()
	case *Flush:
		return c.Flush()
	case *Sync:
		c.ReadyForQuery('I')
	case *FunctionCall:
		return pgerr.Unsupported("the function call protocol")
	}
	return nil
}

func (t *testServer) bind(m *Bind) error {
	if err := CheckResultFormats(m, len(people)); err != nil {
		return err
	}
	values, err := DecodeParams(m, t.types, nil)
	if err != nil {
		return err
	}
	t.format = append(t.format[:0], m.ResultFormats...)
	t.row = &col.Batch{N: 1, Cols: []col.Vector{*values[0], *values[1]}, W: []int64{3}}
	t.sent = 0
	t.c.BindComplete()
	return nil
}

func (t *testServer) execute(limit int64) error {
	if limit == 0 {
		limit = -1
	}
	n, err := t.c.Rows(NewEncoder([]col.Type{col.Int8, col.Text}, t.format, nil), t.row, t.sent, limit)
	t.sent += n
	if n == limit {
		t.c.PortalSuspended()
	} else {
		t.c.CommandComplete("SELECT " + strconv.FormatInt(n, 10))
	}
	return err
}

func (t *testServer) query(sql string) error {
	c := t.c
	switch {
	case sql == "":
		c.EmptyQueryResponse()
	case sql == "rows":
		c.RowDescription([]Field{{Name: "id", Type: col.Int8, Table: 16384, Attr: 1}, {Name: "name", Type: col.Text, Table: 16384, Attr: 2}})
		n, err := c.Rows(NewEncoder([]col.Type{col.Int8, col.Text}, nil, nil), peopleBatch(), 0, -1)
		c.CommandCompleteCount("SELECT", n)
		return err
	case sql == "notice":
		c.Notice(&pgerr.Error{Code: pgerr.SuccessfulCompletion, Message: "so it is"})
		c.NotificationResponse(7, "channel", "payload")
		c.ParameterStatus("TimeZone", "Europe/Berlin")
		c.CommandComplete("NOTICE")
	case sql == "everything":
		return &pgerr.Error{Code: "23505", Message: "message\x00hidden", Detail: "detail", Hint: "hint", Position: 3, Schema: "s", Table: "t", Column: "c",
			DataType: "d", Constraint: "n", Where: "where"}
	case strings.HasPrefix(sql, "in "):
		return t.copyIn(sql)
	case strings.HasPrefix(sql, "out "):
		f := map[string]CopyFormat{"text": CopyText, "csv": CopyCSV, "binary": CopyBinary}[sql[4:]]
		o := DefaultCopyOptions(f, "people", people)
		if f == CopyCSV {
			o.Header = HeaderSkip
		}
		e, err := NewCopyEncoder(o)
		if err != nil {
			return err
		}
		c.CopyOutResponse(f, len(people))
		if err := c.CopyRows(e, peopleBatch()); err != nil {
			return err
		}
		err = c.CopyEnd(e)
		c.CommandComplete("COPY 4")
		return err
	default:
		return pgerr.New(pgerr.SyntaxError, `syntax error at or near "%s"`, sql).At(sql, 0)
	}
	return nil
}

func (t *testServer) copyIn(sql string) error {
	f := map[string]CopyFormat{"text": CopyText, "csv": CopyCSV, "binary": CopyBinary}[sql[3:]]
	rows := 0
	d, err := NewCopyDecoder(DefaultCopyOptions(f, "people", people), func(b *col.Batch) error { rows += b.N; return nil })
	if err != nil {
		return err
	}
	t.c.CopyInResponse(f, len(people))
	for {
		m, err := t.c.Receive()
		if err != nil {
			return err
		}
		switch m := m.(type) {
		case *CopyData:
			err = d.Feed(m.Data)
		case *CopyFail:
			return pgerr.New(pgerr.QueryCanceled, "COPY from stdin failed: %s", m.Reason)
		case *CopyDone:
			if err := d.Flush(); err != nil {
				return err
			}
			t.c.CommandCompleteCount("COPY", int64(rows))
			return nil
		}
		if err != nil {
			return err
		}
	}
}
