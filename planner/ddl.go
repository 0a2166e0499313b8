package planner

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/sql/ast"
)

// ChangePlan is a statement that changes the catalog.
type ChangePlan struct {
	// Diff is what changes; empty when there is nothing to do (IF NOT EXISTS). It leads from
	// the catalog that the statement was planned on to the next version.
	Diff *catalog.Diff
	// Created and Dropped are the relations and indexes that come and go, in an order in
	// which they can.
	Created, Dropped []*catalog.Relation
	// View is the plan of the materialized view among Created; nil: none is.
	View Node
	// Renewed are the materialized views that are built anew with View, as it gets another query, and
	// in what order.
	Renewed []*catalog.Relation
	// Load is the file of a model that the statement brings: WithModel makes the diff with it.
	Load *LoadModel
	// Background asks for the view to be filled after the statement has returned.
	Background bool
	// Password is the password in clear for Role, which stands in Diff without a verifier;
	// nil: it gets none. See WithVerifier.
	Password *string
	Role     *catalog.Role
}

// WithVerifier returns the diff with the verifier made of Password.
func (p *ChangePlan) WithVerifier(verifier string) *catalog.Diff {
	d := *p.Diff
	d.Changes = slices.Clone(d.Changes)
	for i, c := range d.Changes {
		if c.Role != nil && c.Role == p.Role {
			r := *c.Role
			r.Verifier = verifier
			d.Changes[i].Role = &r
		}
	}
	return &d
}

// change collects what a statement does to the catalog.
type change struct {
	*env
	plan ChangePlan
	diff catalog.Diff
}

func (e *env) change() *change { return &change{env: e} }

// create adds a new relation.
func (c *change) create(r *catalog.Relation) {
	r.Version = 1
	c.madeIn(r)
	c.diff.Changes = append(c.diff.Changes, catalog.Change{Relation: r})
	c.diff.NextOID = max(c.diff.NextOID, r.OID+catalog.OIDsPerRelation)
	c.plan.Created = append(c.plan.Created, r)
}

// replace puts a changed description in place of an old one.
func (c *change) replace(r *catalog.Relation) {
	r.Version++
	c.diff.Changes = append(c.diff.Changes, catalog.Change{Relation: r})
}

func (c *change) drop(r *catalog.Relation) {
	c.diff.Changes = append(c.diff.Changes, catalog.Change{Drop: &catalog.Dropped{OID: r.OID, Version: r.Version}})
	c.plan.Dropped = append(c.plan.Dropped, r)
}

// done makes the plan. Whatever the statement read of the catalog must be as it was when the
// change commits.
func (c *change) done(tag string) *Plan {
	changed := map[catalog.OID]bool{}
	for _, ch := range c.diff.Changes {
		switch {
		case ch.Relation != nil:
			changed[ch.Relation.OID] = true
		case ch.Model != nil:
			changed[ch.Model.OID] = true
		case ch.Function != nil:
			changed[ch.Function.OID] = true
		case ch.Drop != nil:
			changed[ch.Drop.OID] = true
		}
	}
	for oid, v := range c.uses {
		if !changed[oid] && oid >= catalog.FirstOID {
			c.diff.Uses = append(c.diff.Uses, catalog.Dropped{OID: oid, Version: v})
		}
	}
	slices.SortFunc(c.diff.Uses, func(a, b catalog.Dropped) int { return cmp.Compare(a.OID, b.OID) })
	c.plan.Diff = &c.diff
	return &Plan{Tag: tag, Change: &c.plan}
}

// notice adds a notice for the client.
func (e *env) notice(err *pgerr.Error) {
	n := *err
	n.Severity = "NOTICE"
	e.notices = append(e.notices, &n)
}

// newRelation begins the description of a relation with a name that is free. exists is true
// when it is taken and IF NOT EXISTS says that this is no error.
func (e *env) newRelation(n ast.Name, kind catalog.Kind, ifNotExists bool) (r *catalog.Relation, exists bool, err error) {
	s, err := e.creationSchema(n)
	if err != nil {
		return nil, false, err
	}
	temporary := catalog.IsTemporarySchema(s.Name)
	if temporary && kind != catalog.Table && kind != catalog.View && kind != catalog.Sequence {
		return nil, false, e.at(n.Pos, pgerr.Unsupported("a temporary %s", kind))
	}
	if old := e.Catalog.Named(s.OID, n.Name); old != nil {
		taken := pgerr.New(pgerr.DuplicateTable, "relation %q already exists", n.Name)
		if !ifNotExists {
			return nil, false, taken
		}
		taken.Message += ", skipping"
		e.notice(taken)
		return nil, true, nil
	}
	return &catalog.Relation{OID: e.OIDs.Take(catalog.OIDsPerRelation), Schema: s.OID, Name: n.Name, Kind: kind, Owner: e.owner(), Temporary: temporary}, false, nil
}

// creationSchema is where a new relation goes.
func (e *env) creationSchema(n ast.Name) (*catalog.Schema, error) {
	if n.Catalog != "" && n.Catalog != e.Database {
		return nil, e.at(n.Pos, pgerr.New(pgerr.FeatureNotSupported, "cross-database references are not implemented: %q", n.Catalog+"."+n.Schema+"."+n.Name))
	}
	if e.temporary(n) {
		return e.temporarySchema(n)
	}
	var s *catalog.Schema
	if n.Schema != "" {
		if catalog.IsTemporarySchema(n.Schema) {
			return nil, e.at(n.Pos, pgerr.New(pgerr.InvalidTableDefinition, "cannot create relations in temporary schemas of other sessions"))
		}
		if s = e.Catalog.SchemaNamed(n.Schema); s == nil {
			return nil, e.at(n.Pos, pgerr.New(pgerr.InvalidSchemaName, "schema %q does not exist", n.Schema))
		}
	} else {
		var err error
		if s, err = e.Catalog.CreationSchema(e.Path); err != nil {
			return nil, e.at(n.Pos, err)
		}
	}
	if catalog.IsSystemSchema(s.OID) {
		return nil, e.at(n.Pos, pgerr.New(pgerr.InsufficientPrivilege, "permission denied to create %q", s.Name+"."+n.Name).
			WithDetail("System catalog modifications are currently disallowed."))
	}
	return s, nil
}

func (e *env) owner() catalog.OID {
	if r := e.Catalog.RoleNamed(e.User); r != nil {
		return r.OID
	}
	return catalog.BootstrapRole
}

// freeName makes a name of parts that no relation of the schema has yet, as PostgreSQL makes
// the names of indexes and constraints: base_columns_label, shortened to 63 bytes and numbered.
func freeName(taken func(string) bool, base, columns, label string) string {
	for n := 0; ; n++ {
		suffix := label
		if n > 0 {
			suffix = fmt.Sprintf("%s%d", label, n)
		}
		if name := joinName(base, columns, suffix); !taken(name) {
			return name
		}
	}
}

func joinName(base, columns, label string) string {
	over := len("_") + len(label)
	if columns != "" {
		over += len("_")
	}
	for len(base)+len(columns)+over > 63 { // the longer part gives way
		if len(base) > len(columns) {
			base = clip(base+"\x00", len(base)-1)
		} else {
			columns = clip(columns+"\x00", len(columns)-1)
		}
	}
	if columns != "" {
		base += "_" + columns
	}
	return base + "_" + label
}

// duplicateColumn reports a name that stands twice.
func duplicateColumn(names []string) error {
	for i, n := range names {
		if slices.Contains(names[:i], n) {
			return pgerr.New(pgerr.DuplicateColumn, "column %q specified more than once", n)
		}
	}
	return nil
}
