package server

import (
	"sync"
	"time"

	"github.com/millracedb/millrace/base/pgerr"
)

// hangups looks now and then, while a statement is watched, whether the session's client is still
// there. Its timer is made once: most statements end before it has gone off.
type hangups struct {
	mu    sync.Mutex
	timer *time.Timer   // nil: nothing was watched yet
	every time.Duration // 0: nothing is watched
}

// checkInterval is how often a query looks for its client; 0: never.
func (s *Session) checkInterval() time.Duration {
	v, _ := s.Setting("client_connection_check_interval")
	every, _ := parseDuration(v) // it was read when it was set
	return every
}

// watchHangup ends the statement that is being carried out when the client has gone: one that only
// reads, since what was written is to be carried out whether or not somebody waits for the answer.
// It looks so often; 0: never. The func ends the watch.
func (s *Session) watchHangup(every time.Duration) (unwatch func()) {
	if every <= 0 {
		return func() {}
	}
	h := &s.hangups
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.every = every; h.timer == nil {
		h.timer = time.AfterFunc(every, func() { h.look(s) })
	} else {
		h.timer.Reset(every)
	}
	return h.end
}

// look ends what is watched if the client has gone, and else looks again later.
func (h *hangups) look(s *Session) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.every == 0:
	case !s.conn.Alive():
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
