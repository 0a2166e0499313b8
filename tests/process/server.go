package process

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Options say which binary to run and how.
type Options struct {
	Binary string   // "": what Build makes
	Data   string   // the folder of the database
	Listen string   // "": a free port of 127.0.0.1
	Args   []string // more flags of `millrace serve`
	Env    []string // more variables, "NAME=value"
}

// Server is a process that serves a database. Its methods may be called by any goroutine.
type Server struct {
	Address string // host:port of PostgreSQL's protocol
	HTTP    string // host:port of health and metrics
	PID     int
	Ready   time.Duration // from the start of the process until it said that it was ready

	cmd   *exec.Cmd
	ended chan struct{} // closed when the process is gone
	err   error         // of the wait; read after ended

	mu  sync.Mutex
	log strings.Builder
}

// Start runs the binary and returns when it is ready. A server that ends before that is an
// error which quotes what it said.
func Start(o Options) (*Server, error) {
	s, ready, err := launch(o)
	if err != nil {
		return nil, err
	}
	select {
	case <-ready:
		return s, nil
	case <-s.ended:
		return nil, fmt.Errorf("the server ended before it was ready (%v):\n%s", s.err, s.Log())
	}
}

// Interrupted runs the binary and kills it when it has written its first line, which is
// before it has read its database.
func Interrupted(o Options) error {
	s, _, err := launch(o)
	if err != nil {
		return err
	}
	return s.Kill()
}

// launch starts the process; its channel is closed when it is ready.
func launch(o Options) (*Server, <-chan struct{}, error) {
	if o.Binary == "" {
		var err error
		if o.Binary, err = Build(); err != nil {
			return nil, nil, err
		}
	}
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	args := append([]string{"serve", "--data", o.Data, "--listen", o.Listen, "--http", "127.0.0.1:0"}, o.Args...)
	c := exec.Command(o.Binary, args...)
	c.Env = append(foreign(os.Environ()), o.Env...)
	stderr, err := c.StderrPipe()
	if err != nil {
		return nil, nil, err
	}
	began := time.Now()
	if err := c.Start(); err != nil {
		return nil, nil, err
	}
	s := &Server{PID: c.Process.Pid, cmd: c, ended: make(chan struct{})}
	spoke, ready := make(chan struct{}), make(chan struct{})
	go s.follow(stderr, began, spoke, ready)
	select {
	case <-spoke:
	case <-s.ended:
	}
	return s, ready, nil
}

// foreign leaves out the variables that are settings of the server or of its tests.
func foreign(environ []string) []string {
	return slices.DeleteFunc(environ, func(v string) bool { return strings.HasPrefix(v, "MILLRACE_") })
}

// follow reads what the server says until it ends, then takes its exit status.
func (s *Server) follow(out io.Reader, began time.Time, spoke, ready chan<- struct{}) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for first := true; lines.Scan(); first = false {
		line := lines.Text()
		s.mu.Lock()
		s.log.WriteString(line + "\n")
		s.mu.Unlock()
		if first {
			close(spoke)
		}
		switch field(line, "msg") {
		case "http":
			s.HTTP = field(line, "address")
		case "ready":
			s.Ready, s.Address = time.Since(began), field(line, "address")
			close(ready)
		}
	}
	_, _ = io.Copy(io.Discard, out) // a line that is too long must not stop the server
	s.err = s.cmd.Wait()
	close(s.ended)
}

// field is a value of a line in the text form of slog; of quoted values only the words
// without a blank are found, which addresses are.
func field(line, key string) string {
	for f := range strings.FieldsSeq(line) {
		if v, ok := strings.CutPrefix(f, key+"="); ok {
			return strings.Trim(v, `"`)
		}
	}
	return ""
}

// URL is where clients connect, as the first user, with more parameters "name=value".
func (s *Server) URL(params ...string) string {
	u := url.URL{Scheme: "postgres", User: url.User("millrace"), Host: s.Address, Path: "/millrace", RawQuery: strings.Join(append(params, "sslmode=disable"), "&")}
	return u.String()
}

// Connect opens a connection.
func (s *Server) Connect(ctx context.Context) (*pgconn.PgConn, error) {
	return pgconn.Connect(ctx, s.URL())
}

// Log is what the server has said so far.
func (s *Server) Log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// Ended is closed when the process is gone.
func (s *Server) Ended() <-chan struct{} { return s.ended }

// Kill ends the process at once, as kill -9 does, and waits until it is gone.
func (s *Server) Kill() error {
	if err := s.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-s.ended
	return nil
}

// Stop asks the process to end, as SIGTERM does, and waits until it is gone. It says how
// long that took; an exit status that is not 0 is an error.
func (s *Server) Stop() (time.Duration, error) {
	began := time.Now()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return 0, err
	}
	<-s.ended
	if s.err != nil {
		return time.Since(began), fmt.Errorf("the server ended with %w:\n%s", s.err, s.Log())
	}
	return time.Since(began), nil
}
