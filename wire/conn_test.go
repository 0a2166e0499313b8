package wire

import (
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/millracedb/millrace/base/col"
)

// cycle is a connection that sends the same bytes again and again, and counts writes.
type cycle struct {
	*pipe
	data   []byte
	at     int
	writes int
}

func (c *cycle) Read(b []byte) (int, error) {
	n := copy(b, c.data[c.at:])
	if c.at += n; c.at == len(c.data) {
		c.at = 0
	}
	return n, nil
}

func (c *cycle) Write(b []byte) (int, error) { c.writes++; return len(b), nil }

var pointRead = encoded(
	&pgproto3.Bind{PreparedStatement: "s1", ParameterFormatCodes: []int16{1}, Parameters: [][]byte{{0, 0, 0, 0, 0, 0, 0, 5}}, ResultFormatCodes: []int16{1}},
	&pgproto3.Execute{}, &pgproto3.Sync{})

// answerPoint answers a group of pointRead with one row.
func answerPoint(tb testing.TB, c *Conn, e *Encoder, row *col.Batch, params []*col.Vector) {
	for {
		m, err := c.Receive()
		if err != nil {
			tb.Fatal(err)
		}
		switch m := m.(type) {
		case *Bind:
			for _, v := range params {
				v.Reset(v.Type)
			}
			err = AppendParams(params, m, nil)
			c.BindComplete()
		case *Execute:
			_, err = c.Rows(e, row, 0, -1)
			c.CommandCompleteCount("SELECT", 1)
		case *Sync:
			c.ReadyForQuery('I')
			return
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
}

func pointServer() (*cycle, *Conn, *Encoder, *col.Batch, []*col.Vector) {
	n := &cycle{pipe: newPipe(), data: pointRead}
	row := bids(1)
	return n, NewConn(n, Options{}), NewEncoder(row.Types(), []int16{1}, nil), row, []*col.Vector{col.NewVector(col.Int8)}
}

func TestPointReadDoesNotAllocate(t *testing.T) {
	n, c, e, row, params := pointServer()
	answerPoint(t, c, e, row, params)
	groups := 0
	if a := testing.AllocsPerRun(1000, func() { answerPoint(t, c, e, row, params); groups++ }); a > 0 {
		t.Errorf("%v allocations a point read", a)
	}
	if n.writes > groups+1 {
		t.Errorf("%d writes for %d groups", n.writes, groups)
	}
	if params[0].I64[0] != 5 {
		t.Errorf("the parameter is %d", params[0].I64[0])
	}
}

func BenchmarkPointRead(b *testing.B) {
	_, c, e, row, params := pointServer()
	b.ReportAllocs()
	for b.Loop() {
		answerPoint(b, c, e, row, params)
	}
}

// Output beyond 64 KB is sent while rows are made, and memory does not grow with them.
func TestRowsAreSentAsTheyAreMade(t *testing.T) {
	n, c, _, _, _ := pointServer()
	b := bids(20000)
	if sent, err := c.Rows(NewEncoder(bidTypes, nil, nil), b, 0, -1); err != nil || sent != 20000 {
		t.Error(sent, err)
	}
	if n.writes < 20 || cap(c.out) > 1<<20 {
		t.Errorf("%d writes, a buffer of %d bytes", n.writes, cap(c.out))
	}
}

func TestRowsOfAPortal(t *testing.T) {
	b := peopleBatch() // weights 1, 2, 1, 0 in this order
	types := []col.Type{col.Int8, col.Text}
	all := NewEncoder(types, nil, nil).AppendRows(nil, b)
	for _, limit := range []int64{1, 2, 3, 4, 5} {
		p := newPipe()
		c := NewConn(p, Options{})
		var skip int64
		for {
			n, err := c.Rows(NewEncoder(types, nil, nil), b, skip, limit)
			if err != nil {
				t.Fatal(err)
			}
			if skip += n; n < limit {
				break
			}
		}
		if err := c.Flush(); err != nil {
			t.Fatal(err)
		}
		if skip != 4 || p.out.String() != string(all) {
			t.Errorf("by %d: %d rows, %q", limit, skip, p.out.String())
		}
	}
}

// A message that is announced as long takes memory only as it arrives.
func TestLongMessageTakesMemoryAsItArrives(t *testing.T) {
	c := NewConn(whole([]byte{'Q', 0x0f, 0, 0, 0, 'x'}), Options{})
	if _, err := c.Receive(); err == nil {
		t.Error("a message is complete that is not")
	}
	if len(c.in) > largestRead {
		t.Errorf("%d bytes for 6", len(c.in))
	}
}
