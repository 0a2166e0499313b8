package server

import (
	"cmp"
	"context"
	"net"
	"slices"
	"time"

	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/catalog"
)

// activity is what a session shows of itself to others. It is guarded by the session's
// lock.
type activity struct {
	application string
	state       string // as pg_stat_activity has it
	query       string // that runs, or ran last
	transaction int64  // when it began, µs since 2000; 0: there is none
	asked       time.Time
	changed     time.Time // the state
}

// note keeps what the session is doing. The caller holds the lock and is the session.
func (s *Session) note(state string, now time.Time) {
	s.seen.application, _ = s.Setting("application_name")
	if s.seen.state != state {
		s.seen.state, s.seen.changed = state, now
	}
	switch {
	case s.txn != nil:
		s.seen.transaction = s.txn.now
	case state == "active":
		s.seen.transaction = datetime.FromTime(now)
	default:
		s.seen.transaction = 0
	}
}

// waiting is the state of a session that waits for its client.
func (s *Session) waiting() string {
	switch s.status() {
	case 'T':
		return "idle in transaction"
	case 'E':
		return "idle in transaction (aborted)"
	}
	return "idle"
}

// openSessions lists the sessions with what they do, by their numbers.
func (s *Server) openSessions() (all []*Session, doing []activity) {
	s.mu.Lock()
	for _, ss := range s.sessions {
		all = append(all, ss)
	}
	s.mu.Unlock()
	slices.SortFunc(all, func(a, b *Session) int { return cmp.Compare(a.key.PID, b.key.PID) })
	for _, ss := range all {
		ss.mu.Lock()
		doing = append(doing, ss.seen)
		ss.mu.Unlock()
	}
	return all, doing
}

func transactionStart(a activity) string {
	if a.transaction == 0 {
		return null
	}
	return timeText(a.transaction)
}

func (s *Server) sessionRows(_ context.Context, _ *catalog.Request, add func(...string)) error {
	all, doing := s.openSessions()
	for i, ss := range all {
		a := doing[i]
		add(decimal(ss.key.PID), ss.user, a.application, ss.conn.NetConn().RemoteAddr().String(), instant(ss.began),
			transactionStart(a), instant(a.asked), orNull(a.state), a.query)
	}
	return nil
}

func (s *Server) activityRows(_ context.Context, q *catalog.Request, add func(...string)) error {
	all, doing := s.openSessions()
	for i, ss := range all {
		a := doing[i]
		host, port, err := net.SplitHostPort(ss.conn.NetConn().RemoteAddr().String())
		if err != nil {
			host, port = null, null
		}
		user := null
		if r := q.Catalog.RoleNamed(ss.user); r != nil {
			user = decimal(r.OID)
		}
		wait, event := null, null
		if a.state != "active" {
			wait, event = "Client", "ClientRead"
		}
		add(decimal(catalog.DatabaseOID), q.Database, decimal(ss.key.PID), null, user, ss.user, a.application, host, null,
			port, instant(ss.began), transactionStart(a), instant(a.asked), instant(a.changed), wait,
			event, orNull(a.state), null, null, null, a.query, "client backend")
	}
	return nil
}
