package server

import (
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
)

var (
	_ = command((*Session).beginBlock)
	_ = command(func(s *Session, x *ast.Commit) error { return s.commitBlock(x.Chain) })
	_ = command(func(s *Session, x *ast.Rollback) error { return s.rollbackBlock(x.Chain) })
)

func (s *Session) beginBlock(b *ast.Begin) error {
	tag := "BEGIN"
	if b.Start {
		tag = "START TRANSACTION"
	}
	if s.txn != nil && s.txn.block {
		w := pgerr.New(pgerr.ActiveSQLTransaction, "there is already a transaction in progress")
		w.Severity = "WARNING"
		s.notice(w)
		s.conn.CommandComplete(tag)
		return nil
	}
	t := s.txn
	if t == nil {
		t = s.newTransaction(true)
	}
	if err := t.modes(b.Modes); err != nil {
		return err
	}
	t.block = true
	s.txn, s.env = t, nil
	s.conn.CommandComplete(tag)
	return nil
}

// modes changes how the transaction behaves; outside of one nothing is to be changed.
func (t *transaction) modes(m ast.TxnModes) error {
	if t == nil {
		return nil
	}
	switch m.Isolation {
	case "":
	case "SERIALIZABLE":
		return errSerializable()
	default:
		if t.used && t.repeat != (m.Isolation == "REPEATABLE READ") {
			return pgerr.New(pgerr.ActiveSQLTransaction, "SET TRANSACTION ISOLATION LEVEL must be called before any query")
		}
		t.repeat = m.Isolation == "REPEATABLE READ"
	}
	if m.ReadOnly != nil {
		t.readOnly = *m.ReadOnly
	}
	return nil
}

func (s *Session) commitBlock(chain bool) error {
	if s.txn == nil || !s.txn.block {
		if chain {
			return pgerr.New(pgerr.NoActiveSQLTransaction, "COMMIT AND CHAIN can only be used in transaction blocks")
		}
		s.warnNoTransaction()
		err := s.endImplicit(true)
		if err == nil {
			s.conn.CommandComplete("COMMIT")
		}
		return err
	}
	t, failed := s.txn, s.txn.failed
	if err := s.finish(!failed); err != nil {
		return err
	}
	if chain {
		s.chained(t)
	}
	if failed {
		s.conn.CommandComplete("ROLLBACK")
		return nil
	}
	s.conn.CommandComplete("COMMIT")
	return nil
}

func (s *Session) rollbackBlock(chain bool) error {
	t := s.txn
	if t == nil || !t.block {
		if chain {
			return pgerr.New(pgerr.NoActiveSQLTransaction, "ROLLBACK AND CHAIN can only be used in transaction blocks")
		}
		s.warnNoTransaction()
	}
	if t != nil {
		if err := s.finish(false); err != nil {
			return err
		}
		if chain {
			s.chained(t)
		}
	}
	s.conn.CommandComplete("ROLLBACK")
	return nil
}

func (s *Session) chained(before *transaction) {
	s.txn = s.newTransaction(true)
	s.txn.repeat, s.txn.readOnly = before.repeat, before.readOnly
}

func (s *Session) warnNoTransaction() {
	w := pgerr.New(pgerr.NoActiveSQLTransaction, "there is no transaction in progress")
	w.Severity = "WARNING"
	s.notice(w)
}
