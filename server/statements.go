package server

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/planner"
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/parse"
)

// sessionStatements carry out, by its type, what needs no plan: what changes or shows the
// session, and its transactions.
var sessionStatements = map[reflect.Type]func(context.Context, *Session, ast.Stmt, *output) (tag string, err error){}

// statement registers how a session carries out a kind of statement. Rows go to out, and
// then the caller tells the client the tag; without a tag f has said everything.
func statement[S ast.Stmt](f func(context.Context, *Session, S, *output) (tag string, err error)) bool {
	t := reflect.TypeFor[S]()
	if sessionStatements[t] != nil {
		panic(fmt.Sprintf("server: %v is carried out twice", t))
	}
	sessionStatements[t] = func(ctx context.Context, s *Session, x ast.Stmt, out *output) (string, error) {
		return f(ctx, s, x.(S), out)
	}
	return true
}

// command registers a kind of statement that has no rows and says everything itself.
func command[S ast.Stmt](f func(*Session, S) error) bool {
	return statement(func(_ context.Context, s *Session, x S, _ *output) (string, error) { return "", f(s, x) })
}

// control carries out the statements that are the session's own; done is false for those
// that are planned. Rows go to out, and then the caller tells the client the tag; without
// a tag everything is said.
func (s *Session) control(ctx context.Context, t ast.Stmt, out *output) (tag string, done bool, err error) {
	if t == nil {
		s.conn.EmptyQueryResponse()
		return "", true, nil
	}
	if f := sessionStatements[reflect.TypeOf(t)]; f != nil {
		tag, err = f(ctx, s, t, out)
		return tag, true, err
	}
	if !planner.Plans(t) {
		return "", true, pgerr.Unsupported("%s", firstWord(t.String()))
	}
	return "", false, nil
}

var _ = command(func(_ *Session, x *ast.Unsupported) error {
	e := pgerr.Unsupported("%s", x.Feature)
	if x.Hint != "" {
		e = e.WithHint("%s", x.Hint)
	}
	return e
})

func firstWord(text string) string {
	w, _, _ := strings.Cut(text, " ")
	return strings.ToUpper(w)
}

var _ = command((*Session).set)

func (s *Session) set(x *ast.Set) error {
	if x.Default {
		if err := s.resetSetting(x.Name); err != nil {
			return err
		}
		s.conn.CommandComplete("SET")
		return nil
	}
	parts := make([]string, len(x.Values))
	for i, v := range x.Values {
		parts[i] = v.Text
		if x.Name == "search_path" {
			parts[i] = quoteIfNeeded(v.Text)
		}
	}
	if x.Scope == ast.ScopeLocal && s.txn == nil {
		w := pgerr.New(pgerr.NoActiveSQLTransaction, "SET LOCAL can only be used in transaction blocks")
		w.Severity = "WARNING"
		s.notice(w)
		s.conn.CommandComplete("SET")
		return nil
	}
	if _, err := s.SetSetting(x.Name, strings.Join(parts, ", "), x.Scope == ast.ScopeLocal); err != nil {
		return err
	}
	s.conn.CommandComplete("SET")
	return nil
}

func quoteIfNeeded(name string) string {
	if strings.ContainsAny(name, "$ ,\"") || strings.ToLower(name) != name {
		return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
	}
	return name
}

var _ = command((*Session).setTransaction)

func (s *Session) setTransaction(x *ast.SetTransaction) error {
	if x.Session {
		if x.Modes.Isolation != "" {
			if _, err := s.SetSetting("default_transaction_isolation", x.Modes.Isolation, false); err != nil {
				return err
			}
		}
		if x.Modes.ReadOnly != nil {
			v := map[bool]string{true: "on", false: "off"}[*x.Modes.ReadOnly]
			if _, err := s.SetSetting("default_transaction_read_only", v, false); err != nil {
				return err
			}
		}
		s.conn.CommandComplete("SET")
		return nil
	}
	if s.txn == nil || !s.txn.block {
		w := pgerr.New(pgerr.NoActiveSQLTransaction, "SET TRANSACTION can only be used in transaction blocks")
		w.Severity = "WARNING"
		s.notice(w)
	} else if err := s.txn.modes(x.Modes); err != nil {
		return err
	}
	s.conn.CommandComplete("SET")
	return nil
}

var _ = command((*Session).reset)

func (s *Session) reset(x *ast.Reset) error {
	if !x.All {
		if err := s.resetSetting(x.Name); err != nil {
			return err
		}
		s.conn.CommandComplete("RESET")
		return nil
	}
	for key := range s.values {
		if err := s.resetSetting(key); err != nil {
			return err
		}
	}
	s.conn.CommandComplete("RESET")
	return nil
}

// showColumns are the columns of SHOW.
func (s *Session) showColumns(x *ast.Show) []col.Column {
	if x.All {
		return []col.Column{{Name: "name", Type: col.Text}, {Name: "setting", Type: col.Text}, {Name: "description", Type: col.Text}}
	}
	name := x.Name
	if d := settings[strings.ToLower(x.Name)]; d != nil {
		name = d.name
	}
	return []col.Column{{Name: name, Type: col.Text}}
}

var _ = statement(func(_ context.Context, s *Session, x *ast.Show, out *output) (string, error) {
	return "SHOW", s.show(x, out)
})

func (s *Session) show(x *ast.Show, out *output) error {
	columns := s.showColumns(x)
	var rows [][]string
	if x.All {
		for _, d := range sortedSettings() {
			v, _ := s.Setting(d.name)
			rows = append(rows, []string{d.name, v, d.doc})
		}
	} else {
		v, err := s.shown(x.Name)
		if err != nil {
			return err
		}
		rows = [][]string{{v}}
	}
	out.begin(columns)
	return out.put(textRows(len(columns), rows))
}

func (s *Session) shown(name string) (string, error) {
	v, ok := s.Setting(name)
	if !ok {
		return "", pgerr.New(pgerr.UndefinedObject, "unrecognized configuration parameter %q", name)
	}
	return v, nil
}

func sortedSettings() []*setting {
	out := make([]*setting, 0, len(settings))
	for _, d := range settings {
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b *setting) int { return cmp.Compare(strings.ToLower(a.name), strings.ToLower(b.name)) })
	return out
}

// What is acknowledged is in every view already.
var _ = command(func(s *Session, _ *ast.Flush) error {
	s.conn.CommandComplete("FLUSH")
	return nil
})

var _ = statement(func(ctx context.Context, s *Session, x *ast.Discard, _ *output) (string, error) {
	return "DISCARD " + x.What, s.discard(ctx, x)
})

func (s *Session) discard(ctx context.Context, x *ast.Discard) error {
	if x.What == "ALL" {
		if s.txn != nil && s.txn.block {
			return pgerr.New(pgerr.ActiveSQLTransaction, "DISCARD ALL cannot run inside a transaction block")
		}
		clear(s.prepared)
		clear(s.portals)
		for key := range s.values {
			if err := s.resetSetting(key); err != nil {
				return err
			}
		}
	}
	s.cache = planCache{}
	if x.What == "ALL" || x.What == "SEQUENCES" {
		s.sessionSequences.discard()
	}
	if x.What == "ALL" || x.What == "TEMP" {
		return s.dropTemporary(ctx)
	}
	return nil
}

// placed gives an error the place of what it is about, unless it has one.
func placed(err error, text string, pos int) error {
	e := pgerr.From(err)
	if e.Position != 0 || text == "" {
		return e
	}
	return e.At(text, pos)
}

// inner moves the position of an error in a part of the statement's text to the whole.
func (s *Session) inner(err error, part string) error {
	e := pgerr.From(err)
	at := strings.Index(s.current, part)
	if e.Position == 0 || at < 0 {
		return e
	}
	c := *e
	c.Position += pgerr.Position(s.current, at) - 1
	return &c
}

var _ = command((*Session).prepare)

func (s *Session) prepare(x *ast.Prepare) error {
	if s.prepared[x.Name] != nil {
		return pgerr.New(pgerr.DuplicatePreparedStatement, "prepared statement %q already exists", x.Name)
	}
	st, err := parse.One(x.Text)
	if err != nil {
		return err
	}
	p := &prepared{statement: st}
	for _, t := range x.Types {
		typ, err := planner.TypeOf(t)
		if err != nil {
			return placed(err, s.current, t.Pos)
		}
		typ.Mod = -1 // as in PostgreSQL, a parameter has no modifier
		p.types = append(p.types, typ)
	}
	if err := s.plan(p); err != nil {
		return s.inner(err, x.Text)
	}
	s.prepared[x.Name] = p
	s.conn.CommandComplete("PREPARE")
	return nil
}

var _ = statement(executePrepared)

// executePrepared is EXECUTE name (args).
func executePrepared(ctx context.Context, s *Session, x *ast.Execute, out *output) (string, error) {
	p := s.prepared[x.Name]
	if p == nil {
		return "", errNotPrepared(x.Name)
	}
	if tag, done, err := s.control(ctx, p.statement.Tree, out); done {
		return tag, err
	}
	if err := s.plan(p); err != nil {
		return "", err
	}
	params, err := s.arguments(x, p.plan.Params)
	if err != nil {
		return "", err
	}
	return s.execute(ctx, p, params, out)
}

var _ = statement(func(ctx context.Context, s *Session, x *ast.CreateTableExecute, out *output) (string, error) {
	from := s.prepared[x.Execute.Name]
	if from == nil {
		return "", errNotPrepared(x.Execute.Name)
	}
	q, ok := from.statement.Tree.(*ast.Query)
	if !ok {
		return "", pgerr.New(pgerr.WrongObjectType, "prepared statement is not a SELECT")
	}
	if err := s.plan(from); err != nil {
		return "", err
	}
	params, err := s.arguments(x.Execute, from.plan.Params)
	if err != nil {
		return "", err
	}
	table := *x.Table
	table.Query = q
	p := &prepared{statement: parse.Statement{Tree: &table, Text: from.statement.Text}, types: from.plan.Params}
	if err := s.plan(p); err != nil {
		return "", err
	}
	tag, err := s.execute(ctx, p, params, out)
	if p.plan.TableAs != nil && table.NoData && err == nil {
		tag = "SELECT 0"
	}
	return tag, err
})

func errNotPrepared(name string) error {
	return pgerr.New(pgerr.InvalidSQLStatementName, "prepared statement %q does not exist", name)
}

// arguments computes the values of EXECUTE.
func (s *Session) arguments(x *ast.Execute, types []col.Type) ([]*col.Vector, error) {
	if len(x.Args) != len(types) {
		return nil, pgerr.New(pgerr.SyntaxError, "wrong number of parameters for prepared statement %q", x.Name).
			WithDetail("Expected %d parameters but got %d.", len(types), len(x.Args))
	}
	c := s.context(nil)
	out := make([]*col.Vector, len(types))
	for i, a := range x.Args {
		e, err := planner.Value(s.environment(s.current), a, types[i])
		if err != nil {
			return nil, err
		}
		if out[i], err = oneValue(c, e, types[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func oneValue(c *fn.Ctx, e expr.Expr, t col.Type) (*col.Vector, error) {
	v := e.Eval(c, &col.Batch{N: 1}, nil)
	if m := c.Marks(); len(m) > 0 {
		return nil, m[0].Err
	}
	out := col.NewVector(t)
	out.GatherAny(v, []uint32{0}, 1)
	out.Own()
	return out, nil
}

var _ = command((*Session).deallocate)

func (s *Session) deallocate(x *ast.Deallocate) error {
	if x.All {
		clear(s.prepared)
		s.conn.CommandComplete("DEALLOCATE ALL")
		return nil
	}
	if s.prepared[x.Name] == nil {
		return errNotPrepared(x.Name)
	}
	delete(s.prepared, x.Name)
	s.conn.CommandComplete("DEALLOCATE")
	return nil
}
