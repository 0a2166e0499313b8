package server

import (
	"strings"

	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/wire"
)

// The session is the Host of the catalog's functions.

// CurrentCatalog is the version that statements see.
func (s *Session) CurrentCatalog() *catalog.Catalog {
	if s.txn != nil {
		return s.txn.catalog()
	}
	return s.srv.cats.newest.Load()
}

// CurrentUser is the session's user.
func (s *Session) CurrentUser() string { return s.user }

// CurrentDatabase is the one database.
func (s *Session) CurrentDatabase() string { return Database }

// SearchPath is the schemas of the path, "$user" resolved.
func (s *Session) SearchPath() []string {
	v, _ := s.Setting("search_path")
	var out []string
	for part := range strings.SplitSeq(v, ",") {
		p := strings.TrimSpace(part)
		if strings.HasPrefix(p, `"`) && strings.HasSuffix(p, `"`) && len(p) > 1 {
			p = strings.ReplaceAll(p[1:len(p)-1], `""`, `"`)
		}
		if p == "$user" {
			p = s.user
			if sc := s.CurrentCatalog().SchemaNamed(p); sc == nil || catalog.IsSystemSchema(sc.OID) {
				continue // the first user is called as a schema of the server's own
			}
		}
		if p != "" {
			out = append(out, p)
		}
	}
	return s.withTemporary(out)
}

// Version is the answer of version().
func (s *Session) Version() string { return "PostgreSQL " + wire.ServerVersion(s.srv.opt.Version) }

// BackendPID is the number that cancels the session.
func (s *Session) BackendPID() int32 { return int32(s.key.PID) }

// StartTime is when the server started, in µs since 2000.
func (s *Session) StartTime() int64 { return datetime.FromTime(s.srv.started) }

// RelationSize is the bytes of a relation's rows.
func (s *Session) RelationSize(oid catalog.OID) int64 {
	if r := s.CurrentCatalog().Relation(oid); r != nil && r.Kind == catalog.Sequence {
		return 8192 // a page, as in PostgreSQL
	}
	st, err := s.srv.engine.Store(uint32(oid))
	if err != nil {
		return 0
	}
	n, _ := st.Bytes()
	return n
}

// Signal cancels what another session does, or ends it.
func (s *Session) Signal(pid int32, terminate bool) (bool, error) {
	s.srv.mu.Lock()
	o := s.srv.sessions[uint32(pid)]
	s.srv.mu.Unlock()
	if o == nil {
		return false, nil
	}
	if terminate {
		o.terminate()
	} else {
		o.interrupt(errCanceled())
	}
	return true, nil
}
