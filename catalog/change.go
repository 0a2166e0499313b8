package catalog

import (
	"maps"
	"slices"

	"github.com/millracedb/millrace/base/pgerr"
)

// Change puts one object in place of the version it was made from, or drops it. Exactly one
// of Relation, Schema, Role, Function, Model and Drop is set.
type Change struct {
	Relation *Relation `json:",omitempty"`
	Schema   *Schema   `json:",omitempty"`
	Role     *Role     `json:",omitempty"`
	Function *Function `json:",omitempty"`
	Model    *Model    `json:",omitempty"`
	Drop     *Dropped  `json:",omitempty"`
}

// Dropped names the version of an object that a Change drops.
type Dropped struct {
	OID     OID
	Version uint32
}

// Diff is what one transaction changes in the catalog. Applying it to the version it was made
// from, or to any later one it does not conflict with, gives the next version.
type Diff struct {
	Changes []Change
	Uses    []Dropped `json:",omitempty"` // versions of other objects that the changes were planned upon
	NextOID OID       // above every number the changes use
}

// Empty reports whether nothing changes.
func (d *Diff) Empty() bool { return d == nil || len(d.Changes) == 0 }

// Merge returns the changes of d followed by those of later, which was made on the catalog
// that d led to.
func (d *Diff) Merge(later *Diff) *Diff {
	if d.Empty() {
		return later
	}
	if later.Empty() {
		return d
	}
	return &Diff{Changes: slices.Concat(d.Changes, later.Changes), Uses: slices.Concat(d.Uses, later.Uses),
		NextOID: max(d.NextOID, later.NextOID)}
}

// Apply returns the next version. When another transaction has changed, dropped or created
// what the diff was made upon, it returns 40001 and no catalog: the first committer wins (C9).
// A name that has been taken meanwhile is 42P07, 42P06, 42710 or 42723, something new that stands on
// what the diff drops 2BP01.
func (c *Catalog) Apply(d *Diff) (*Catalog, error) {
	made := map[Dropped]bool{} // versions that a later statement of the transaction was planned upon
	for _, ch := range d.Changes {
		switch {
		case ch.Relation != nil:
			made[Dropped{ch.Relation.OID, ch.Relation.Version}] = true
		case ch.Schema != nil:
			made[Dropped{ch.Schema.OID, ch.Schema.Version}] = true
		case ch.Role != nil:
			made[Dropped{ch.Role.OID, ch.Role.Version}] = true
		case ch.Function != nil:
			made[Dropped{ch.Function.OID, ch.Function.Version}] = true
		case ch.Model != nil:
			made[Dropped{ch.Model.OID, ch.Model.Version}] = true
		}
	}
	for _, u := range d.Uses {
		if c.version(u.OID) != u.Version && !made[u] {
			return nil, errChanged
		}
	}
	return c.With(d.Changes...)
}

var errChanged = pgerr.New(pgerr.SerializationFailure, "could not serialize access due to concurrent update")

// version returns the version of whatever has the number; 0: nothing has.
func (c *Catalog) version(oid OID) uint32 {
	if r := c.Relation(oid); r != nil {
		return r.Version
	}
	if s := c.schemas[oid]; s != nil {
		return s.Version
	}
	if r := c.roles[oid]; r != nil {
		return r.Version
	}
	if f := c.functions[oid]; f != nil {
		return f.Version
	}
	if m := c.models[oid]; m != nil {
		return m.Version
	}
	return 0
}

// With returns the catalog after the changes, in their order. The errors are those of Apply.
func (c *Catalog) With(changes ...Change) (*Catalog, error) {
	n := &Catalog{next: c.next, relations: c.relations, schemas: maps.Clone(c.schemas), roles: maps.Clone(c.roles),
		functions: c.functions, overloads: c.overloads, models: maps.Clone(c.models), lookups: c.lookups}
	var touched []OID
	for _, ch := range changes {
		if err := n.put(ch); err != nil {
			return nil, err
		}
		switch {
		case ch.Relation != nil && !slices.Contains(touched, ch.Relation.OID):
			touched = append(touched, ch.Relation.OID)
		case ch.Drop != nil && !slices.Contains(touched, ch.Drop.OID):
			touched = append(touched, ch.Drop.OID)
		}
	}
	if err := n.follow(c, touched); err != nil {
		return n, err
	}
	return n, n.checkModels(c)
}

func (c *Catalog) put(ch Change) error {
	switch {
	case ch.Relation != nil:
		r := ch.Relation
		if c.version(r.OID)+1 != r.Version {
			return errChanged
		}
		c.relations = c.relations.Set(r.OID, r)
		c.next = max(c.next, r.OID+OIDsPerRelation)
		if r.Sequence != nil {
			c.next = max(c.next, r.Sequence.Counter+1)
		}
	case ch.Schema != nil:
		if c.version(ch.Schema.OID)+1 != ch.Schema.Version {
			return errChanged
		}
		c.schemas[ch.Schema.OID] = ch.Schema
		c.next = max(c.next, ch.Schema.OID+1)
	case ch.Role != nil:
		if c.version(ch.Role.OID)+1 != ch.Role.Version {
			return errChanged
		}
		c.roles[ch.Role.OID] = ch.Role
		c.next = max(c.next, ch.Role.OID+1)
	case ch.Function != nil:
		return c.putFunction(ch.Function)
	case ch.Model != nil:
		if c.version(ch.Model.OID)+1 != ch.Model.Version {
			return errChanged
		}
		c.models[ch.Model.OID] = ch.Model
		c.next = max(c.next, ch.Model.OID+1)
	case ch.Drop != nil:
		if v := c.version(ch.Drop.OID); v == 0 || v != ch.Drop.Version {
			return errChanged
		}
		c.relations = c.relations.Delete(ch.Drop.OID)
		delete(c.schemas, ch.Drop.OID)
		delete(c.roles, ch.Drop.OID)
		c.dropFunction(ch.Drop.OID)
		delete(c.models, ch.Drop.OID)
	}
	return nil
}

// follow lets the lookups follow from the objects touched since another version, and reports
// what two transactions that touched different objects broke together.
func (c *Catalog) follow(since *Catalog, touched []OID) error {
	var old, now []*Relation
	for _, oid := range touched {
		if r := since.made(oid); r != nil {
			old = append(old, r)
		}
		if r := c.made(oid); r != nil {
			now = append(now, r)
		}
	}
	if r := c.replace(old, now); r != nil {
		return pgerr.New(pgerr.DuplicateTable, "relation %q already exists", r.Name)
	}
	for _, r := range old {
		if c.made(r.OID) == nil {
			now = append(now, c.standing(r)...)
		}
	}
	for _, oid := range touched {
		schemaGone := since.schemas[oid] != nil && c.schemas[oid] == nil
		functionGone := since.functions[oid] != nil && c.functions[oid] == nil
		if schemaGone || functionGone {
			now = slices.Collect(c.Relations())
		}
	}
	return c.check(since, now)
}

// follows reports whether all that stands on a view that is replaced was known when that was
// planned.
func (c *Catalog) follows(r *Relation) bool {
	return !slices.ContainsFunc(c.Dependents(r.OID), func(d *Relation) bool {
		return d.Kind != Index && !slices.Contains(r.Followers, d.OID)
	})
}

// standing lists what still needs a relation that is gone.
func (c *Catalog) standing(gone *Relation) []*Relation {
	out := slices.Concat(c.Dependents(gone.OID), c.Referrers(gone.OID), c.all(c.beside, gone.OID))
	if gone.Kind == Index {
		if t := c.made(gone.Index.Table); t != nil {
			out = append(out, t)
		}
	}
	return out
}

// check reports what relations need and the catalog does not have, and names that stand twice.
func (c *Catalog) check(since *Catalog, relations []*Relation) error {
	for _, r := range relations {
		if c.schemas[r.Schema] == nil {
			return pgerr.New(pgerr.SerializationFailure, "schema with OID %d was concurrently dropped", r.Schema)
		}
		for _, on := range r.DependsOn {
			if c.Relation(on) == nil {
				return pgerr.New(pgerr.DependentObjectsStillExist, "a relation that %s %s depends on was concurrently dropped", r.Kind, r.Name)
			}
		}
		for _, of := range r.besides() {
			if c.made(of) == nil {
				return pgerr.New(pgerr.DependentObjectsStillExist, "a relation that %s %s depends on was concurrently dropped", r.Kind, r.Name)
			}
		}
		if old := since.made(r.OID); old != nil && old.Replaced != r.Replaced && !c.follows(r) {
			return errChanged
		}
		if err := c.usesModels(r); err != nil {
			return err
		}
		if r.Kept() && c.feedsItself(r) {
			return SinkCycle(r)
		}
		if err := c.checkSink(r); err != nil {
			return err
		}
		for _, f := range r.References {
			if c.made(f.Table) == nil || c.made(f.KeyOf) == nil || c.made(f.Index) == nil {
				return pgerr.New(pgerr.DependentObjectsStillExist, "a relation that constraint %s on %s %s depends on was concurrently dropped", f.Name, r.Kind, r.Name)
			}
		}
	}
	if err := c.checkFunctions(relations); err != nil {
		return err
	}
	if dup := duplicate(c.Schemas(), func(s *Schema) string { return s.Name }); dup != "" {
		return pgerr.New(pgerr.DuplicateSchema, "schema %q already exists", dup)
	}
	if dup := duplicate(c.Roles(), func(r *Role) string { return r.Name }); dup != "" {
		return pgerr.New(pgerr.DuplicateObject, "role %q already exists", dup)
	}
	return nil
}

func duplicate[T any](all func(func(*T) bool), key func(*T) string) string {
	seen := map[string]bool{}
	for x := range all {
		if seen[key(x)] {
			return key(x)
		}
		seen[key(x)] = true
	}
	return ""
}
