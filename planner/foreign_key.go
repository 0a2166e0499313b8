package planner

import (
	"fmt"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// foreignKey adds a constraint if it is a foreign key; columns are those it stands behind.
func (t *tableMaker) foreignKey(k *ast.Constraint, columns []int) error {
	if k.Kind != ast.ForeignKey {
		return nil
	}
	to, err := t.referenced(k)
	if err != nil {
		return err
	}
	if err := temporaryReference(t.r, to); err != nil {
		return err
	}
	more, err := referencedColumns(t.r, k.Columns)
	if err != nil {
		return err
	}
	f := catalog.Reference{Name: k.Name, Columns: append(columns, more...), Table: to.OID, Deferrable: k.Deferrable, Deferred: k.Deferred}
	if f.Key, err = referencedColumns(to, k.Key); err != nil {
		return err
	}
	if err := t.uniqueKey(&f, to); err != nil {
		return err
	}
	if len(f.Key) != len(f.Columns) {
		return pgerr.New(pgerr.InvalidForeignKey, "number of referencing and referenced columns for foreign key disagree")
	}
	if err := t.nameForeignKey(&f); err != nil {
		return err
	}
	for i := range f.Key {
		if err := t.comparable(&f, t.r.Columns[f.Columns[i]], to.Columns[f.Key[i]]); err != nil {
			return err
		}
	}
	f.Delete = map[ast.ReferentAction]byte{"RESTRICT": 'r', "CASCADE": 'c'}[k.OnDelete]
	name := f.Name
	if t.nameTaken(name) {
		name = freeName(t.nameTaken, f.Name, "", "idx")
	}
	ix := newIndex(t.env, t.r, name, &catalog.IndexInfo{Table: t.r.OID, Columns: f.Columns, Desc: make([]bool, len(f.Columns)), Constraint: true})
	f.Index = ix.OID
	t.indexes = append(t.indexes, ix)
	t.r.References = append(t.r.References, f)
	return nil
}

// referenced finds the table that a foreign key refers to: it may be the new one.
func (t *tableMaker) referenced(k *ast.Constraint) (*catalog.Relation, error) {
	n := k.Table
	schemas := t.Catalog.Path(t.Path)
	if n.Schema != "" {
		schemas = nil
		if s := t.Catalog.SchemaNamed(n.Schema); s != nil {
			schemas = []catalog.OID{s.OID}
		}
	}
	for _, s := range schemas {
		if s == t.r.Schema && n.Name == t.r.Name {
			return t.r, nil
		}
		if t.Catalog.Named(s, n.Name) != nil {
			break
		}
	}
	if n.Catalog != "" && n.Catalog != t.Database {
		return nil, pgerr.New(pgerr.FeatureNotSupported, "cross-database references are not implemented: %q", n.Catalog+"."+n.Schema+"."+n.Name)
	}
	r, err := t.Catalog.Lookup(t.Path, n.Schema, n.Name)
	if err != nil {
		return nil, err
	}
	if r.Kind != catalog.Table && r.Kind != catalog.System {
		return nil, pgerr.New(pgerr.WrongObjectType, "referenced relation %q is not a table", r.Name)
	}
	if err := refuseSystem(r); err != nil {
		return nil, err
	}
	t.use(r)
	return r, nil
}

func referencedColumns(r *catalog.Relation, names []ast.Ident) ([]int, error) {
	var out []int
	for _, id := range names {
		i := r.ColumnIndex(id.Name)
		if i < 0 || r.Columns[i].Hidden {
			return nil, pgerr.New(pgerr.UndefinedColumn, "column %q referenced in foreign key constraint does not exist", id.Name)
		}
		out = append(out, i)
	}
	return out, nil
}

// uniqueKey finds the unique index of just the columns that a foreign key refers to, the
// primary key's when it names none.
func (t *tableMaker) uniqueKey(f *catalog.Reference, to *catalog.Relation) error {
	if err := t.silent().refuseSinkTarget(to, 0, "a foreign key on"); err != nil {
		return err
	}
	indexes := slices.Clone(t.indexes)
	if to != t.r {
		indexes = indexes[:0]
		for _, oid := range to.Indexes {
			indexes = append(indexes, t.Catalog.Relation(oid))
		}
	}
	for i, c := range f.Key {
		if slices.Contains(f.Key[:i], c) {
			return pgerr.New(pgerr.InvalidForeignKey, "foreign key referenced-columns list must not contain duplicates")
		}
	}
	for _, ix := range indexes {
		switch {
		case f.Key == nil && ix.Index.Primary:
			f.Key, f.KeyOf = ix.Index.Columns, ix.OID
			return nil
		case ix.Index.Unique && sameSet(ix.Index.Columns, f.Key):
			f.KeyOf = ix.OID
			return nil
		}
	}
	if f.Key == nil {
		return pgerr.New(pgerr.UndefinedObject, "there is no primary key for referenced table %q", to.Name)
	}
	return pgerr.New(pgerr.InvalidForeignKey, "there is no unique constraint matching given keys for referenced table %q", to.Name)
}

// sameSet compares two lists without duplicates.
func sameSet(a, b []int) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(x int) bool { return !slices.Contains(b, x) })
}

// nameForeignKey names a foreign key as PostgreSQL does, or says that its name is taken.
func (t *tableMaker) nameForeignKey(f *catalog.Reference) error {
	own := func(n string) bool {
		return slices.ContainsFunc(t.r.References, func(o catalog.Reference) bool { return o.Name == n }) ||
			slices.ContainsFunc(t.r.Checks, func(o catalog.Check) bool { return o.Name == n }) ||
			slices.ContainsFunc(t.indexes, func(o *catalog.Relation) bool { return o.Name == n })
	}
	if f.Name == "" {
		f.Name = freeName(func(n string) bool { return own(n) || t.Catalog.HasConstraint(t.r.Schema, n) }, t.r.Name, columnNames(t.r, f.Columns), "fkey")
		return nil
	}
	if own(f.Name) {
		return pgerr.New(pgerr.DuplicateObject, "constraint %q for relation %q already exists", f.Name, t.r.Name)
	}
	return nil
}

// comparable refuses columns whose values cannot be looked up in each other.
func (t *tableMaker) comparable(f *catalog.Reference, a, b catalog.Column) error {
	if alike(a.Type, b.Type) {
		return nil
	}
	_, err := t.coerce(expr.NewColumn(0, a.Type), b.Type, fn.Implicit)
	if err == nil || a.Type.Is(b.Type) {
		return pgerr.Unsupported("a foreign key between columns of types %s and %s", a.Type, b.Type).WithHint("Give both columns the same type.")
	}
	return pgerr.New(pgerr.DatatypeMismatch, "foreign key constraint %q cannot be implemented", f.Name).
		WithDetail("%s", fmt.Sprintf("Key columns %q and %q are of incompatible types: %s and %s.", a.Name, b.Name, bare(a.Type), bare(b.Type)))
}

// alike reports whether equal values of the types are found in each other's indexes.
func alike(a, b col.Type) bool {
	for _, family := range [][]col.Type{{col.Int2, col.Int4, col.Int8}, {col.Text, col.Varchar}} {
		in := func(t col.Type) bool { return slices.ContainsFunc(family, t.Is) }
		if in(a) && in(b) {
			return true
		}
	}
	if a.Is(col.Numeric) { // the digits behind the point say how values are kept
		return b.Is(col.Numeric) && a == b
	}
	return a.Is(b)
}

// referenceError is the error for a TRUNCATE of a table that others refer to.
func referenceError(c, r *catalog.Relation) error {
	return pgerr.New(pgerr.FeatureNotSupported, "cannot truncate a table referenced in a foreign key constraint").
		WithDetail("Table %q references %q.", c.Name, r.Name).
		WithHint("Truncate table %q at the same time, or use TRUNCATE ... CASCADE.", c.Name)
}

// truncateReferrers holds a TRUNCATE against the foreign keys on its tables; with CASCADE the
// tables that refer to them are truncated too.
func (e *env) truncateReferrers(p *TruncatePlan, cascade bool) error {
	for i := 0; i < len(p.Relations); i++ {
		for _, c := range e.Catalog.Referrers(p.Relations[i].OID) {
			switch {
			case slices.Contains(p.Relations, c):
			case !cascade:
				return referenceError(c, p.Relations[i])
			default:
				e.notice(pgerr.New(pgerr.SuccessfulCompletion, "truncate cascades to table %q", c.Name))
				e.use(c)
				p.Relations = append(p.Relations, c)
			}
		}
	}
	return nil
}

// foreignKeysOn lists the foreign keys on relations or unique indexes that are dropped, but for
// those of tables that are dropped with them.
func (e *env) foreignKeysOn(dropped []*catalog.Relation) (out []droppedKey) {
	seen := map[catalog.OID]bool{}
	for _, r := range dropped {
		for _, c := range e.Catalog.Referrers(r.OID) {
			if slices.Contains(dropped, c) {
				continue
			}
			for _, f := range c.References {
				if (f.Table == r.OID || f.KeyOf == r.OID) && !seen[f.Index] {
					seen[f.Index] = true
					out = append(out, droppedKey{f, c, r})
				}
			}
		}
	}
	return out
}

// droppedKey is a foreign key of a table on a relation or an index that is dropped.
type droppedKey struct {
	catalog.Reference
	of, on *catalog.Relation
}

// label names the constraint as messages do.
func (d droppedKey) label(e *env) string {
	return fmt.Sprintf("constraint %s on %s", ast.QuoteIdent(d.Name), e.label(d.of))
}
