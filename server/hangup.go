package server

import (
	"context"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/millracedb/millrace/base/pgerr"
)

// hangups looks now and then whether the client of a statement is still there.
type hangups struct {
	mu    sync.Mutex
	timer *time.Timer
	over  bool
}

// watched is ctx, ended also when the client has gone: for a statement that only reads, since
// what was written is to be carried out whether or not somebody waits for the answer. The func
// ends the watch.
func (s *Session) watched(ctx context.Context) (context.Context, func()) {
	v, _ := s.Setting("client_connection_check_interval")
	every, err := parseDuration(v)
	c, ok := s.conn.NetConn().(syscall.Conn)
	if err != nil || every <= 0 || !ok {
		return ctx, func() {}
	}
	ctx, stop := context.WithCancelCause(ctx)
	h := &hangups{}
	h.again(every, func() bool {
		if gone(c) {
			stop(pgerr.New(pgerr.ConnectionFailure, "connection to client lost"))
			return false
		}
		return true
	})
	return ctx, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.over = true
		h.timer.Stop()
		stop(nil)
	}
}

// again looks after a time, and again while what it saw is true.
func (h *hangups) again(every time.Duration, look func() bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.over {
		h.timer = time.AfterFunc(every, func() {
			if look() {
				h.again(every, look)
			}
		})
	}
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
