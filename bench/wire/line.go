package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
)

// line is a connection after its start, driven by hand: one write and a read of no more than
// the heads of messages for each operation. It belongs to one goroutine.
type line struct {
	conn net.Conn
	in   *bufio.Reader
	out  []byte
	body []byte
	rows int // that the last operation returned
}

// open connects and prepares the statements, which are named by their place: "0", "1" ….
func (t *target) open(ctx context.Context, statements ...string) (*line, error) {
	c, err := pgconn.Connect(ctx, t.url)
	if err != nil {
		return nil, err
	}
	for i, sql := range statements {
		if _, err := c.Prepare(ctx, fmt.Sprint(i), sql, nil); err != nil {
			_ = c.Close(ctx)
			return nil, fmt.Errorf("%s on %s: %w", sql, t.name, err)
		}
	}
	h, err := c.Hijack()
	if err != nil {
		return nil, err
	}
	return &line{conn: h.Conn, in: bufio.NewReaderSize(h.Conn, 16<<10)}, nil
}

func (l *line) close() {
	_, _ = l.conn.Write([]byte{'X', 0, 0, 0, 4}) // the server may be gone
	_ = l.conn.Close()
}

// execute binds eight-byte integers in binary to a prepared statement, executes it, and
// reads up to ReadyForQuery.
func (l *line) execute(statement byte, params ...int64) error {
	n := len(params)
	l.out = append(l.out[:0], 'B', 0, 0, 0, 0, 0, '0'+statement, 0, 0, 1, 0, 1, 0, byte(n))
	for _, v := range params {
		l.out = binary.BigEndian.AppendUint32(l.out, 8)
		l.out = binary.BigEndian.AppendUint64(l.out, uint64(v))
	}
	l.out = append(l.out, 0, 0)
	binary.BigEndian.PutUint32(l.out[1:], uint32(len(l.out)-1))
	l.out = append(l.out, 'E', 0, 0, 0, 9, 0, 0, 0, 0, 0, 'S', 0, 0, 0, 4)
	if _, err := l.conn.Write(l.out); err != nil {
		return err
	}
	return l.finish()
}

// finish reads to ReadyForQuery and returns the first error that the server sent.
func (l *line) finish() error {
	var failed error
	l.rows = 0
	for {
		kind, err := l.message()
		if err != nil {
			return err
		}
		switch kind {
		case 'D':
			l.rows++
		case 'E':
			if failed == nil {
				failed = fmt.Errorf("the server says %q", l.body)
			}
		case 'Z':
			return failed
		}
	}
}

// message reads one message; its body is valid until the next.
func (l *line) message() (kind byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(l.in, head[:]); err != nil {
		return 0, err
	}
	n := int(binary.BigEndian.Uint32(head[1:])) - 4
	if n < 0 || n > 64<<20 {
		return 0, fmt.Errorf("message %q of %d bytes", head[0], n)
	}
	if cap(l.body) < n {
		l.body = make([]byte, n)
	}
	l.body = l.body[:n]
	_, err = io.ReadFull(l.in, l.body)
	return head[0], err
}
