package wire

import (
	"bytes"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/typeio"
)

// TestRowsEndWithinALongRow has statements end while a message is made of one long value: who sends it
// goes on long before it is made.
func TestRowsEndWithinALongRow(t *testing.T) {
	bytea, ints := col.NewVector(col.Bytea), col.NewVector(mustType(t, "_int4"))
	bytea.AppendBytes(bytes.Repeat([]byte{7}, 40<<20))
	if err := typeio.ParseText(ints, []byte("{"+string(bytes.Repeat([]byte("1,"), 4<<20))+"1}"), nil); err != nil {
		t.Fatal(err)
	}
	for _, v := range []*col.Vector{bytea, ints} {
		for name, send := range senders(t, v) {
			whole, sent := lasts(t, send, 0)
			if sent == 0 {
				t.Fatalf("%s of %s sends nothing", name, v.Type)
			}
			late := whole
			for again := 0; again < 10 && late > whole/2; again++ { // the machine may do other things
				took, _ := lasts(t, send, whole/8)
				late = min(late, took)
			}
			if late > whole/2 {
				t.Errorf("%s of %s: the statement ended after %v, the message was made after %v", name, v.Type, late, whole)
			}
		}
	}
}

func mustType(t *testing.T, name string) col.Type {
	found, ok := col.TypeNamed(name)
	if !ok {
		t.Fatal(name)
	}
	return found
}

// senders are what sends a row of one value.
func senders(t *testing.T, v *col.Vector) map[string]func(c *Conn) error {
	b := &col.Batch{N: 1, Cols: []col.Vector{*v}}
	columns := []col.Column{{Name: "a", Type: v.Type}}
	copied, err := NewCopyEncoder(DefaultCopyOptions(CopyCSV, "t", columns))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]func(c *Conn) error{
		"Rows":     func(c *Conn) error { _, err := c.Rows(NewEncoder([]col.Type{v.Type}, nil, nil), b, 0, -1); return err },
		"CopyRows": func(c *Conn) error { return c.CopyRows(copied, b) },
	}
}

// lasts is how long sending takes and how much it sends, in a statement that ends some time after it
// has begun; 0: it does not.
func lasts(t *testing.T, send func(c *Conn) error, after time.Duration) (took time.Duration, sent int64) {
	n := &counted{}
	c, done := NewConn(n, Options{}), make(chan struct{})
	c.Until(done)
	if after > 0 {
		time.AfterFunc(after, func() { close(done) })
	}
	from := time.Now()
	if err := send(c); err != nil && pgerr.CodeOf(err) != pgerr.QueryCanceled {
		t.Fatal(err)
	}
	return time.Since(from), n.bytes.Load()
}

// counted takes all that is written to it.
type counted struct {
	net.Conn
	bytes atomic.Int64
}

func (n *counted) Write(b []byte) (int, error) {
	n.bytes.Add(int64(len(b)))
	return len(b), nil
}
