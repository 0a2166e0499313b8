package server

import (
	"context"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/planner"
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/parse"
	"github.com/millracedb/millrace/wire"
)

// prepared is a statement that was parsed, with its plan once it has one.
type prepared struct {
	statement parse.Statement
	types     []col.Type // of the parameters, as the client declared them
	plan      *planner.Plan
	env       *planner.Env // that it was planned under
	columns   []col.OID    // of its rows, as the client was told them
}

// portal is a prepared statement with parameters.
type portal struct {
	p       *prepared
	params  []*col.Vector
	formats []int16
	kept    *keptRows
	ended   bool // all of its rows have been sent
}

// plan plans a statement, or keeps the plan that it has where that still means the same.
func (s *Session) plan(p *prepared) error {
	t := p.statement.Tree
	if t == nil || !planner.Plans(t) {
		return nil
	}
	if p.plan != nil && s.samePlan(p, s.settled()) {
		return nil
	}
	if s.stop == nil { // Parse or Bind
		_, done := s.begin(p.statement.Text)
		defer done()
	}
	env := s.environment(p.statement.Text)
	var plan *planner.Plan
	var err error
	if ended := s.apart(p.statement.Text, func() { plan, err = planner.Statement(env, t, p.types) }); ended != nil {
		return ended
	}
	if err != nil {
		return causeIfEnded(s.running, err)
	}
	if p.columns != nil && !sameColumns(p.columns, plan.Columns) {
		return pgerr.New(pgerr.FeatureNotSupported, "cached plan must not change result type")
	}
	p.plan, p.env = plan, s.env
	return nil
}

func (s *Session) samePlan(p *prepared, env *planner.Env) bool {
	if p.plan.Change != nil {
		return false
	}
	if !p.plan.Fresh(env.Statistics) {
		return false
	}
	return p.env == s.env || p.env != nil && p.plan.Valid(env.Catalog) && p.env.Catalog == env.Catalog && slices.Equal(p.env.Path, env.Path)
}

func oids(columns []col.Column) []col.OID {
	out := make([]col.OID, len(columns))
	for i, c := range columns {
		out[i] = c.Type.OID
	}
	return out
}

func sameColumns(told []col.OID, columns []col.Column) bool {
	if len(told) != len(columns) {
		return false
	}
	for i := range told {
		if told[i] != columns[i].Type.OID {
			return false
		}
	}
	return true
}

// extended carries out a message of the extended protocol. An error lets the messages up
// to Sync be skipped.
func (s *Session) extended(m wire.Message) error {
	switch m := m.(type) {
	case *wire.Parse:
		return s.parse(m)
	case *wire.Bind:
		return s.bind(m)
	case *wire.Describe:
		return s.describe(m)
	case *wire.Execute:
		return s.executePortal(m)
	case *wire.Close:
		return s.close(m)
	case *wire.CopyData, *wire.CopyDone, *wire.CopyFail:
		return nil // left over from a COPY that failed
	}
	return pgerr.New(pgerr.ProtocolViolation, "unexpected message")
}

func (s *Session) parse(m *wire.Parse) error {
	name := string(m.Name)
	if name != "" && s.prepared[name] != nil {
		return pgerr.New(pgerr.DuplicatePreparedStatement, "prepared statement %q already exists", name)
	}
	if name == "" {
		delete(s.prepared, "")
	}
	if len(m.SQL) >= longText {
		_, done := s.begin(m.SQL)
		defer done()
	}
	all, err := s.parsed(m.SQL)
	if err != nil {
		return err
	}
	if len(all) > 1 {
		return pgerr.New(pgerr.SyntaxError, "cannot insert multiple commands into a prepared statement")
	}
	var statement parse.Statement
	if len(all) == 1 {
		statement = all[0]
	}
	var types []col.Type
	for _, oid := range m.Types {
		types = append(types, col.Type{OID: oid, Mod: -1})
		if oid == 0 || oid == col.OIDUnknown {
			types[len(types)-1] = col.Type{}
		} else if _, ok := types[len(types)-1].Info(); !ok {
			return pgerr.New(pgerr.UndefinedObject, "type with OID %d does not exist", oid)
		}
	}
	p := s.remembered(statement, types)
	if p.statement.Tree != nil {
		if err := s.allowed(p.statement.Tree); err != nil {
			return err
		}
	}
	if err := s.plan(p); err != nil {
		return err
	}
	s.cache.remember(p)
	s.prepared[name] = p
	s.conn.ParseComplete()
	return nil
}

func (s *Session) bind(m *wire.Bind) error {
	name, portalName := string(m.Statement), string(m.Portal)
	p := s.prepared[name]
	if p == nil {
		if name == "" {
			return pgerr.New(pgerr.InvalidSQLStatementName, "unnamed prepared statement does not exist")
		}
		return pgerr.New(pgerr.InvalidSQLStatementName, "prepared statement %q does not exist", name)
	}
	if portalName != "" && s.portals[portalName] != nil {
		return pgerr.New(pgerr.DuplicateCursor, "cursor %q already exists", portalName)
	}
	if p.statement.Tree != nil {
		if err := s.allowed(p.statement.Tree); err != nil {
			return err
		}
	}
	if err := s.plan(p); err != nil {
		return err
	}
	var types []col.Type
	columns := 0
	if p.plan != nil {
		types, columns = p.plan.Params, len(p.plan.Columns)
		if p.plan.Fault != nil { // PostgreSQL plans here
			return p.plan.Fault
		}
	}
	params, err := wire.DecodeParams(m, types, &s.times)
	if err != nil {
		return err
	}
	if err := wire.CheckResultFormats(m, columns); err != nil {
		return err
	}
	s.portals[portalName] = &portal{p: p, params: params, formats: append([]int16(nil), m.ResultFormats...)}
	s.conn.BindComplete()
	return nil
}

func (s *Session) describe(m *wire.Describe) error {
	if m.Kind == 'S' {
		p := s.prepared[string(m.Name)]
		if p == nil {
			return pgerr.New(pgerr.InvalidSQLStatementName, "prepared statement %q does not exist", m.Name)
		}
		var types []col.Type
		if p.plan != nil {
			types = p.plan.Params
		}
		s.conn.ParameterDescription(types)
		s.describeRows(p, nil)
		return nil
	}
	po := s.portals[string(m.Name)]
	if po == nil {
		return pgerr.New(pgerr.InvalidCursorName, "portal %q does not exist", m.Name)
	}
	s.describeRows(po.p, po.formats)
	return nil
}

func (s *Session) describeRows(p *prepared, formats []int16) {
	columns := s.columnsOf(p)
	if columns == nil {
		s.conn.NoData()
		return
	}
	p.columns = oids(columns)
	s.conn.RowDescription(wire.FieldsOf(columns, formats))
}

// columnsOf are the columns of a statement's rows; nil: it has none.
func (s *Session) columnsOf(p *prepared) []col.Column {
	if p.plan != nil {
		return p.plan.Columns
	}
	switch t := p.statement.Tree.(type) {
	case *ast.Show:
		return s.showColumns(t)
	case *ast.Execute:
		if q := s.prepared[t.Name]; q != nil && q.plan != nil {
			return q.plan.Columns
		}
	case *ast.Fetch:
		if c := s.cursors[t.Cursor]; c != nil && !t.Move {
			return c.columns
		}
	}
	return nil
}

// executePortal carries out a portal, or sends more of its rows.
func (s *Session) executePortal(m *wire.Execute) error {
	po := s.portals[string(m.Portal)]
	if po == nil {
		return pgerr.New(pgerr.InvalidCursorName, "portal %q does not exist", m.Portal)
	}
	if po.kept != nil {
		return s.more(po, int64(m.MaxRows))
	}
	t := po.p.statement.Tree
	switch {
	case t == nil:
		s.conn.EmptyQueryResponse()
		return nil
	case po.ended && po.p.plan != nil && po.p.plan.Query != nil:
		s.conn.CommandCompleteCount("SELECT", 0)
		return nil
	case po.ended:
		return pgerr.New(pgerr.ObjectNotInPrerequisiteState, "portal %q cannot be run", m.Portal)
	}
	if err := s.allowed(t); err != nil {
		return err
	}
	ctx, done := s.begin(po.p.statement.Text)
	defer done()
	return s.runPortal(ctx, po, int64(m.MaxRows))
}

func (s *Session) runPortal(ctx context.Context, po *portal, limit int64) error {
	t := po.p.statement.Tree
	out := &output{s: s, formats: po.formats}
	if _, endless := t.(*ast.Subscribe); limit > 0 && !endless && s.columnsOf(po.p) != nil {
		out.kept = &keptRows{}
	}
	tag, done, err := s.control(ctx, t, out)
	if !done {
		tag, err = s.executePlanned(ctx, po, out)
	}
	if err != nil || tag == "" {
		return err
	}
	if out.kept == nil {
		po.ended = true
		s.conn.CommandComplete(tag)
		return nil
	}
	out.kept.encoder, out.kept.tag = out.encoder, tag
	po.kept = out.kept
	return s.more(po, limit)
}

func (s *Session) executePlanned(ctx context.Context, po *portal, out *output) (string, error) {
	if s.txn == nil && !s.conn.NextIsSync() && po.p.plan != nil && po.p.plan.Copy == nil {
		s.txn = s.newTransaction(false) // more of the group may follow
	}
	if err := s.plan(po.p); err != nil {
		return "", err
	}
	return s.execute(ctx, po.p, po.params, out)
}

// more sends the next rows of a portal.
func (s *Session) more(po *portal, limit int64) error {
	sent, more, err := po.kept.send(s.conn, limit)
	if err != nil {
		return err
	}
	if more {
		s.conn.PortalSuspended()
		return nil
	}
	if po.p.plan != nil && po.p.plan.Query != nil {
		s.conn.CommandCompleteCount("SELECT", sent)
		return nil
	}
	s.conn.CommandComplete(po.kept.tag)
	return nil
}

func (s *Session) close(m *wire.Close) error {
	if m.Kind == 'S' {
		delete(s.prepared, string(m.Name))
	} else {
		delete(s.portals, string(m.Name))
	}
	s.conn.CloseComplete()
	return nil
}

// sync ends a group of extended messages and the transaction that it was, if it was one.
func (s *Session) sync() {
	if s.txn != nil && !s.txn.block {
		if err := s.endImplicit(true); err != nil {
			s.conn.Error(err)
		}
	}
	if s.txn == nil {
		clear(s.portals)
	}
	s.ready()
}
