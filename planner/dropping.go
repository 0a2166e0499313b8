package planner

import (
	"cmp"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/sql/ast"
)

// object is something that can be dropped: a relation, a function, a model, or a part of a table that
// calls one of the latter.
type object struct {
	relation *catalog.Relation
	function *catalog.Function
	model    *catalog.Model
	part     *tablePart
}

// tablePart is the default or the generation of a column, or a check constraint.
type tablePart struct {
	table *catalog.Relation
	kind  string // "default value for column", "column", "constraint"
	name  string
}

func (o object) oid() catalog.OID {
	switch {
	case o.relation != nil:
		return o.relation.OID
	case o.function != nil:
		return o.function.OID
	case o.model != nil:
		return o.model.OID
	}
	return o.part.table.OID
}

func (e *env) objectLabel(o object) string {
	switch {
	case o.relation != nil:
		return e.label(o.relation)
	case o.function != nil:
		return e.functionLabel(o.function)
	case o.model != nil:
		return "model " + ast.QuoteIdent(o.model.Name)
	case o.part.kind == "constraint":
		return "constraint " + ast.QuoteIdent(o.part.name) + " on " + e.label(o.part.table)
	}
	return o.part.kind + " " + ast.QuoteIdent(o.part.name) + " of " + e.label(o.part.table)
}

// dependents lists what stands directly on an object and is dropped with it, but for indexes.
func (e *env) dependents(o object) (out []object) {
	var relations []*catalog.Relation
	var functions []*catalog.Function
	switch {
	case o.relation != nil && o.relation.Kind == catalog.Sequence:
		out = e.takingParts(o.oid())
		fallthrough
	case o.relation != nil:
		relations, functions = e.Catalog.Dependents(o.oid()), e.Catalog.DependentFunctions(o.oid())
	case o.function != nil:
		relations, functions = e.Catalog.FunctionUsers(o.oid())
	case o.model != nil:
		relations, functions = e.Catalog.ModelUsers(o.oid(), 0), e.Catalog.DependentFunctions(o.oid())
	}
	for _, r := range relations {
		switch {
		case r.Kind == catalog.Index:
		case o.relation == nil && (r.Kind == catalog.Table || r.Kind == catalog.Stream):
			out = append(out, e.callingParts(r, o.oid())...)
		default:
			out = append(out, object{relation: r})
		}
	}
	for _, f := range functions {
		out = append(out, object{function: f})
	}
	rowsFirst := func(x object) int {
		if o.relation != nil && x.function != nil && x.function.IsMadeOf(o.relation) { // it stands on the row type
			return 0
		}
		return 1
	}
	slices.SortStableFunc(out, func(a, b object) int {
		return cmp.Or(cmp.Compare(rowsFirst(a), rowsFirst(b)), cmp.Compare(a.oid(), b.oid()))
	})
	return out
}

// takingParts lists the defaults that take values from a sequence.
func (e *env) takingParts(sequence catalog.OID) (out []object) {
	for _, t := range e.Catalog.SequenceUsers(sequence) {
		for _, c := range t.Columns {
			if slices.Contains(c.Sequences, sequence) && c.Identity == "" {
				out = append(out, object{part: &tablePart{t, "default value for column", c.Name}})
			}
		}
	}
	return out
}

// callingParts lists the parts of a table that call a function, or ask a model.
func (e *env) callingParts(r *catalog.Relation, oid catalog.OID) (out []object) {
	calls := func(text string, s *scope, t col.Type) bool {
		around := newEnv(e.Env, nil)
		_, err := around.silent().stored(text, s, clause{name: "a table"}, t)
		return text != "" && err == nil && (around.direct[oid] || around.asks(oid))
	}
	own := (&tableMaker{change: e.change(), r: r}).ownScope()
	for _, c := range r.Columns {
		if calls(c.Default, nil, c.Type) {
			out = append(out, object{part: &tablePart{r, "default value for column", c.Name}})
		}
		if calls(c.Generated, own, c.Type) {
			out = append(out, object{part: &tablePart{r, "column", c.Name}})
		}
	}
	for _, c := range r.Checks {
		if calls(c.Expr, own, col.Bool) {
			out = append(out, object{part: &tablePart{r, "constraint", c.Name}})
		}
	}
	return out
}

// dependency is an object that stands on another.
type dependency struct {
	object
	label, on string
}

func (d dependency) line() string { return d.label + " depends on " + d.on }

// standingOn lists what stands on an object, directly or not, each behind all that it stands on; what
// goes anyway is left out, and so is what was seen, which is added to.
func (e *env) standingOn(o object, gone map[catalog.OID]bool, seen map[string]bool) (out []dependency) {
	var walk func(on object)
	walk = func(on object) {
		for _, x := range slices.Backward(e.dependents(on)) {
			d := dependency{x, e.objectLabel(x), e.objectLabel(on)}
			if seen[d.label] || gone[x.oid()] {
				continue
			}
			if on.relation != nil && x.function != nil && x.function.IsMadeOf(on.relation) {
				d.on = "type " + ast.QuoteIdent(on.relation.Name)
			}
			seen[d.label] = true
			walk(x)
			out = append(out, d)
		}
	}
	walk(o)
	slices.Reverse(out)
	return out
}

// dependencies lists what stands on a relation, "view v depends on table t", deepest last.
func (e *env) dependencies(r *catalog.Relation, gone map[catalog.OID]bool) (lines []string) {
	for _, d := range e.standingOn(object{relation: r}, gone, map[string]bool{}) {
		lines = append(lines, d.line())
	}
	return lines
}

// dropping is a statement that drops objects; what stands on them goes with them or forbids it.
type dropping struct {
	*env
	targets []object
	schemas []*catalog.Schema
	cascade bool
	tag     string
}

// dropAll drops relations and schemas.
func (e *env) dropAll(targets []*catalog.Relation, schemas []*catalog.Schema, cascade bool, tag string) (*Plan, error) {
	d := &dropping{env: e, schemas: schemas, cascade: cascade, tag: tag}
	for _, r := range targets {
		d.target(object{relation: r})
	}
	return d.plan()
}

func (d *dropping) target(o object) {
	if !slices.Contains(d.targets, o) {
		d.targets = append(d.targets, o)
	}
}

// inSchema lists what stands in a schema and is not dropped already, by number.
func (d *dropping) inSchema(s *catalog.Schema, gone map[catalog.OID]bool) (out []object) {
	for r := range d.Catalog.Relations() {
		if r.Schema == s.OID && r.Kind != catalog.Index && !(r.Kind == catalog.Sequence && r.Sequence.Table != 0) && !gone[r.OID] {
			out = append(out, object{relation: r})
		}
	}
	for f := range d.Catalog.Functions() {
		if f.Schema == s.OID && !gone[f.OID] {
			out = append(out, object{function: f})
		}
	}
	for _, m := range d.Catalog.Models() {
		if m.Schema == s.OID && !gone[m.OID] {
			out = append(out, object{model: m})
		}
	}
	slices.SortFunc(out, func(a, b object) int { return cmp.Compare(a.oid(), b.oid()) })
	return out
}

// owned lists the sequences that go with tables, without a word.
func (d *dropping) owned(targets []object, inSchemas []dependency) (out []object) {
	for _, o := range inSchemas {
		targets = append(slices.Clip(targets), o.object)
	}
	for _, o := range targets {
		if o.relation == nil || o.relation.Kind == catalog.Sequence {
			continue
		}
		for _, s := range d.Catalog.OwnedSequences(o.oid()) {
			if s.Kind == catalog.Sequence && !slices.Contains(targets, object{relation: s}) {
				out = append(out, object{relation: s})
			}
		}
	}
	return out
}

func (d *dropping) plan() (*Plan, error) {
	gone, seen := map[catalog.OID]bool{}, map[string]bool{}
	for _, o := range d.targets {
		gone[o.oid()] = true
	}
	var inSchemas []dependency
	for _, s := range d.schemas {
		for _, o := range d.inSchema(s, gone) {
			gone[o.oid()] = true
			inSchemas = append(inSchemas, dependency{o, d.objectLabel(o), "schema " + ast.QuoteIdent(s.Name)})
		}
	}
	var also []dependency
	owned := d.owned(d.targets, inSchemas)
	for _, o := range owned {
		gone[o.oid()] = true
		also = append(also, d.standingOn(o, gone, seen)...)
	}
	for _, o := range inSchemas {
		also = append(append(also, o), d.standingOn(o.object, gone, seen)...)
	}
	for _, o := range d.targets {
		also = append(also, d.standingOn(o, gone, seen)...)
	}
	var lines, cascaded []string
	all := &droppedObjects{}
	for _, o := range slices.Concat(d.targets, owned) {
		all.add(d.env, o)
	}
	for _, o := range also {
		all.add(d.env, o.object)
		lines, cascaded = append(lines, o.line()), append(cascaded, "drop cascades to "+o.label)
	}
	for _, k := range d.foreignKeysOn(all.relations) {
		lines = append(lines, k.label(d.env)+" depends on "+d.label(k.on))
		cascaded = append(cascaded, "drop cascades to "+k.label(d.env))
		all.relations = append(all.relations, d.Catalog.Relation(k.Index))
	}
	if len(lines) > 0 && !d.cascade {
		return nil, d.refusal(lines)
	}
	d.noteCascade(cascaded)
	return d.drop(all)
}

// droppedObjects are all that go, by their kinds.
type droppedObjects struct {
	relations []*catalog.Relation
	functions []*catalog.Function
	models    []*catalog.Model
	parts     []*tablePart
}

// add adds an object, with its indexes.
func (all *droppedObjects) add(e *env, o object) {
	switch {
	case o.function != nil:
		all.functions = append(all.functions, o.function)
	case o.model != nil:
		all.models = append(all.models, o.model)
	case o.part != nil:
		all.parts = append(all.parts, o.part)
	default:
		all.relations = append(all.relations, o.relation)
		for _, x := range e.Catalog.Dependents(o.oid()) {
			if x.Kind == catalog.Index {
				all.relations = append(all.relations, x)
			}
		}
	}
}

// drop makes the plan.
func (d *dropping) drop(all *droppedObjects) (*Plan, error) {
	c := d.change()
	// What depends goes before what it depends on.
	relations := all.relations
	slices.SortFunc(relations, func(a, b *catalog.Relation) int { return int(b.OID) - int(a.OID) })
	relations = slices.Compact(relations)
	relations = d.topologically(relations)
	for _, r := range relations {
		c.drop(r)
	}
	for _, r := range relations {
		if r.Kind == catalog.Index && !slices.ContainsFunc(relations, func(o *catalog.Relation) bool { return o.OID == r.Index.Table }) {
			c.unindex(r)
		}
	}
	for _, p := range all.parts {
		if slices.Contains(relations, p.table) {
			continue
		}
		if p.kind == "column" {
			return nil, pgerr.Unsupported("dropping a generated column").WithHint("Drop table %q first.", p.table.Name)
		}
		c.withoutPart(p, all)
	}
	for _, f := range all.functions {
		c.diff.Changes = append(c.diff.Changes, catalog.Change{Drop: &catalog.Dropped{OID: f.OID, Version: f.Version}})
	}
	for _, m := range all.models {
		c.diff.Changes = append(c.diff.Changes, catalog.Change{Drop: &catalog.Dropped{OID: m.OID, Version: m.Version}})
	}
	for _, s := range d.schemas {
		c.diff.Changes = append(c.diff.Changes, catalog.Change{Drop: &catalog.Dropped{OID: s.OID, Version: s.Version}})
	}
	return c.done(d.tag), nil
}

// changed is the description of a table that the change has already, or that of the catalog, to
// be changed.
func (c *change) changed(oid catalog.OID) *catalog.Relation {
	for i, ch := range c.diff.Changes {
		if ch.Relation != nil && ch.Relation.OID == oid {
			t := *ch.Relation
			c.diff.Changes[i].Relation = &t
			return &t
		}
	}
	t := *c.Catalog.Relation(oid)
	c.replace(&t)
	return &t
}

// withoutPart takes a default or a check, and the functions and models that go, off a table.
func (c *change) withoutPart(p *tablePart, all *droppedObjects) {
	t := c.changed(p.table.OID)
	t.Functions = slices.DeleteFunc(slices.Clone(t.Functions), func(oid catalog.OID) bool {
		return slices.ContainsFunc(all.functions, func(f *catalog.Function) bool { return f.OID == oid })
	})
	t.Models = slices.DeleteFunc(slices.Clone(t.Models), func(u catalog.ModelUse) bool {
		return slices.ContainsFunc(all.models, func(m *catalog.Model) bool { return m.OID == u.Model })
	})
	if p.kind == "constraint" {
		t.Checks = slices.DeleteFunc(slices.Clone(t.Checks), func(k catalog.Check) bool { return k.Name == p.name })
		return
	}
	t.Columns = slices.Clone(t.Columns)
	k := &t.Columns[t.ColumnIndex(p.name)]
	k.Default, k.Sequences = "", nil
}

// refusal is the error of a DROP without CASCADE.
func (d *dropping) refusal(lines []string) error {
	what, pronoun := "desired object(s)", "them"
	switch {
	case len(d.schemas) == 1:
		what, pronoun = "schema "+ast.QuoteIdent(d.schemas[0].Name), "it"
	case len(d.schemas) == 0 && len(d.targets) == 1:
		what, pronoun = d.objectLabel(d.targets[0]), "it"
	}
	return pgerr.New(pgerr.DependentObjectsStillExist, "cannot drop %s because other objects depend on %s", what, pronoun).
		WithDetail("%s", clipLines(lines)).WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
}
