package server

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"time"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/wire"
)

func (s *Server) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			if !errors.Is(err, net.ErrClosed) {
				s.opt.Logger.Warn("accepting a connection failed", "error", err)
				select {
				case <-time.After(10 * time.Millisecond):
					continue
				case <-s.closing:
				}
			}
			return
		}
		s.accepted.Add(1)
		s.wg.Go(func() { s.serve(c) })
	}
}

// serve is the life of one connection.
func (s *Server) serve(c net.Conn) {
	defer c.Close()
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetNoDelay(true)
	}
	if !s.arrives(c) {
		return
	}
	ss := s.welcome(c)
	s.arrived(c)
	if ss == nil {
		return
	}
	defer s.forget(ss)
	_ = c.SetDeadline(time.Time{})
	ss.loop()
}

// welcome makes the session of a connection; nil: there is none.
func (s *Server) welcome(c net.Conn) *Session {
	conn := wire.NewConn(c, wire.Options{})
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	start, err := conn.ReadStartup()
	if err != nil {
		s.refuse(conn, err)
		return nil
	}
	if start.Cancel != nil {
		s.cancel(*start.Cancel)
		return nil
	}
	ss, err := s.open(conn, start, c.RemoteAddr())
	if err != nil {
		s.refuse(conn, err)
		return nil
	}
	return ss
}

// arrives notes a connection that has no session yet, unless the server is closing: Close
// does not wait for what such a client may say.
func (s *Server) arrives(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.arriving != nil {
		s.arriving[c] = struct{}{}
	}
	return s.arriving != nil
}

func (s *Server) arrived(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.arriving, c)
}

func (s *Server) refuse(conn *wire.Conn, err error) {
	if errors.Is(err, io.EOF) || errors.Is(err, wire.ErrNotPostgres) {
		return
	}
	var e *pgerr.Error
	if errors.As(err, &e) {
		f := *e
		f.Severity = "FATAL"
		conn.Error(&f)
		_ = conn.Flush()
	}
}

// open authenticates a client and makes its session.
func (s *Server) open(conn *wire.Conn, start wire.Startup, from net.Addr) (*Session, error) {
	if err := s.authenticate(conn, start, from); err != nil {
		return nil, err
	}
	if start.Database != Database {
		return nil, pgerr.New(pgerr.InvalidCatalogName, "database %q does not exist", start.Database).
			WithHint("The database is called %q.", Database)
	}
	ss := newSession(s, conn, start.User)
	if err := s.enter(ss); err != nil {
		return nil, err
	}
	if err := ss.greet(start); err != nil {
		s.forget(ss)
		return nil, err
	}
	return ss, nil
}

func (s *Server) authenticate(conn *wire.Conn, start wire.Startup, from net.Addr) error {
	role := s.cats.newest.Load().RoleNamed(start.User)
	host, _, _ := net.SplitHostPort(from.String())
	if role != nil && role.Verifier == "" && loopback(host) && role.Login {
		conn.AuthenticationOk()
		return nil
	}
	if role == nil && !s.hasPassword() && loopback(host) {
		return pgerr.New(pgerr.InvalidAuthorization, "role %q does not exist", start.User).WithHint("The first user is called %q.", s.opt.User)
	}
	var v wire.Verifier
	if role != nil && role.Login {
		v = wire.Verifier(role.Verifier)
	}
	return conn.AuthenticateSCRAM(start.User, v, s.nonce)
}

// enter gives a session its number, within the limit of connections.
func (s *Server) enter(ss *Session) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.sessions) >= s.opt.MaxConnections {
		return pgerr.New(pgerr.TooManyConnections, "sorry, too many clients already").WithHint("Raise --max-connections, now %d.", s.opt.MaxConnections)
	}
	var b [4]byte
	if _, err := rand.Read(b[:]); err != nil {
		return err
	}
	s.nextPID++
	ss.key = wire.CancelKey{PID: s.nextPID, Secret: binary.BigEndian.Uint32(b[:])}
	s.sessions[s.nextPID] = ss
	return nil
}

func (s *Server) forget(ss *Session) {
	ss.end()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, ss.key.PID)
}

// cancel ends what a session does at the moment.
func (s *Server) cancel(k wire.CancelKey) {
	s.mu.Lock()
	ss := s.sessions[k.PID]
	s.mu.Unlock()
	if ss != nil && ss.key.Secret == k.Secret {
		ss.interrupt(errCanceled())
	}
}

func errCanceled() *pgerr.Error {
	return pgerr.New(pgerr.QueryCanceled, "canceling statement due to user request")
}
