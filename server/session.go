package server

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/planner"
	"github.com/millracedb/millrace/wire"
)

// Session is one client's connection.
type Session struct {
	srv  *Server
	conn *wire.Conn
	key  wire.CancelKey
	user string

	values   map[string]string // settings that differ from the defaults; replaced, never changed
	initial  map[string]string // as the connection began
	times    datetime.Settings
	env      *planner.Env // of the catalog and settings as they are; nil: to be made
	prepared map[string]*prepared
	portals  map[string]*portal
	hides    map[catalog.OID]func(*col.Batch, int) bool // of a statement: the rows that its scans which skip held ones leave out
	cursors  map[string]*cursor
	cache    planCache
	txn      *transaction
	returned [][]*col.Batch // by the statements in WITH of the one being carried out
	atHand   []*col.Batch   // its own rows, while subqueries run over them
	sessionSequences

	mu     sync.Mutex
	stop   context.CancelCauseFunc // of what is being carried out; nil: nothing is
	ending bool
	seen   activity

	hangups hangups

	began   time.Time
	limited bool                // the wait for the client has a deadline
	now     int64               // of the statement, µs since 2000
	running context.Context     // of the statement: it ends when that is to end; between statements it has no end
	measure func(exec.Measures) // told of the dataflow that runs next; nil: nobody asks
	current string              // the text of the statement, as positions count in it
}

func newSession(s *Server, conn *wire.Conn, user string) *Session {
	return &Session{srv: s, conn: conn, user: user, values: map[string]string{}, prepared: map[string]*prepared{}, portals: map[string]*portal{}, cursors: map[string]*cursor{}, began: time.Now(), running: context.Background(), sessionSequences: newSessionSequences()}
}

// greet applies the settings that the client asked for and tells it the server's.
func (s *Session) greet(start wire.Startup) error {
	s.values["session_authorization"] = s.user
	s.values["server_version"] = wire.ServerVersion(s.srv.opt.Version)
	for _, x := range start.Settings {
		if _, err := s.SetSetting(x.Name, x.Value, false); err != nil {
			return err
		}
	}
	s.initial = s.values
	var report []wire.Setting
	for key, d := range settings {
		if d.report {
			v, _ := s.Setting(key)
			report = append(report, wire.Setting{Name: d.name, Value: v})
		}
	}
	s.conn.Greet(report, s.key)
	return nil
}

// loop carries out what the client says, until it goes.
func (s *Session) loop() {
	defer func() {
		if r := recover(); r != nil {
			s.srv.opt.Logger.Error("a session failed", "panic", r, "stack", string(debug.Stack()))
			s.fatal(pgerr.New(pgerr.InternalError, "internal error: %v", r))
		}
	}()
	for {
		s.idle()
		m, err := s.conn.Receive()
		if err != nil {
			s.lost(err)
			return
		}
		if s.ended() {
			s.fatal(errShutdown())
			return
		}
		s.heard()
		if !s.handle(m) {
			return
		}
	}
}

// handle carries out one message; false ends the session.
func (s *Session) handle(m wire.Message) bool {
	switch m := m.(type) {
	case *wire.Query:
		s.simple(m.SQL)
	case *wire.Terminate:
		return false
	case *wire.Sync:
		s.sync()
	case *wire.Flush:
		_ = s.conn.Flush()
	case *wire.FunctionCall:
		s.failed(pgerr.Unsupported("the function call protocol"))
		s.ready()
	default:
		if err := s.extended(m); err != nil {
			s.failed(err)
			s.conn.SkipUntilSync()
		}
	}
	return s.conn.Err() == nil
}

// idle limits how long a transaction may wait for its client.
func (s *Session) idle() {
	var until time.Time
	if s.txn != nil && !s.conn.Buffered() {
		v, _ := s.Setting("idle_in_transaction_session_timeout")
		if d, err := parseDuration(v); err == nil && d > 0 {
			until = time.Now().Add(d)
		}
	}
	_ = s.conn.NetConn().SetReadDeadline(until)
	s.limited = !until.IsZero()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.conn.Buffered() {
		s.note(s.waiting(), time.Now())
	}
	if s.ending {
		_ = s.conn.NetConn().SetReadDeadline(time.Now())
	}
}

// heard takes the limit of idle back: a statement may wait longer for its client.
func (s *Session) heard() {
	if !s.limited {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ending {
		_ = s.conn.NetConn().SetReadDeadline(time.Time{})
	}
}

// lost says goodbye when nothing more can be read.
func (s *Session) lost(err error) {
	var e *pgerr.Error
	switch {
	case s.ended():
		s.fatal(errShutdown())
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.fatal(pgerr.New(pgerr.IdleInTransactionTimeout, "terminating connection due to idle-in-transaction timeout"))
	case errors.As(err, &e):
		s.fatal(e)
	case !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed):
		s.srv.opt.Logger.Debug("a connection was lost", "error", err)
	}
}

func errShutdown() *pgerr.Error {
	return pgerr.New(pgerr.AdminShutdown, "terminating connection due to administrator command")
}

func (s *Session) fatal(e *pgerr.Error) {
	f := *e
	f.Severity = "FATAL"
	s.conn.Error(&f)
	_ = s.conn.Flush()
}

// failed reports an error and fails the transaction, if there is one. A session that ends
// reports that alone, last.
func (s *Session) failed(err error) {
	if pgerr.CodeOf(err) != pgerr.AdminShutdown || !s.ended() {
		if e := pgerr.From(err); e.Stack != "" {
			s.srv.opt.Logger.Error("a statement met a defect", "error", e.Message, "stack", e.Stack)
		}
		if err := s.secure(context.Background()); err != nil { // the error may name a value
			s.srv.opt.Logger.Warn("values of sequences that an error may name are not durable", "error", err)
		}
		s.conn.Error(err)
	}
	if s.txn != nil {
		s.txn.failed = true
	}
}

// ready ends a group of answers.
func (s *Session) ready() {
	if !s.ended() {
		s.conn.ReadyForQuery(s.status())
	}
}

func (s *Session) status() byte {
	switch {
	case s.txn == nil || !s.txn.block:
		return 'I'
	case s.txn.failed:
		return 'E'
	}
	return 'T'
}

// end lets go of what the session holds.
func (s *Session) end() {
	for name, c := range s.cursors {
		s.forgetCursor(name, c)
	}
	if s.txn != nil {
		s.txn.close()
		s.txn, s.env = nil, nil
	}
	if err := s.dropTemporary(context.Background()); err != nil && s.srv.engine.Fatal() == nil {
		s.srv.opt.Logger.Warn("temporary tables of a session stay until the next start", "error", err)
	}
}

// begin gives a statement its context: it ends with a cancel request, the statement
// timeout, or the server.
func (s *Session) begin(text string) (context.Context, func()) {
	ctx, stop := context.WithCancelCause(context.Background())
	s.mu.Lock()
	now := time.Now()
	s.stop, s.now = stop, s.srv.now()
	s.running = ctx
	s.note("active", now)
	s.seen.query, s.seen.asked = text, now
	if s.ending {
		stop(errShutdown())
	}
	s.mu.Unlock()
	s.conn.Until(ctx.Done())
	cancel := func() {}
	v, _ := s.Setting("statement_timeout")
	if d, err := parseDuration(v); err == nil && d > 0 {
		t := time.AfterFunc(d, func() { stop(pgerr.New(pgerr.QueryCanceled, "canceling statement due to statement timeout")) })
		cancel = func() { t.Stop() }
	}
	return ctx, func() {
		cancel()
		s.conn.Until(nil)
		stop(nil)
		s.mu.Lock()
		s.stop, s.running = nil, context.Background()
		s.mu.Unlock()
	}
}

// uninterrupted lets the rows of what has been committed go to the client: from here on nothing but the session's end
// ends the statement. What it returns is to be called once they have gone.
func (s *Session) uninterrupted() (again func()) {
	ctx, end := context.WithCancelCause(context.Background())
	s.mu.Lock()
	defer s.mu.Unlock()
	stop, running := s.stop, s.running
	if s.ending {
		end(errShutdown())
	}
	s.running, s.stop = ctx, func(cause error) {
		stop(cause)
		if pgerr.CodeOf(cause) != pgerr.QueryCanceled {
			end(cause)
		}
	}
	s.conn.Until(ctx.Done())
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.running, s.stop = running, stop
		if s.conn.Until(nil); running.Err() == nil {
			s.conn.Until(running.Done())
		}
		end(nil)
	}
}

// interrupt ends what is being carried out, if anything is.
func (s *Session) interrupt(cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop != nil {
		s.stop(cause)
	}
}

// terminate ends the session as soon as it can.
func (s *Session) terminate() {
	s.mu.Lock()
	s.ending = true
	s.mu.Unlock()
	s.interrupt(errShutdown())
	_ = s.conn.NetConn().SetReadDeadline(time.Now())
}

func (s *Session) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ending
}

// settled is what planning depends on, but for the statement: shared by those that are
// planned until something of it changes.
func (s *Session) settled() *planner.Env {
	cat := s.CurrentCatalog()
	if s.env == nil || s.env.Catalog != cat {
		all := make(map[string]string, len(settings))
		for key, d := range settings {
			all[key] = d.value
		}
		for key, v := range s.values {
			all[key] = v
		}
		t := s.times
		s.env = &planner.Env{Catalog: cat, OIDs: s.srv.cats.oids, Path: s.SearchPath(), User: s.user, Database: Database, Temporary: s.temporarySchema(), Times: &t, Settings: all, Statistics: statistics{s.srv.engine}, Positions: s.position}
	}
	return s.env
}

// environment is what the planning of a statement depends on.
func (s *Session) environment(text string) *planner.Env {
	e, t := *s.settled(), s.times
	t.Now = s.moment()
	e.Text, e.Times, e.Done = text, &t, s.running.Done()
	return &e
}

// moment is what now() says: the start of the transaction.
func (s *Session) moment() int64 {
	switch {
	case s.txn != nil:
		return s.txn.now
	case s.now == 0:
		s.now = s.srv.now()
	}
	return s.now
}

// context makes the evaluation context of a statement.
func (s *Session) context(params []*col.Vector) *fn.Ctx {
	now := s.moment()
	t := s.times
	t.Now = now
	c := fn.NewCtx(&t, now)
	c.Params, c.Host, c.Done, c.Models = params, s, s.running.Done(), sessionModels{s}
	return c
}
