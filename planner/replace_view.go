package planner

import (
	"strings"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/sql/ast"
)

// CREATE OR REPLACE MATERIALIZED VIEW is a new view, which is filled beside the old one, and
// takes its name and its indexes in the tick in which that goes.

// replacedView is the view that a CREATE OR REPLACE replaces; nil: it replaces none.
func (e *env) replacedView(s *ast.CreateMaterializedView) (*catalog.Relation, error) {
	if !s.OrReplace {
		return nil, nil
	}
	schema, err := e.creationSchema(s.Name)
	if err != nil {
		return nil, err
	}
	old := e.Catalog.Named(schema.OID, s.Name.Name)
	switch {
	case old == nil:
		return nil, nil
	case s.IfNotExists:
		return nil, e.at(s.Pos, pgerr.New(pgerr.SyntaxError, "CREATE OR REPLACE and IF NOT EXISTS exclude each other"))
	case old.Kind != catalog.MaterializedView:
		return nil, pgerr.New(pgerr.WrongObjectType, "%q is not a materialized view", old.Name)
	}
	if lines := e.dependencies(old, nil); len(lines) > 0 {
		return nil, pgerr.New(pgerr.DependentObjectsStillExist, "cannot replace materialized view %s because other objects depend on it", e.Catalog.Display(e.Path, old)).
			WithDetail("%s", clipLines(lines)).WithHint("Drop what reads it, or create a view of another name beside it.")
	}
	return old, nil
}

// viewFor begins the description of a view, in the place of an old one if there is one.
func (e *env) viewFor(s *ast.CreateMaterializedView, old *catalog.Relation) (*catalog.Relation, bool, error) {
	if old == nil {
		return e.newRelation(s.Name, catalog.MaterializedView, s.IfNotExists)
	}
	e.use(old)
	delete(e.direct, old.OID)
	return &catalog.Relation{OID: e.OIDs.Take(catalog.OIDsPerRelation), Schema: old.Schema, Name: old.Name, Kind: old.Kind, Owner: old.Owner}, false, nil
}

// dropReplaced drops the old view, whose columns the new one must have, with its indexes.
func (c *change) dropReplaced(old, now *catalog.Relation) error {
	if c.direct[old.OID] {
		return pgerr.New(pgerr.InvalidObjectDefinition, "materialized view %q would read itself", old.Name).
			WithHint("Create a view of another name that reads it.")
	}
	if err := sameViewColumns(old, now); err != nil {
		return err
	}
	for _, oid := range old.Indexes {
		c.drop(c.Catalog.Relation(oid))
	}
	c.drop(old)
	return nil
}

// sameViewColumns refuses what a reader of the view would not expect.
func sameViewColumns(old, now *catalog.Relation) error {
	err := sameColumns(old.Columns, now.Columns)
	if err == nil && len(now.Columns) > len(old.Columns) {
		err = pgerr.New(pgerr.InvalidTableDefinition, "cannot add columns to materialized view")
	}
	if err == nil {
		return nil
	}
	e := pgerr.From(err)
	e.Message = strings.Replace(strings.Replace(e.Message, "from view", "from materialized view", 1), "of view column", "of materialized view column", 1)
	return e.WithHint("A view that is replaced keeps its columns. Drop it, or create one of another name.")
}

// indexReplaced gives the new view the indexes of the old one.
func (c *change) indexReplaced(old, now *catalog.Relation) {
	if old == nil {
		return
	}
	for _, oid := range old.Indexes {
		ix := *c.Catalog.Relation(oid)
		of := *ix.Index
		of.Table = now.OID
		ix.OID, ix.Index, ix.DependsOn = c.OIDs.Take(catalog.OIDsPerRelation), &of, []catalog.OID{now.OID}
		now.Indexes = append(now.Indexes, ix.OID)
		c.create(&ix)
	}
}
