package planner

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/sql/ast"
)

var _ = statement(func(e *env, s *ast.CreateView) (*Plan, error) {
	if len(s.With) > 0 {
		return nil, e.at(s.With[0].Pos, pgerr.Unsupported("view option %q", s.With[0].Name))
	}
	if _, into := ast.WithoutInto(s.Query.Body); into != nil {
		return nil, pgerr.New(pgerr.FeatureNotSupported, "views must not contain SELECT INTO")
	}
	if w := s.Query.With; w != nil && slices.ContainsFunc(w.CTEs, func(c *ast.CTE) bool { return c.Change != nil }) {
		return nil, pgerr.New(pgerr.FeatureNotSupported, "views must not contain data-modifying statements in WITH")
	}
	e.temp = s.Temp
	old := e.replaced(s)
	if s.OrReplace && old != nil {
		return e.replaceView(s, old)
	}
	r, exists, err := e.newRelation(s.Name, catalog.View, s.IfNotExists)
	if err != nil || exists {
		return e.change().done("CREATE VIEW"), err
	}
	if err := e.describeView(r, s); err != nil {
		return nil, err
	}
	if e.readsTemporary() && !r.Temporary {
		e.notice(pgerr.New(pgerr.SuccessfulCompletion, "view %q will be a temporary view", r.Name))
		again := *s
		again.Temp = true
		return statements[reflect.TypeOf(s)](e.anew(), &again)
	}
	c := e.change()
	c.create(r)
	return c.done("CREATE VIEW"), nil
})

// replaced is the relation whose name the view has already; nil: none.
func (e *env) replaced(s *ast.CreateView) *catalog.Relation {
	schema, err := e.creationSchema(s.Name)
	if err != nil {
		return nil
	}
	return e.Catalog.Named(schema.OID, s.Name.Name)
}

// describeView binds the view's query and describes its columns.
func (e *env) describeView(r *catalog.Relation, s *ast.CreateView) error {
	bound, err := e.query(s.Query, &binding{})
	if err != nil {
		return err
	}
	if len(e.params) > 0 {
		return pgerr.New(pgerr.UndefinedParameter, "there is no parameter $1")
	}
	if r.Columns, err = e.viewColumns(bound.visible().Schema(), s.Columns, "VIEW"); err != nil {
		return err
	}
	if _, err := e.finish(bound.visible()); err != nil { // what no query could carry out is told now
		return err
	}
	r.Query = s.QueryText
	r.Settings = e.frozenSettings()
	r.DependsOn, r.Models, r.Functions = e.directUses(), e.looseModels(), e.directFunctions()
	return nil
}

// viewColumns names the columns of a view.
func (e *env) viewColumns(schema []col.Column, ids []ast.Ident, what string) ([]catalog.Column, error) {
	if len(ids) > len(schema) {
		if what == "VIEW" {
			return nil, pgerr.New(pgerr.SyntaxError, "CREATE VIEW specifies more column names than columns")
		}
		return nil, pgerr.New(pgerr.SyntaxError, "too many column names were specified")
	}
	var out []catalog.Column
	var names []string
	for i, c := range lasting(schema) {
		if i < len(ids) {
			c.Name = ids[i].Name
		}
		names = append(names, c.Name)
		out = append(out, catalog.Column{Name: c.Name, Type: c.Type, Attnum: int16(i + 1), Fields: e.lastingFields(schema[i].Type)})
	}
	return out, duplicateColumn(names)
}

// frozenSettings are the settings that a view's answers may depend on (V4).
func (e *env) frozenSettings() map[string]string {
	path := e.Path
	if !e.temp {
		path = lastingPath(path)
	}
	out := map[string]string{"search_path": strings.Join(path, ",")}
	for name, v := range e.Settings {
		switch strings.ToLower(name) {
		case "timezone", "datestyle", "intervalstyle":
			out[strings.ToLower(name)] = v
		case "extra_float_digits":
			if n, err := strconv.Atoi(v); err == nil && n < 1 { // else floats are as they always are
				out["extra_float_digits"] = v
			}
		}
	}
	out["role"] = e.User
	return out
}

// settingPath is the search path under which a view was created.
func settingPath(settings map[string]string, def []string) []string {
	p, ok := settings["search_path"]
	if !ok {
		return def
	}
	if p == "" {
		return nil
	}
	return strings.Split(p, ",")
}

// directUses lists the relations that the statement itself names, by number.
func (e *env) directUses() []catalog.OID {
	var out []catalog.OID
	for oid := range e.direct {
		if oid >= catalog.FirstOID && e.Catalog.Function(oid) == nil {
			out = append(out, oid)
		}
	}
	slices.Sort(out)
	return out
}

// replaceView is CREATE OR REPLACE VIEW: the old columns must stay as they are.
func (e *env) replaceView(s *ast.CreateView, old *catalog.Relation) (*Plan, error) {
	if old.Kind != catalog.View {
		return nil, pgerr.New(pgerr.WrongObjectType, "%q is not a view", old.Name)
	}
	for _, d := range e.Catalog.AllDependents(old.OID) {
		if d.Kind == catalog.MaterializedView {
			err := pgerr.New(pgerr.DependentObjectsStillExist, "cannot replace view %s because other objects depend on it", e.Catalog.Display(e.Path, old))
			return nil, err.WithDetail("%s", strings.Join(e.dependencies(old, nil), "\n")).
				WithHint("Drop the materialized views that read it first.")
		}
	}
	r := *old
	e.views = []catalog.OID{old.OID} // a view that reads itself is refused
	inner := *e
	inner.views = nil
	if err := inner.describeView(&r, s); err != nil {
		return nil, err
	}
	if inner.uses[old.OID] != 0 {
		return nil, pgerr.New(pgerr.InvalidObjectDefinition, "infinite recursion detected in rules for relation %q", old.Name)
	}
	if err := sameColumns(old.Columns, r.Columns); err != nil {
		return nil, err
	}
	c := inner.change()
	c.replace(&r)
	return c.done("CREATE VIEW"), nil
}

func sameColumns(old, now []catalog.Column) error {
	if len(now) < len(old) {
		return pgerr.New(pgerr.InvalidTableDefinition, "cannot drop columns from view")
	}
	for i, c := range old {
		if now[i].Name != c.Name {
			return pgerr.New(pgerr.InvalidTableDefinition, "cannot change name of view column %q to %q", c.Name, now[i].Name).
				WithHint("Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.")
		}
		if now[i].Type != c.Type {
			return pgerr.New(pgerr.InvalidTableDefinition, "cannot change data type of view column %q from %s to %s", c.Name, c.Type, now[i].Type)
		}
	}
	return nil
}
