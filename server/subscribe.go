package server

import (
	"context"
	"time"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/planner"
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/wire"
)

var _ = statement(func(ctx context.Context, s *Session, x *ast.Subscribe, out *output) (string, error) {
	return "", s.subscribe(ctx, x, nil, out)
})

// subscribe carries out SUBSCRIBE until the client cancels it or goes, and puts the rows
// out; copy, if not nil, is the form of COPY (SUBSCRIBE …) TO STDOUT.
func (s *Session) subscribe(ctx context.Context, x *ast.Subscribe, copy *wire.CopyOptions, out *output) error {
	if err := s.mayFollow("SUBSCRIBE"); err != nil {
		return err
	}
	p, err := planner.Statement(s.environment(s.current), x, nil)
	if err != nil {
		return err
	}
	c, err := s.changes(ctx, p.Subscribe)
	if err != nil {
		return err
	}
	defer c.close()
	put := out.put
	if copy == nil {
		out.begin(p.Columns)
	} else {
		o := *copy
		o.Columns = p.Columns
		e, err := wire.NewCopyEncoder(o)
		if err != nil {
			return err
		}
		s.conn.CopyOutResponse(o.Format, len(p.Columns))
		put = func(b *col.Batch) error { return s.conn.CopyRows(e, b) }
	}
	if err := s.follow(ctx, c, put); ctx.Err() == nil {
		return err
	}
	return causeOf(ctx)
}

// mayFollow refuses to show changes to a transaction that has made some itself.
func (s *Session) mayFollow(what string) error {
	if s.txn != nil && s.txn.block && len(s.txn.order) > 0 {
		return pgerr.New(pgerr.ActiveSQLTransaction, "%s cannot run in a transaction that has written", what)
	}
	return nil
}

// follow sends the rows and then the changes of each tick, and notices when the client has gone.
func (s *Session) follow(ctx context.Context, c *changes, put func(*col.Batch) error) error {
	for !c.begun() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := c.begin(put); err != nil {
			return err
		}
	}
	defer s.watchHangup(time.Second)()
	for {
		if err := s.conn.Flush(); err != nil {
			return err
		}
		if err := c.next(ctx, 1<<63, put); err != nil {
			return err
		}
	}
}
