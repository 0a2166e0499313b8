package catalog

import (
	"cmp"
	"iter"
	"slices"

	"github.com/benbjohnson/immutable"

	"github.com/millracedb/millrace/base/pgerr"
)

// Numbers of the objects that every catalog has.
const (
	PgCatalog         OID = 11
	Public            OID = 2200
	InformationSchema OID = 13000
	Millrace          OID = 13001
	RWCatalog         OID = 13002
	BootstrapRole     OID = 10

	// FirstOID is the least number of what users create.
	FirstOID OID = 16384
)

// Schema is a namespace of relations.
type Schema struct {
	OID     OID
	Name    string
	Owner   OID
	Version uint32
}

// Role is a user.
type Role struct {
	OID       OID
	Name      string
	Login     bool
	Superuser bool
	Verifier  string // SCRAM-SHA-256$…; empty: no password
	Version   uint32
}

// Catalog is one immutable version of every description. Any goroutine may read it.
type Catalog struct {
	next      OID // no object has this number or a greater one
	relations *immutable.SortedMap[OID, *Relation]
	schemas   map[OID]*Schema
	roles     map[OID]*Role
	functions map[OID]*Function
	overloads map[string][]*Function // the same by their names, in order of their numbers
	models    map[OID]*Model
	lookups
}

// New returns the catalog of an empty database: the system's schemas and the role owner.
func New(owner string) *Catalog {
	c := empty(FirstOID)
	for _, s := range []Schema{
		{PgCatalog, "pg_catalog", BootstrapRole, 1}, {Public, "public", BootstrapRole, 1},
		{InformationSchema, "information_schema", BootstrapRole, 1}, {Millrace, "millrace", BootstrapRole, 1},
		{RWCatalog, "rw_catalog", BootstrapRole, 1},
	} {
		c.schemas[s.OID] = &s
	}
	c.roles[BootstrapRole] = &Role{OID: BootstrapRole, Name: owner, Login: true, Superuser: true, Version: 1}
	return c
}

func empty(next OID) *Catalog {
	return &Catalog{next: next, relations: immutable.NewSortedMap[OID, *Relation](byOID{}), schemas: map[OID]*Schema{}, roles: map[OID]*Role{}, functions: map[OID]*Function{}, overloads: map[string][]*Function{}, models: map[OID]*Model{},
		lookups: noLookups()}
}

// IsSystemSchema reports whether the schema belongs to the server: nothing may be created
// in it nor dropped from it.
func IsSystemSchema(oid OID) bool { return oid < FirstOID && oid != Public }

// NextOID is above every number in use.
func (c *Catalog) NextOID() OID { return c.next }

// Relation returns the relation with the number, or nil.
func (c *Catalog) Relation(oid OID) *Relation {
	if r := c.made(oid); r != nil {
		return r
	}
	if s := systemByOID[oid]; s != nil {
		return s.relation
	}
	return nil
}

// made returns what a user has made under the number, or nil.
func (c *Catalog) made(oid OID) *Relation {
	r, _ := c.relations.Get(oid)
	return r
}

// Named returns the relation of that name in a schema, or nil.
func (c *Catalog) Named(schema OID, relation string) *Relation {
	if oid, ok := c.names.Get(name{schema, relation}); ok {
		return c.made(oid)
	}
	if s := systemByName[name{schema, relation}]; s != nil {
		return s.relation
	}
	return nil
}

// Lookup finds a relation as PostgreSQL does: in the schema when one is given, else along Path. It
// returns an error (42P01, 3F000) when there is none.
func (c *Catalog) Lookup(path []string, schema, relation string) (*Relation, error) {
	if schema != "" {
		s := c.SchemaNamed(schema)
		if schema == MyTemporary {
			s = c.Temporary(path)
		}
		if s != nil {
			if r := c.Named(s.OID, relation); r != nil {
				return r, nil
			}
		}
		return nil, pgerr.New(pgerr.UndefinedTable, "relation %q does not exist", schema+"."+relation)
	}
	for _, s := range c.Path(path) {
		if r := c.Named(s, relation); r != nil {
			return r, nil
		}
	}
	return nil, pgerr.New(pgerr.UndefinedTable, "relation %q does not exist", relation)
}

// Path returns the schemas of a search path that exist, pg_catalog first unless the path
// names it, and before it that of temporary relations where the path begins with it.
func (c *Catalog) Path(path []string) []OID {
	var out []OID
	if !slices.Contains(path, "pg_catalog") {
		out = append(out, PgCatalog)
	}
	for i, p := range path {
		switch s := c.SchemaNamed(p); {
		case s == nil:
		case i == 0 && IsTemporarySchema(p):
			out = append([]OID{s.OID}, out...)
		default:
			out = append(out, s.OID)
		}
	}
	return out
}

// CreationSchema returns the schema that an unqualified CREATE goes to: the first of the
// path that exists and is not of temporary relations. It returns 3F000 when there is none.
func (c *Catalog) CreationSchema(path []string) (*Schema, error) {
	for _, p := range path {
		if s := c.SchemaNamed(p); s != nil && !IsTemporarySchema(p) {
			return s, nil
		}
	}
	return nil, pgerr.New(pgerr.InvalidSchemaName, "no schema has been selected to create in")
}

// Schema returns the schema with the number, or nil.
func (c *Catalog) Schema(oid OID) *Schema { return c.schemas[oid] }

// SchemaNamed returns the schema of that name, or nil.
func (c *Catalog) SchemaNamed(schema string) *Schema {
	for _, s := range c.schemas {
		if s.Name == schema {
			return s
		}
	}
	return nil
}

// Role returns the role with the number, or nil.
func (c *Catalog) Role(oid OID) *Role { return c.roles[oid] }

// RoleNamed returns the role of that name, or nil.
func (c *Catalog) RoleNamed(role string) *Role {
	for _, r := range c.roles {
		if r.Name == role {
			return r
		}
	}
	return nil
}

// Relations yields what users created, by number. A materialized view stands behind all it
// depends on.
func (c *Catalog) Relations() iter.Seq[*Relation] {
	return func(yield func(*Relation) bool) {
		for i := c.relations.Iterator(); !i.Done(); {
			if _, r, _ := i.Next(); !yield(r) {
				return
			}
		}
	}
}

// Schemas yields all schemas by number.
func (c *Catalog) Schemas() iter.Seq[*Schema] { return ordered(c.schemas) }

// Roles yields all roles by number.
func (c *Catalog) Roles() iter.Seq[*Role] { return ordered(c.roles) }

func ordered[T any](m map[OID]*T) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		keys := make([]OID, 0, len(m))
		for k := range m {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			if !yield(m[k]) {
				return
			}
		}
	}
}

// Dependents lists what stands directly on a relation, by number: the views that read it and
// its indexes.
func (c *Catalog) Dependents(oid OID) []*Relation {
	return c.all(c.dependents, oid)
}

// Referrers lists the tables that have foreign keys on a table, or by a unique index, by
// number; the table itself may be among them.
func (c *Catalog) Referrers(oid OID) []*Relation {
	return c.all(c.referrers, oid)
}

func (c *Catalog) all(by relatives, oid OID) []*Relation {
	of, _ := by.Get(oid)
	out := make([]*Relation, len(of))
	for i, d := range of {
		out[i] = c.made(d)
	}
	return out
}

// HasConstraint reports whether a relation of the schema has a constraint of the name.
func (c *Catalog) HasConstraint(schema OID, constraint string) bool {
	for r := range c.Relations() {
		if r.Schema != schema {
			continue
		}
		for _, k := range c.Constraints(r) {
			if k.Name == constraint {
				return true
			}
		}
	}
	return false
}

// AllDependents lists what stands on a relation directly or through others, each once, by
// number.
func (c *Catalog) AllDependents(oid OID) []*Relation {
	var out []*Relation
	seen := map[OID]bool{}
	var walk func(OID)
	walk = func(o OID) {
		for _, d := range c.Dependents(o) {
			if !seen[d.OID] {
				seen[d.OID] = true
				out = append(out, d)
				walk(d.OID)
			}
		}
	}
	walk(oid)
	slices.SortFunc(out, func(a, b *Relation) int { return cmp.Compare(a.OID, b.OID) })
	return out
}

// Display returns the relation's name as PostgreSQL's messages print it: with its schema only
// when the path does not lead to it.
func (c *Catalog) Display(path []string, r *Relation) string {
	if found, err := c.Lookup(path, "", r.Name); err == nil && found.OID == r.OID {
		return r.Name
	}
	return c.schemas[r.Schema].Name + "." + r.Name
}
