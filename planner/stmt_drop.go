package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/sql/ast"
)

var dropKinds = map[ast.ObjectKind]catalog.Kind{
	ast.KindTable: catalog.Table, ast.KindStream: catalog.Stream, ast.KindView: catalog.View,
	ast.KindMaterializedView: catalog.MaterializedView, ast.KindIndex: catalog.Index,
	ast.KindSink: catalog.Sink, ast.KindSequence: catalog.Sequence,
}

var _ = statement(func(e *env, s *ast.Drop) (*Plan, error) {
	tag := "DROP " + string(s.Kind)
	if s.Kind == ast.KindSchema {
		return e.dropSchemas(s, tag)
	}
	if s.Kind == ast.KindModel {
		return e.dropModels(s)
	}
	var targets []*catalog.Relation
	for _, n := range s.Names {
		r, err := e.dropTarget(n, s)
		if err != nil {
			return nil, err
		}
		if r != nil && !slices.Contains(targets, r) {
			targets = append(targets, r)
		}
	}
	return e.dropAll(targets, nil, s.Cascade, tag)
})

// dropTarget finds what a name of DROP means; nil: it is not there and need not be.
func (e *env) dropTarget(n ast.Name, s *ast.Drop) (*catalog.Relation, error) {
	want := dropKinds[s.Kind]
	r, err := e.Catalog.Lookup(e.Path, n.Schema, n.Name)
	if err != nil {
		missing := pgerr.New(pgerr.UndefinedTable, "%s %q does not exist", want, n.Name)
		if want == catalog.Index {
			missing.Code = pgerr.UndefinedObject
		}
		if n.Schema != "" && e.Catalog.SchemaNamed(n.Schema) == nil {
			missing = pgerr.New(pgerr.InvalidSchemaName, "schema %q does not exist", n.Schema)
		}
		if !s.IfExists {
			return nil, missing
		}
		skipped := *missing
		skipped.Message, skipped.Code = skipped.Message+", skipping", pgerr.SuccessfulCompletion
		e.notice(&skipped)
		return nil, nil
	}
	switch {
	case catalog.IsSystemSchema(r.Schema):
		return nil, refuseSystem(r)
	case r.Kind != want:
		article := "a"
		if want == catalog.Index {
			article = "an"
		}
		with := "a"
		if r.Kind == catalog.Index {
			with = "an"
		}
		return nil, pgerr.New(pgerr.WrongObjectType, "%q is not %s %s", r.Name, article, want).
			WithHint("Use DROP %s to remove %s %s.", strings.ToUpper(string(r.Kind)), with, r.Kind)
	case r.Kind == catalog.Sequence && r.Sequence.Identity:
		t := e.Catalog.Relation(r.Sequence.Table)
		k := t.Columns[t.AttnumIndex(r.Sequence.Column)].Name
		return nil, pgerr.New(pgerr.DependentObjectsStillExist, "cannot drop sequence %s because column %s of table %s requires it", r.Name, k, t.Name).
			WithHint("You can drop column %s of table %s instead.", k, t.Name)
	case r.Kind == catalog.Index && r.Index.Constraint:
		t := e.Catalog.Relation(r.Index.Table)
		return nil, pgerr.New(pgerr.DependentObjectsStillExist, "cannot drop index %s because constraint %s on table %s requires it", r.Name, r.Name, t.Name).
			WithHint("You can drop constraint %s on table %s instead.", r.Name, t.Name)
	}
	return r, nil
}

// unindex takes an index off its table's list, and the foreign key that it was made for.
func (c *change) unindex(ix *catalog.Relation) {
	t := c.changed(ix.Index.Table)
	t.Indexes = slices.DeleteFunc(slices.Clone(t.Indexes), func(o catalog.OID) bool { return o == ix.OID })
	t.References = slices.DeleteFunc(slices.Clone(t.References), func(f catalog.Reference) bool { return f.Index == ix.OID })
}

// label names a relation with its kind, as messages do.
func (e *env) label(r *catalog.Relation) string {
	name := ast.QuoteIdent(r.Name)
	if e.Catalog.Display(e.Path, r) != r.Name {
		name = ast.QuoteIdent(e.Catalog.Schema(r.Schema).Name) + "." + name
	}
	return fmt.Sprintf("%s %s", r.Kind, name)
}

// clipLines joins lines, a hundred at most, as PostgreSQL reports dependencies.
func clipLines(lines []string) string {
	const most = 100
	if more := len(lines) - most; more > 0 {
		lines = append(slices.Clone(lines[:most]), fmt.Sprintf("and %d other objects (see server log for list)", more))
	}
	return strings.Join(lines, "\n")
}

func (e *env) noteCascade(cascaded []string) {
	switch len(cascaded) {
	case 0:
	case 1:
		e.notice(pgerr.New(pgerr.SuccessfulCompletion, "%s", cascaded[0]))
	default:
		e.notice(pgerr.New(pgerr.SuccessfulCompletion, "drop cascades to %d other objects", len(cascaded)).WithDetail("%s", clipLines(cascaded)))
	}
}

func (e *env) dropSchemas(s *ast.Drop, tag string) (*Plan, error) {
	var schemas []*catalog.Schema
	for _, n := range s.Names {
		found := e.Catalog.SchemaNamed(n.Name)
		if found == nil {
			missing := pgerr.New(pgerr.InvalidSchemaName, "schema %q does not exist", n.Name)
			if !s.IfExists {
				return nil, missing
			}
			skipped := *missing
			skipped.Message, skipped.Code = skipped.Message+", skipping", pgerr.SuccessfulCompletion
			e.notice(&skipped)
			continue
		}
		if catalog.IsSystemSchema(found.OID) {
			return nil, pgerr.New(pgerr.DependentObjectsStillExist, "cannot drop schema %s because it is required by the database system", n.Name)
		}
		if !slices.Contains(schemas, found) {
			schemas = append(schemas, found)
		}
	}
	return e.dropAll(nil, schemas, s.Cascade, tag)
}
