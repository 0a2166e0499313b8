package server

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/storage/disk"
	"github.com/millracedb/millrace/storage/log"
	"github.com/millracedb/millrace/wire"
)

// Options configures a Server.
type Options struct {
	Data           string // the folder of the database
	Listen         string
	Memory         int64 // bytes that relations' readers, states and queries may use; 0: no limit
	Sync           bool  // commits wait until the disk has them
	MaxConnections int   // 0: 100
	User           string
	// Password is set for User when no user has one yet.
	Password string
	Version  string
	Logger   *slog.Logger
	// Tuning is how the engine cuts its work; tests vary it.
	Tuning exec.Tuning
}

// Database is the name of the one database.
const Database = "millrace"

// Server is a database that is served.
type Server struct {
	opt      Options
	engine   *exec.Engine
	cats     *catalogs
	listener net.Listener
	started  time.Time
	done     chan error
	closing  chan struct{}
	nonce    []byte // for users that do not exist

	mu        sync.Mutex
	sessions  map[uint32]*Session
	arriving  map[net.Conn]struct{} // connections that have no session yet
	nextPID   uint32
	wg        sync.WaitGroup
	gates     gates
	copyRooms atomic.Int64 // bytes of memory outside the heap in which rows of COPYs wait
	jobs      jobs
	accepted  atomic.Uint64
	closed    sync.Once
}

// Start opens the database in the folder and begins to serve it. It returns when clients
// can connect.
func Start(o Options) (*Server, error) {
	fs, err := disk.OS(o.Data)
	if err != nil {
		return nil, err
	}
	return StartOn(fs, o)
}

// StartOn is Start on a file system of the caller's.
func StartOn(fs disk.FS, o Options) (*Server, error) {
	if o.User == "" {
		o.User = Database
	}
	if o.MaxConnections == 0 {
		o.MaxConnections = 100
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Server{opt: o, cats: newCatalogs(o.User), started: time.Now(), done: make(chan error, 1), closing: make(chan struct{}),
		sessions: map[uint32]*Session{}, arriving: map[net.Conn]struct{}{}, nonce: make([]byte, 32)}
	if _, err := rand.Read(s.nonce); err != nil {
		return nil, err
	}
	var err error
	s.engine, err = exec.Open(exec.Options{FS: fs, Memory: o.Memory, Catalog: s.cats, Plans: s.cats, Logger: o.Logger, Log: log.Options{SyncOff: !o.Sync}, Tuning: o.Tuning})
	if err != nil {
		return nil, err
	}
	if err := s.begin(); err != nil {
		return nil, errors.Join(err, s.engine.Close())
	}
	return s, nil
}

// begin sets the first password, checks that strangers cannot come in without one, and
// listens.
func (s *Server) begin() error {
	if s.opt.Password != "" && !s.hasPassword() {
		if err := s.setPassword(s.opt.Password); err != nil {
			return err
		}
	}
	host, _, err := net.SplitHostPort(s.opt.Listen)
	if err != nil {
		return pgerr.New(pgerr.ConfigFileError, "the listen address %q is not of the form host:port", s.opt.Listen)
	}
	if !loopback(host) && !s.hasPassword() {
		return pgerr.New(pgerr.ConfigFileError, "listening on %s is refused while no user has a password", s.opt.Listen).
			WithHint("Set MILLRACE_PASSWORD to give user %q its first password, or listen on 127.0.0.1.", s.opt.User)
	}
	if s.listener, err = net.Listen("tcp", s.opt.Listen); err != nil {
		return err
	}
	s.wg.Go(s.accept)
	s.wg.Go(s.watch)
	return nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func (s *Server) hasPassword() bool {
	for r := range s.cats.newest.Load().Roles() {
		if r.Verifier != "" {
			return true
		}
	}
	return false
}

func (s *Server) setPassword(password string) error {
	c := s.cats.newest.Load()
	old := c.RoleNamed(s.opt.User)
	if old == nil {
		return pgerr.New(pgerr.UndefinedObject, "role %q does not exist", s.opt.User)
	}
	r := *old
	r.Verifier = string(wire.MakeVerifier(password))
	r.Version++
	d := &catalog.Diff{Changes: []catalog.Change{{Role: &r}}, NextOID: c.NextOID()}
	_, err := s.engine.Commit(context.Background(), &exec.Txn{DDL: d.Encode(nil)})
	return err
}

// Addr is the address that clients connect to.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Done gets the error with which the server stopped by itself.
func (s *Server) Done() <-chan error { return s.done }

// watch ends the server when the engine has stopped taking commits.
func (s *Server) watch() {
	t := time.NewTicker(200 * time.Millisecond)
	defer t.Stop()
	for {
		select {
		case <-s.closing:
			return
		case <-t.C:
			if err := s.engine.Fatal(); err != nil {
				s.done <- err
				return
			}
		}
	}
}

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

// Close stops accepting, ends the sessions, and closes the database with a checkpoint.
// What was acknowledged is safe whether or not ctx ends first. Only the first call does
// anything.
func (s *Server) Close(ctx context.Context) (err error) {
	s.closed.Do(func() { err = s.close(ctx) })
	return err
}

func (s *Server) close(ctx context.Context) error {
	close(s.closing)
	err := s.listener.Close()
	s.mu.Lock()
	for c := range s.arriving {
		_ = c.Close()
	}
	s.arriving = nil
	for _, ss := range s.sessions {
		ss.terminate()
	}
	s.mu.Unlock()
	ended := make(chan struct{})
	go func() { s.wg.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-ctx.Done():
		s.mu.Lock()
		for _, ss := range s.sessions {
			_ = ss.conn.Close()
		}
		s.mu.Unlock()
	}
	return errors.Join(err, s.engine.Close())
}

// Metrics are the server's figures since its start.
type Metrics struct {
	Ticks, Steps, Commits, Rows, Checkpoints uint64
	TickSeconds                              float64
	Connections                              uint64
	Sessions                                 int
	LogBytes, PoolUsed, PoolBudget           int64
	Relations                                int
}

// Metrics reads the figures.
func (s *Server) Metrics() Metrics {
	st := s.engine.Stats()
	s.mu.Lock()
	n := len(s.sessions)
	s.mu.Unlock()
	relations := 0
	for range s.cats.newest.Load().Relations() {
		relations++
	}
	return Metrics{Ticks: st.Ticks.Load(), Steps: st.Steps.Load(), Commits: st.Commits.Load(), Rows: st.Rows.Load(), Checkpoints: st.Checkpoints.Load(),
		TickSeconds: time.Duration(st.TickNanos.Load()).Seconds(), Connections: s.accepted.Load(), Sessions: n,
		LogBytes: s.engine.LogSize(), PoolUsed: s.engine.Pool().Used(), PoolBudget: s.engine.Pool().Budget(), Relations: relations}
}
