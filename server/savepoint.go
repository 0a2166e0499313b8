package server

import (
	"strings"

	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
)

var (
	_ = command(func(s *Session, x *ast.Savepoint) error { return s.savepoint(x.Name) })
	_ = command(func(s *Session, x *ast.Release) error { return s.release(x.Name) })
	_ = command(func(s *Session, x *ast.RollbackTo) error { return s.rollbackTo(x.Name) })
)

// savepoint is what ROLLBACK TO goes back to: how far to undo, and the settings then.
type savepoint struct {
	name   string
	undo   int
	values map[string]string
	times  datetime.Settings
	stay   map[string]string
}

func (s *Session) savepoint(name string) error {
	if s.txn == nil || !s.txn.block {
		return pgerr.New(pgerr.NoActiveSQLTransaction, "SAVEPOINT can only be used in transaction blocks")
	}
	s.txn.points = append(s.txn.points, savepoint{strings.ToLower(name), len(s.txn.undo), s.values, s.times, s.txn.stay})
	s.conn.CommandComplete("SAVEPOINT")
	return nil
}

func (s *Session) findPoint(name, statement string) (int, error) {
	if s.txn == nil || !s.txn.block {
		return 0, pgerr.New(pgerr.NoActiveSQLTransaction, "%s can only be used in transaction blocks", statement)
	}
	for i := len(s.txn.points) - 1; i >= 0; i-- {
		if s.txn.points[i].name == strings.ToLower(name) {
			return i, nil
		}
	}
	return 0, pgerr.New(pgerr.InvalidSavepoint, "savepoint %q does not exist", name)
}

func (s *Session) release(name string) error {
	i, err := s.findPoint(name, "RELEASE SAVEPOINT")
	if err != nil {
		return err
	}
	s.txn.points = s.txn.points[:i]
	s.conn.CommandComplete("RELEASE")
	return nil
}

func (s *Session) rollbackTo(name string) error {
	i, err := s.findPoint(name, "ROLLBACK TO SAVEPOINT")
	if err != nil {
		return err
	}
	p := s.txn.points[i]
	for k := len(s.txn.undo) - 1; k >= p.undo; k-- {
		s.txn.undo[k]()
	}
	s.txn.undo, s.txn.points, s.txn.failed, s.env = s.txn.undo[:p.undo], s.txn.points[:i+1], false, nil
	s.txn.behind, s.txn.stay = nil, p.stay
	s.restore(p.values, p.times)
	s.conn.CommandComplete("ROLLBACK")
	return nil
}
