package server

import (
	"context"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/parse"
)

// simple carries out a Query message: one transaction, unless the text says otherwise.
func (s *Session) simple(text string) {
	defer s.ready()
	delete(s.portals, "")
	delete(s.prepared, "")
	ctx, done := s.begin(text)
	defer done()
	all, err := s.parsed(text)
	if err != nil {
		s.failed(err)
		s.endImplicit(false)
		return
	}
	if len(all) == 0 {
		s.conn.EmptyQueryResponse()
		return
	}
	for i, st := range all {
		if s.txn == nil && (i < len(all)-1 || i > 0) && !controls(st.Tree) {
			s.txn = s.newTransaction(false)
		}
		if err := s.statement(ctx, text, st); err != nil {
			s.failed(shift(err, text, st))
			s.endImplicit(false)
			return
		}
	}
	if err := s.endImplicit(true); err != nil {
		s.failed(err)
	}
}

// shift moves the position of an error from a statement into the whole text.
func shift(err error, text string, st parse.Statement) error {
	e := pgerr.From(err)
	if e.Position == 0 || st.Offset == 0 {
		return e
	}
	c := *e
	c.Position += pgerr.Position(text, st.Offset) - 1
	return &c
}

// controls reports whether a statement begins or ends transactions itself.
func controls(t ast.Stmt) bool {
	switch t.(type) {
	case *ast.Begin, *ast.Commit, *ast.Rollback:
		return true
	}
	return false
}

// statement carries out one statement of a simple query.
func (s *Session) statement(ctx context.Context, text string, st parse.Statement) error {
	if err := s.allowed(st.Tree); err != nil {
		return err
	}
	s.current = st.Text
	p := s.remembered(st, nil)
	out := &output{s: s, describe: true}
	if tag, done, err := s.control(ctx, st.Tree, out); done {
		if err == nil && tag != "" {
			s.conn.CommandComplete(tag)
		}
		return err
	}
	if err := s.plan(p); err != nil {
		return err
	}
	s.cache.remember(p)
	if p.plan != nil && len(p.plan.Params) > 0 {
		return noParameter(st)
	}
	tag, err := s.execute(ctx, p, nil, out)
	if err != nil {
		return err
	}
	s.conn.CommandComplete(tag)
	return nil
}

// noParameter is the error for a parameter where nobody gives values.
func noParameter(st parse.Statement) error {
	var first *ast.Param
	ast.Walk(st.Tree, func(n ast.Node) bool {
		if p, ok := n.(*ast.Param); ok && first == nil {
			first = p
		}
		return first == nil
	})
	if first == nil {
		return pgerr.New(pgerr.UndefinedParameter, "there is no parameter $1")
	}
	return pgerr.New(pgerr.UndefinedParameter, "there is no parameter $%d", first.Index).At(st.Text, first.Pos)
}

// allowed refuses statements in a failed transaction.
func (s *Session) allowed(t ast.Stmt) error {
	if s.txn == nil || !s.txn.failed {
		return nil
	}
	switch t.(type) {
	case *ast.Rollback, *ast.Commit, *ast.RollbackTo:
		return nil
	}
	return pgerr.New(pgerr.InFailedSQLTransaction, "current transaction is aborted, commands ignored until end of transaction block")
}
