package wire

import (
	"bytes"
	"encoding/binary"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// Message is what a client says after startup: one of the types of this file. It and its
// byte slices are valid until the next Receive; its strings are the caller's.
type Message interface{ decode(r *fields) }

// Query asks to run the statements of a text (simple protocol).
type Query struct{ SQL string }

// Parse asks to prepare a statement; Types are parameter types, 0 where the server decides.
type Parse struct {
	Name  []byte
	SQL   string
	Types []col.OID
}

// Bind asks to make a portal of a prepared statement and parameters. Formats are 0 (text)
// or 1 (binary): one a value, one for all, or none for text; a nil value is NULL.
type Bind struct {
	Portal, Statement []byte
	Formats           []int16
	Values            [][]byte
	ResultFormats     []int16
}

// Describe asks for the columns of a statement (Kind 'S') or portal ('P').
type Describe struct {
	Kind byte
	Name []byte
}

// Execute asks for the rows of a portal, at most MaxRows; 0: all.
type Execute struct {
	Portal  []byte
	MaxRows int
}

// Close asks to forget a statement (Kind 'S') or portal ('P').
type Close struct {
	Kind byte
	Name []byte
}

// Flush asks for the pending answers, Sync ends a group of extended messages, Terminate
// ends the session.
type (
	Flush     struct{}
	Sync      struct{}
	Terminate struct{}
)

// CopyData carries data of COPY FROM STDIN, split anywhere.
type CopyData struct{ Data []byte }

// CopyDone ends the data of COPY FROM STDIN.
type CopyDone struct{}

// CopyFail ends COPY FROM STDIN without success, for the client's reason.
type CopyFail struct{ Reason []byte }

// FunctionCall is the old way to call a function by OID, which is not offered.
type FunctionCall struct{}

// Password carries an answer to an authentication request.
type Password struct{ Data []byte }

func (m *Query) decode(r *fields) { m.SQL = string(r.utf8()) }

func (m *Parse) decode(r *fields) {
	m.Name, m.SQL, m.Types = r.utf8(), string(r.utf8()), m.Types[:0]
	for range r.u16() {
		if r.bad {
			return
		}
		m.Types = append(m.Types, col.OID(r.u32()))
	}
}

func (m *Bind) decode(r *fields) {
	m.Portal, m.Statement = r.utf8(), r.utf8()
	m.Formats = r.formats(m.Formats[:0])
	m.Values = m.Values[:0]
	for range r.u16() {
		n := int32(r.u32())
		switch {
		case r.bad:
			return
		case n == -1:
			m.Values = append(m.Values, nil)
		default:
			m.Values = append(m.Values, r.bytes(int(n)))
		}
	}
	m.ResultFormats = r.formats(m.ResultFormats[:0])
}

func (m *Describe) decode(r *fields)     { m.Kind, m.Name = r.kind(), r.utf8() }
func (m *Close) decode(r *fields)        { m.Kind, m.Name = r.kind(), r.utf8() }
func (m *Execute) decode(r *fields)      { m.Portal, m.MaxRows = r.utf8(), max(int(int32(r.u32())), 0) }
func (m *CopyData) decode(r *fields)     { m.Data = r.rest() }
func (m *CopyFail) decode(r *fields)     { m.Reason = r.utf8() }
func (m *Password) decode(r *fields)     { m.Data = r.rest() }
func (m *FunctionCall) decode(r *fields) { r.rest() }
func (m *Flush) decode(*fields)          {}
func (m *Sync) decode(*fields)           {}
func (m *Terminate) decode(*fields)      {}
func (m *CopyDone) decode(*fields)       {}

// messages are the ones that Receive hands out, again and again.
type messages struct {
	query    Query
	parse    Parse
	bind     Bind
	describe Describe
	execute  Execute
	close    Close
	flush    Flush
	sync     Sync
	term     Terminate
	data     CopyData
	done     CopyDone
	fail     CopyFail
	call     FunctionCall
	password Password
	body     fields
}

// of returns the message of a type byte and the limit of its length; nil: there is none.
func (m *messages) of(kind byte, large int) (Message, int) {
	switch kind {
	case 'Q':
		return &m.query, large
	case 'P':
		return &m.parse, large
	case 'B':
		return &m.bind, large
	case 'D':
		return &m.describe, smallMessage
	case 'E':
		return &m.execute, smallMessage
	case 'C':
		return &m.close, smallMessage
	case 'H':
		return &m.flush, smallMessage
	case 'S':
		return &m.sync, smallMessage
	case 'X':
		return &m.term, smallMessage
	case 'd':
		return &m.data, large
	case 'c':
		return &m.done, smallMessage
	case 'f':
		return &m.fail, large
	case 'F':
		return &m.call, large
	case 'p':
		return &m.password, smallMessage
	}
	return nil, 0
}

// Receive returns the next message, after it has sent pending output if it must wait.
//
// A FATAL *pgerr.Error says that the stream can be read no further; other errors that are
// not *pgerr.Error are of the connection (io.EOF: the client closed it between messages).
// An *pgerr.Error that comes with a message means that the message's fields make no sense:
// the error answers it, as if its execution had failed. After a read deadline has passed
// Receive may be called again.
func (c *Conn) Receive() (Message, error) {
	for {
		if err := c.fill(5); err != nil {
			return nil, err
		}
		m, limit := c.messages.of(c.in[c.r], c.options.MaxMessage)
		if m == nil {
			return nil, fatal(pgerr.ProtocolViolation, "invalid frontend message type %d", c.in[c.r])
		}
		n := int(int32(binary.BigEndian.Uint32(c.in[c.r+1:])))
		if n < 4 || n-4 > limit {
			return nil, fatal(pgerr.ProtocolViolation, "invalid message length")
		}
		if err := c.fill(n + 1); err != nil {
			return nil, err
		}
		body := c.in[c.r+5 : c.r+1+n : c.r+1+n]
		c.r += n + 1
		if c.skipping && !endsSkipping(m) {
			continue
		}
		c.skipping = false
		r := &c.messages.body
		*r = fields{b: body}
		m.decode(r)
		return m, r.err()
	}
}

func endsSkipping(m Message) bool {
	switch m.(type) {
	case *Sync, *Terminate:
		return true
	}
	return false
}

// SkipUntilSync makes Receive drop what the client has sent until its next Sync (or
// Terminate), which Receive returns: to be called after an error in an extended message.
func (c *Conn) SkipUntilSync() { c.skipping = true }

// Buffered reports whether bytes of a further message have arrived: a pipeline goes on.
func (c *Conn) Buffered() bool { return c.w > c.r }

// NextIsSync reports whether the next message has arrived already and is Sync: what is
// being carried out is then the last of its group.
func (c *Conn) NextIsSync() bool { return c.w-c.r >= 5 && c.in[c.r] == 'S' }

// fields reads a message's body. Once something is missing, bad is set and all answers are
// empty.
type fields struct {
	b       []byte
	bad     bool
	invalid error // text that is not UTF-8
}

func (r *fields) fail() { r.b, r.bad = nil, true }

// err says what was wrong with the whole body, which is read to its end.
func (r *fields) err() error {
	if r.bad || len(r.b) > 0 {
		return pgerr.New(pgerr.ProtocolViolation, "invalid message format")
	}
	return r.invalid
}

func (r *fields) text() []byte {
	i := bytes.IndexByte(r.b, 0)
	if i < 0 {
		r.fail()
		return nil
	}
	s := r.b[:i:i]
	r.b = r.b[i+1:]
	return s
}

func (r *fields) utf8() []byte {
	s := r.text()
	if err := checkText(s); err != nil && r.invalid == nil {
		r.invalid = err
	}
	return s
}

func (r *fields) bytes(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.fail()
		return nil
	}
	s := r.b[:n:n]
	r.b = r.b[n:]
	return s
}

func (r *fields) kind() byte {
	if len(r.b) == 0 {
		r.fail()
		return 0
	}
	k := r.b[0]
	r.b = r.b[1:]
	return k
}

func (r *fields) u16() uint16 {
	if len(r.b) < 2 {
		r.fail()
		return 0
	}
	x := binary.BigEndian.Uint16(r.b)
	r.b = r.b[2:]
	return x
}

func (r *fields) u32() uint32 {
	if len(r.b) < 4 {
		r.fail()
		return 0
	}
	x := binary.BigEndian.Uint32(r.b)
	r.b = r.b[4:]
	return x
}

func (r *fields) rest() []byte {
	s := r.b
	r.b = nil
	return s
}

func (r *fields) formats(dst []int16) []int16 {
	for range r.u16() {
		if r.bad {
			return dst
		}
		dst = append(dst, int16(r.u16()))
	}
	return dst
}
