package server

import (
	"cmp"
	"context"
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

// sessionStatement carries out the statements that change or show the session itself.
func (s *Session) sessionStatement(ctx context.Context, t ast.Stmt, out *output) (tag string, done bool, err error) {
	switch x := t.(type) {
	case *ast.Set:
		err = s.set(x)
	case *ast.SetTransaction:
		err = s.setTransaction(x)
	case *ast.Reset:
		err = s.reset(x)
	case *ast.Show:
		tag, err = "SHOW", s.show(x, out)
	case *ast.Discard:
		err = s.discard(x)
	case *ast.Flush:
		s.conn.CommandComplete("FLUSH")
	case *ast.Prepare:
		err = s.prepare(x)
	case *ast.Execute:
		tag, err = s.executePrepared(ctx, x, out)
	case *ast.Deallocate:
		err = s.deallocate(x)
	case *ast.Subscribe:
		err = s.subscribe(ctx, x, nil, out)
	default:
		if !planner.Plans(t) {
			return "", true, pgerr.Unsupported("%s", firstWord(t.String()))
		}
		return "", false, nil
	}
	return tag, true, err
}

func firstWord(text string) string {
	w, _, _ := strings.Cut(text, " ")
	return strings.ToUpper(w)
}

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
		s.conn.Notice(w)
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
		s.conn.Notice(w)
	} else if err := s.txn.modes(x.Modes); err != nil {
		return err
	}
	s.conn.CommandComplete("SET")
	return nil
}

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

func (s *Session) discard(x *ast.Discard) error {
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
	s.conn.CommandComplete("DISCARD " + x.What)
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
		p.types = append(p.types, typ)
	}
	if err := s.plan(p); err != nil {
		return s.inner(err, x.Text)
	}
	s.prepared[x.Name] = p
	s.conn.CommandComplete("PREPARE")
	return nil
}

// executePrepared is EXECUTE name (args).
func (s *Session) executePrepared(ctx context.Context, x *ast.Execute, out *output) (string, error) {
	p := s.prepared[x.Name]
	if p == nil {
		return "", pgerr.New(pgerr.InvalidSQLStatementName, "prepared statement %q does not exist", x.Name)
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

func (s *Session) deallocate(x *ast.Deallocate) error {
	if x.All {
		clear(s.prepared)
		s.conn.CommandComplete("DEALLOCATE ALL")
		return nil
	}
	if s.prepared[x.Name] == nil {
		return pgerr.New(pgerr.InvalidSQLStatementName, "prepared statement %q does not exist", x.Name)
	}
	delete(s.prepared, x.Name)
	s.conn.CommandComplete("DEALLOCATE")
	return nil
}
