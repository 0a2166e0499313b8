package wire

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"strings"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/pgtext"
)

const (
	maxStartup   = 10_000 // PostgreSQL's MAX_STARTUP_PACKET_LENGTH
	codeCancel   = 80877102
	codeSSL      = 80877103
	codeGSS      = 80877104
	protocol3    = 3 << 16
	tlsHandshake = 0x16 // first byte of a ClientHello
	alpn         = "postgresql"
)

// ErrNotPostgres is what ReadStartup returns for first bytes that are of no PostgreSQL
// client: close the connection, there is nobody to tell.
var ErrNotPostgres = errors.New("first bytes are not of the PostgreSQL protocol")

// Setting is a named session setting, as a client asks for it or as it is reported.
type Setting struct{ Name, Value string }

// Startup is what a client says first: either Cancel, on a connection of its own, or who
// it is and what it wants.
type Startup struct {
	Cancel      *CancelKey // not nil: a cancel request, and nothing else
	User        string
	Database    string    // the user's name where the client gave none
	Settings    []Setting // of the options parameter first, then the others; names in lower case
	Replication string    // the replication parameter
}

// CancelKey names a session for a cancel request, as BackendKeyData gave it out.
type CancelKey struct{ PID, Secret uint32 }

// ReadStartup reads until the startup or cancel message, and answers requests for
// encryption and unknown protocol options on the way. It returns io.EOF when the client
// went without a word, ErrNotPostgres, or a FATAL *pgerr.Error.
func (c *Conn) ReadStartup() (Startup, error) {
	tlsDone, gssDone := false, false
	if err := c.fill(1); err != nil {
		return Startup{}, err
	}
	if c.in[c.r] == tlsHandshake && c.options.TLS != nil {
		if err := c.directTLS(); err != nil {
			return Startup{}, err
		}
		tlsDone = true
	}
	for {
		body, err := c.startupPacket()
		if err != nil {
			return Startup{}, err
		}
		code := binary.BigEndian.Uint32(body)
		switch {
		case code == codeSSL && !tlsDone:
			tlsDone = true
			err = c.answerSSL()
		case code == codeGSS && !gssDone:
			gssDone = true
			c.out = append(c.out, 'N')
			err = c.Flush()
		case code == codeCancel:
			if len(body) != 12 {
				return Startup{}, ErrNotPostgres
			}
			return Startup{Cancel: &CancelKey{binary.BigEndian.Uint32(body[4:]), binary.BigEndian.Uint32(body[8:])}}, nil
		default:
			return c.startup(code, body[4:])
		}
		if err != nil {
			return Startup{}, err
		}
	}
}

// startupPacket returns the body of a message without type byte; it holds a code at least.
func (c *Conn) startupPacket() ([]byte, error) {
	if err := c.fill(4); err != nil {
		return nil, notPostgres(err)
	}
	n := int(binary.BigEndian.Uint32(c.in[c.r:]))
	if n < 8 || n > maxStartup {
		return nil, ErrNotPostgres
	}
	if err := c.fill(n); err != nil {
		return nil, notPostgres(err)
	}
	body := c.in[c.r+4 : c.r+n]
	c.r += n
	return body, nil
}

func notPostgres(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrNotPostgres
	}
	return err
}

func (c *Conn) answerSSL() error {
	if c.options.TLS == nil {
		c.out = append(c.out, 'N')
		return c.Flush()
	}
	if c.r != c.w { // sent before the handshake, so by anybody (CVE-2021-23222)
		return fatal(pgerr.ProtocolViolation, "received unencrypted data after SSL request").
			WithDetail("This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.")
	}
	c.out = append(c.out, 'S')
	if err := c.Flush(); err != nil {
		return err
	}
	return c.startTLS()
}

// startTLS makes the rest of the connection encrypted; bytes that are already here belong
// to the handshake.
func (c *Conn) startTLS() error {
	config := c.options.TLS.Clone()
	config.NextProtos = []string{alpn}
	t := tls.Server(&prefixConn{c.raw, bytes.Clone(c.in[c.r:c.w])}, config)
	c.r, c.w = 0, 0
	if err := t.Handshake(); err != nil {
		return err
	}
	c.net = t
	return nil
}

// directTLS starts TLS without an SSLRequest, as clients since PostgreSQL 17 may; they must
// say that it is PostgreSQL they want, lest a request meant for another server is taken.
func (c *Conn) directTLS() error {
	if err := c.startTLS(); err != nil {
		return err
	}
	if t, ok := c.net.(*tls.Conn); ok && t.ConnectionState().NegotiatedProtocol != alpn {
		return fatal(pgerr.ProtocolViolation, "received direct SSL connection request without ALPN protocol negotiation extension")
	}
	return nil
}

// startup decodes a startup message's parameters.
func (c *Conn) startup(code uint32, body []byte) (s Startup, err error) {
	if code>>16 != 3 {
		return s, fatal(pgerr.FeatureNotSupported, "unsupported frontend protocol %d.%d: server supports 3.0 to 3.0", code>>16, code&0xffff)
	}
	r := fields{b: body}
	var unknown []string
	var options string
	for len(r.b) > 1 && !r.bad {
		name, value := string(r.utf8()), string(r.utf8())
		switch lower := strings.ToLower(name); lower {
		case "user":
			s.User = pgtext.TruncateName(value)
		case "database":
			s.Database = pgtext.TruncateName(value)
		case "options":
			options = value
		case "replication":
			s.Replication = value
		default:
			if strings.HasPrefix(lower, "_pq_.") {
				unknown = append(unknown, name)
			} else {
				s.Settings = append(s.Settings, Setting{lower, value})
			}
		}
	}
	if r.bad || len(r.b) != 1 || r.b[0] != 0 {
		return s, fatal(pgerr.ProtocolViolation, "invalid startup packet layout: expected terminator as last byte")
	}
	if code&0xffff > 0 || len(unknown) > 0 {
		c.negotiate(unknown)
	}
	if s.User == "" {
		return s, fatal(pgerr.InvalidAuthorization, "no PostgreSQL user name specified in startup packet")
	}
	if s.Database == "" {
		s.Database = s.User
	}
	if r.invalid != nil {
		e := *pgerr.From(r.invalid)
		e.Severity = "FATAL"
		return s, &e
	}
	given, err := parseOptions(options)
	s.Settings = append(given, s.Settings...)
	return s, err
}

// negotiate tells the client that this is protocol 3.0 and which options are unknown here.
func (c *Conn) negotiate(unknown []string) {
	c.begin('v')
	c.out = binary.BigEndian.AppendUint32(c.out, protocol3)
	c.out = binary.BigEndian.AppendUint32(c.out, uint32(len(unknown)))
	for _, name := range unknown {
		c.text(name)
	}
	c.end()
}

// parseOptions reads the options parameter: "-c name=value" and "--name=value", blanks
// between, a backslash before a blank that belongs to a value.
func parseOptions(s string) ([]Setting, error) {
	var found []Setting
	words := splitOptions(s)
	for i := 0; i < len(words); i++ {
		word := words[i]
		assign, ok := strings.CutPrefix(word, "--")
		if !ok {
			if assign, ok = strings.CutPrefix(word, "-c"); ok && assign == "" && i+1 < len(words) {
				i++
				assign = words[i]
			}
		}
		name, value, assigned := strings.Cut(assign, "=")
		switch {
		case !ok:
			return nil, fatal(pgerr.SyntaxError, "invalid command-line argument for server process: %s", word)
		case !assigned || name == "":
			return nil, fatal(pgerr.SyntaxError, "-c %s requires a value", assign)
		}
		found = append(found, Setting{strings.ToLower(strings.ReplaceAll(name, "-", "_")), value})
	}
	return found, nil
}

func splitOptions(s string) (words []string) {
	var word strings.Builder
	inside := false
	for i := 0; i < len(s); i++ {
		switch ch := s[i]; {
		case ch == ' ' || ch >= '\t' && ch <= '\r':
			if inside {
				words = append(words, word.String())
				word.Reset()
			}
			inside = false
		default:
			if ch == '\\' && i+1 < len(s) {
				i++
			}
			word.WriteByte(s[i])
			inside = true
		}
	}
	if inside {
		words = append(words, word.String())
	}
	return words
}
