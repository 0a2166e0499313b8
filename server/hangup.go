package server

import (
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/millracedb/millrace/base/pgerr"
)

// hangups looks now and then, while a statement is watched, whether the session's client is still
// there. Its timer is made once: most statements end before it has gone off.
type hangups struct {
	mu    sync.Mutex
	timer *time.Timer   // nil: nothing was watched yet
	every time.Duration // 0: nothing is watched
}

// watchHangup ends the statement that is being carried out when the client has gone: one that only
// reads, since what was written is to be carried out whether or not somebody waits for the answer.
// The func ends the watch.
func (s *Session) watchHangup() (unwatch func()) {
	v, _ := s.Setting("client_connection_check_interval")
	every, err := parseDuration(v)
	c, ok := s.conn.NetConn().(syscall.Conn)
	if err != nil || every <= 0 || !ok {
		return func() {}
	}
	h := &s.hangups
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.every = every; h.timer == nil {
		h.timer = time.AfterFunc(every, func() { h.look(s, c) })
	} else {
		h.timer.Reset(every)
	}
	return h.end
}

// look ends what is watched if the client has gone, and else looks again later.
func (h *hangups) look(s *Session, c syscall.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.every == 0:
	case gone(c):
		s.interrupt(pgerr.New(pgerr.ConnectionFailure, "connection to client lost"))
	default:
		h.timer.Reset(h.every)
	}
}

func (h *hangups) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.every = 0
	h.timer.Stop()
}

// gone reports whether the other end has closed a connection.
func gone(c syscall.Conn) (hung bool) {
	raw, err := c.SyscallConn()
	if err != nil {
		return false
	}
	_ = raw.Control(func(fd uintptr) {
		p := []unix.PollFd{{Fd: int32(fd), Events: hangup}}
		n, err := unix.Poll(p, 0)
		hung = err == nil && n > 0 && p[0].Revents&(hangup|unix.POLLHUP|unix.POLLERR) != 0
	})
	return hung
}
