package planner

import (
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/sql/ast"
)

// temporary reports whether what is created under a name is of the session alone: the statement says
// so, its schema does, or the search path begins with that.
func (e *env) temporary(n ast.Name) bool {
	if n.Schema == "" {
		first, _, _ := strings.Cut(e.Settings["search_path"], ",")
		return e.temp || strings.Trim(first, ` "`) == catalog.MyTemporary
	}
	return e.temp || n.Schema == catalog.MyTemporary || n.Schema == e.Temporary
}

// temporarySchema is where the session's temporary relations are: the schema that there is, or the one that the
// statement makes.
func (e *env) temporarySchema(n ast.Name) (*catalog.Schema, error) {
	switch {
	case e.Temporary == "":
		return nil, e.at(n.Pos, pgerr.New(pgerr.ObjectNotInPrerequisiteState, "a temporary relation needs a session"))
	case n.Schema != "" && n.Schema != catalog.MyTemporary && n.Schema != e.Temporary:
		return nil, e.at(n.Pos, pgerr.New(pgerr.InvalidTableDefinition, "cannot create temporary relation in non-temporary schema"))
	}
	if s := e.Catalog.SchemaNamed(e.Temporary); s != nil {
		return s, nil
	}
	if e.schema == nil {
		e.schema = &catalog.Schema{OID: e.OIDs.Take(1), Name: e.Temporary, Owner: e.owner(), Version: 1}
	}
	return e.schema, nil
}

// madeIn adds the schema that a new relation is in, if the statement makes that too.
func (c *change) madeIn(r *catalog.Relation) {
	s := c.schema
	if s == nil || r.Schema != s.OID || slices.ContainsFunc(c.diff.Changes, func(ch catalog.Change) bool { return ch.Schema == s }) {
		return
	}
	c.diff.Changes = append(c.diff.Changes, catalog.Change{Schema: s})
	c.diff.NextOID = max(c.diff.NextOID, s.OID+1)
}

// atCommit checks ON COMMIT and notes it.
func atCommit(r *catalog.Relation, what string) error {
	if what != "" && !r.Temporary {
		return pgerr.New(pgerr.InvalidTableDefinition, "ON COMMIT can only be used on temporary tables")
	}
	if what != "PRESERVE ROWS" {
		r.OnCommit = what
	}
	return nil
}

// ownTemporary refuses what belongs to another session.
func (e *env) ownTemporary(r *catalog.Relation) error {
	if r.Temporary && e.Catalog.Schema(r.Schema).Name != e.Temporary {
		return pgerr.New(pgerr.FeatureNotSupported, "cannot access temporary tables of other sessions")
	}
	return nil
}

// readsTemporary reports whether the statement uses a temporary relation.
func (e *env) readsTemporary() bool {
	for oid := range e.uses {
		if r := e.Catalog.Relation(oid); r != nil && r.Temporary {
			return true
		}
	}
	return false
}

// temporaryReference refuses foreign keys between what lasts and what does not.
func temporaryReference(from, to *catalog.Relation) error {
	switch {
	case !from.Temporary && to.Temporary:
		return pgerr.New(pgerr.InvalidTableDefinition, "constraints on permanent tables may reference only permanent tables")
	case from.Temporary && !to.Temporary:
		return pgerr.New(pgerr.InvalidTableDefinition, "constraints on temporary tables may reference only temporary tables")
	case to.OnCommit == catalog.DeleteRows && from.OnCommit == "":
		return pgerr.New(pgerr.FeatureNotSupported, "unsupported ON COMMIT and foreign key combination").
			WithDetail("Table %q references %q, but they do not have the same ON COMMIT setting.", from.Name, to.Name)
	}
	return nil
}

// lastingPath is the search path for a view that outlasts the session.
func lastingPath(path []string) []string {
	return slices.DeleteFunc(slices.Clone(path), catalog.IsTemporarySchema)
}

// DropTemporary is the change that drops the temporary relations of sessions, with their schemas:
// those of one, by the name of its schema, or of all where that is empty. It is nil when there is nothing to drop.
func DropTemporary(around *Env, schema string) (*ChangePlan, error) {
	var gone []*catalog.Schema
	for s := range around.Catalog.Schemas() {
		if catalog.IsTemporarySchema(s.Name) && (schema == "" || s.Name == schema) {
			gone = append(gone, s)
		}
	}
	if gone == nil {
		return nil, nil
	}
	p, err := newEnv(around, nil).dropAll(nil, gone, true, "DISCARD TEMP")
	if err != nil {
		return nil, err
	}
	return p.Change, nil
}

// DropRelations is the change that drops relations with all that stands on them.
func DropRelations(around *Env, gone []*catalog.Relation) (*ChangePlan, error) {
	p, err := newEnv(around, nil).dropAll(gone, nil, true, "DROP TABLE")
	if err != nil {
		return nil, err
	}
	return p.Change, nil
}

// anew is the state of planning the statement again; what the client was told stays.
func (e *env) anew() *env {
	n := newEnv(e.Env, nil)
	n.notices = e.notices
	return n
}
