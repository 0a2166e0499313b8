package server

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/storage/blob"
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
	// ModelFolders are the folders from which files of models are read; nil: they come over the wire
	// only. ModelBytes is the most bytes of such a file; 0: 64 MB.
	ModelFolders []string
	ModelBytes   int64
	Version      string
	Logger       *slog.Logger
	// Tuning is how the engine cuts its work; tests vary it.
	Tuning exec.Tuning
	// Clock is the wall clock of ticks and transactions, in µs since 2000-01-01; nil: the
	// machine's. Who moves it calls Passed.
	Clock func() int64
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
	holds     holds
	copyRooms atomic.Int64 // bytes of memory outside the heap in which rows of COPYs wait
	jobs      jobs
	copies    atomic.Uint64 // partitions that COPYs have opened
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
	if o.ModelBytes == 0 {
		o.ModelBytes = defaultModelBytes
	}
	blobs := blob.New(fs)
	s := &Server{opt: o, cats: newCatalogs(o.User, newModels(blobs)), started: time.Now(), done: make(chan error, 1), closing: make(chan struct{}),
		sessions: map[uint32]*Session{}, arriving: map[net.Conn]struct{}{}, nonce: make([]byte, 32)}
	if _, err := rand.Read(s.nonce); err != nil {
		return nil, err
	}
	var err error
	s.engine, err = exec.Open(exec.Options{FS: fs, Blobs: blobs, Memory: o.Memory, Catalog: s.cats, Plans: s.cats, Logger: o.Logger, Log: log.Options{SyncOff: !o.Sync}, Tuning: o.Tuning, Clock: o.Clock})
	if err != nil {
		return nil, err
	}
	if err := s.begin(); err != nil {
		return nil, errors.Join(err, s.engine.Close())
	}
	return s, nil
}

// Passed makes the tick that is due since Options.Clock was moved, and returns when it is
// visible.
func (s *Server) Passed(ctx context.Context) error {
	for range 2 { // the first is taken before the tick that it brings, the second after it
		if err := s.engine.Inspect(ctx, func() {}); err != nil {
			return err
		}
	}
	return nil
}

// now is the wall clock.
func (s *Server) now() int64 {
	if s.opt.Clock != nil {
		return s.opt.Clock()
	}
	return datetime.FromTime(time.Now())
}

// begin forgets what sessions left behind, sets the first password, checks that strangers cannot come in without one, and
// listens.
func (s *Server) begin() error {
	if err := s.forgetTemporary(); err != nil {
		return err
	}
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
	TempFiles, TempBytes                     uint64 // of queries
	Sessions                                 int
	LogBytes, PoolUsed, PoolBudget           int64
	Relations                                int
}

// Metrics reads the figures.
func (s *Server) Metrics() Metrics {
	st, temp := s.engine.Stats(), s.engine.Spilled()
	s.mu.Lock()
	n := len(s.sessions)
	s.mu.Unlock()
	relations := 0
	for range s.cats.newest.Load().Relations() {
		relations++
	}
	return Metrics{Ticks: st.Ticks.Load(), Steps: st.Steps.Load(), Commits: st.Commits.Load(), Rows: st.Rows.Load(), Checkpoints: st.Checkpoints.Load(),
		TickSeconds: time.Duration(st.TickNanos.Load()).Seconds(), Connections: s.accepted.Load(), Sessions: n,
		TempFiles: temp.Files.Load(), TempBytes: temp.Bytes.Load(),
		LogBytes: s.engine.LogSize(), PoolUsed: s.engine.Pool().Used(), PoolBudget: s.engine.Pool().Budget(), Relations: relations}
}
