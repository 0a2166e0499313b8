package wire

import (
	"crypto/tls"
	"errors"
	"io"
	"net"

	"github.com/millracedb/millrace/base/pgerr"
)

const (
	flushBytes   = 64 << 10  // output beyond this is written at once
	firstRead    = 8 << 10   // the receive buffer of a quiet connection
	largestRead  = 256 << 10 // the receive buffer of a busy one, large messages apart
	smallMessage = 10_000    // the limit of messages that carry no data of the user's
)

// DefaultMaxMessage is the limit of a message's length in bytes where Options gives none.
const DefaultMaxMessage = 256 << 20

// Options of a connection.
type Options struct {
	TLS        *tls.Config // nil: SSLRequest is answered with N
	MaxMessage int         // the longest message accepted, in bytes; 0: DefaultMaxMessage
}

// Conn is the server's side of one connection. See the package comment for who may call
// what, and when output is sent.
type Conn struct {
	net     net.Conn
	raw     net.Conn // beneath TLS
	options Options

	in   []byte // in[r:w] is received and not yet consumed
	r, w int

	out    []byte
	start  int             // where the message begins that is being made
	err    error           // the first failure of a write
	done   <-chan struct{} // see Until
	behind chan error      // of a write that goes on while nobody waits; nil: there is none

	skipping bool
	messages messages
}

// NewConn wraps an accepted connection; nothing is read or written yet.
func NewConn(c net.Conn, o Options) *Conn {
	if o.MaxMessage <= 0 {
		o.MaxMessage = DefaultMaxMessage
	}
	return &Conn{net: c, raw: c, options: o}
}

// NetConn is the connection as it now is, under TLS if the client asked for it: for
// addresses and deadlines. Nobody but Conn reads from it or writes to it.
func (c *Conn) NetConn() net.Conn { return c.net }

// Err is the first failure of a write, nil while there was none. What is sent afterwards
// is dropped.
func (c *Conn) Err() error { return c.err }

// Until has the Conn wait for the client to take its output no longer than until done is closed; nil:
// for ever.
func (c *Conn) Until(done <-chan struct{}) { c.done = done }

// Flush sends all pending output. When the client does not take it before what Until was told of, the
// error is 57014, and nothing is lost: what is being written goes on alone, and the rest waits for it.
func (c *Conn) Flush() error {
	if err := c.caughtUp(); err != nil {
		return err
	}
	if c.err == nil && len(c.out) > 0 {
		if err := c.write(); err != nil {
			return err
		}
	}
	if cap(c.out) > 4*flushBytes {
		c.out = nil
	}
	c.out = c.out[:0]
	return c.err
}

// write writes the pending output, beside the Conn where the wait for it may end.
func (c *Conn) write() error {
	if c.done == nil {
		_, c.err = c.net.Write(c.out)
		return nil
	}
	out, written := c.out, make(chan error, 1)
	c.out, c.behind = nil, written
	go func() {
		_, err := c.net.Write(out)
		written <- err
	}()
	err := c.caughtUp()
	if err == nil {
		c.out = out
	}
	return err
}

// caughtUp waits for the write that goes on, if one does.
func (c *Conn) caughtUp() error {
	if c.behind == nil {
		return nil
	}
	select {
	case err := <-c.behind:
		c.behind = nil
		if c.err == nil {
			c.err = err
		}
		return nil
	case <-c.done:
		return errCanceled
	}
}

var errCanceled = pgerr.New(pgerr.QueryCanceled, "canceling statement due to user request")

// Close closes the connection without sending what is pending. A Receive or Flush that is
// under way in another goroutine returns with an error.
func (c *Conn) Close() error { return c.net.Close() }

// spill sends pending output once it is large. The error is Flush's.
func (c *Conn) spill() error {
	if len(c.out) >= flushBytes {
		return c.Flush()
	}
	return nil
}

// fill waits until n bytes are there to consume, having sent pending output first. It
// returns io.EOF only when the stream ends before the first of them.
func (c *Conn) fill(n int) error {
	if c.w-c.r >= n {
		return nil
	}
	if _ = c.Flush(); c.err != nil {
		return c.err
	}
	for c.w-c.r < n {
		c.room(n)
		k, err := c.net.Read(c.in[c.w:])
		full := c.w+k == len(c.in)
		c.w += k
		if err != nil && c.w-c.r < n {
			if errors.Is(err, io.EOF) && c.w > c.r {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		if full && c.r == 0 && len(c.in) < largestRead {
			c.resize(2 * len(c.in))
		}
	}
	return nil
}

// room makes space to read into, for a message of n bytes of which some are there.
func (c *Conn) room(n int) {
	if c.r == c.w {
		c.r, c.w = 0, 0
		if len(c.in) > largestRead && n <= largestRead {
			c.in = nil
		}
	}
	switch {
	case len(c.in) == 0:
		c.in = make([]byte, firstRead)
	case c.w == len(c.in) && c.r > 0 || c.r > 0 && len(c.in)-c.r < n:
		c.w = copy(c.in, c.in[c.r:c.w])
		c.r = 0
	case c.w == len(c.in):
		c.resize(min(2*len(c.in), max(n, largestRead)))
	}
}

func (c *Conn) resize(n int) {
	b := make([]byte, n)
	c.w = copy(b, c.in[c.r:c.w])
	c.r, c.in = 0, b
}

func fatal(code, format string, args ...any) *pgerr.Error {
	e := pgerr.New(code, format, args...)
	e.Severity = "FATAL"
	return e
}
