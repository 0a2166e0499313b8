package server

import (
	"context"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
)

// again runs a statement that reads rows and then commits, until nobody was faster.
func (s *Session) again(ctx context.Context, rel catalog.OID, try func() (*exec.Txn, error)) error {
	g := s.srv.gates.of(rel)
	for losses := 0; ; losses++ {
		alone := losses >= 2
		if err := g.enter(ctx, alone); err != nil {
			return err
		}
		err := func() error {
			defer g.leave(alone)
			x, err := try()
			if err == nil && x != nil {
				err = s.commits(ctx, x, nil)
			}
			return err
		}()
		if pgerr.CodeOf(err) != pgerr.SerializationFailure || ctx.Err() != nil {
			return inSchema(s.CurrentCatalog(), rel, err)
		}
	}
}

// alone carries out a statement outside of a transaction in one of its own, which is made anew
// when another session was faster.
func (s *Session) alone(ctx context.Context, rel catalog.OID, run func(*transaction) error) error {
	return s.again(ctx, rel, func() (*exec.Txn, error) {
		t := s.newTransaction(false)
		s.txn, s.env = t, nil
		defer func() {
			s.txn, s.env = nil, nil
			t.close()
		}()
		t.statement()
		if err := run(t); err != nil {
			return nil, err
		}
		if err := t.conclude(); err != nil {
			return nil, err
		}
		if err := t.atCommit(ctx); err != nil {
			return nil, err
		}
		if x := t.written(); len(x.Writes) > 0 {
			return x, nil
		}
		return nil, nil
	})
}
