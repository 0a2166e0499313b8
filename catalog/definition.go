package catalog

import (
	"strconv"
	"strings"
)

// Constraint is a PRIMARY KEY, UNIQUE, FOREIGN KEY or CHECK constraint of a relation.
type Constraint struct {
	OID      OID
	Name     string
	Kind     byte // p, u, f or c, as pg_constraint.contype
	Relation *Relation
	Index    OID   // that enforces it, of a FOREIGN KEY the referenced table's; 0: none
	Columns  []int // positions; nil: of a CHECK
	Check    string
	Foreign  *Reference // of a FOREIGN KEY; else nil
}

// Constraints lists the constraints of a relation: those with an index by its number, then
// the foreign keys, then the checks by name.
func (c *Catalog) Constraints(r *Relation) []Constraint {
	var out []Constraint
	for _, oid := range r.Indexes {
		ix := c.made(oid)
		if ix == nil || !ix.Index.Unique || !ix.Index.Constraint && !ix.Index.Primary {
			continue
		}
		k := Constraint{OID: oid + rowType, Name: ix.Name, Kind: 'u', Relation: r, Index: oid, Columns: ix.Index.Columns}
		if ix.Index.Primary {
			k.Kind = 'p'
		}
		out = append(out, k)
	}
	for i := range r.References {
		f := &r.References[i]
		out = append(out, Constraint{OID: f.Index + rowType, Name: f.Name, Kind: 'f', Relation: r, Index: f.KeyOf, Columns: f.Columns, Foreign: f})
	}
	for i, k := range r.Checks {
		out = append(out, Constraint{OID: partOID(r, i+1), Name: k.Name, Kind: 'c', Relation: r, Check: k.Expr})
	}
	return out
}

// ConstraintOf returns the constraint with the number; false: there is none.
func (c *Catalog) ConstraintOf(oid OID) (Constraint, bool) {
	for r := range c.Relations() {
		for _, k := range c.Constraints(r) {
			if k.OID == oid {
				return k, true
			}
		}
	}
	return Constraint{}, false
}

const (
	partMark     OID = 1 << 31
	partBits         = 11
	partRelation     = 1<<20 - 1
)

// partOID is the number of what belongs to a relation and has no number of its own: a CHECK
// constraint, a default, a view's rule. It follows from the relation's, so that it is the same
// in every version and after every start, and lies above all numbers from the counter. No
// two are the same before a million numbers have been given.
func partOID(r *Relation, part int) OID {
	return partMark | ((r.OID-FirstOID)&partRelation)<<partBits | OID(part)&(1<<partBits-1)
}

// ConstraintDefinition is pg_get_constraintdef; path says where the referenced table's schema
// may be left out.
func (c *Catalog) ConstraintDefinition(path []string, k Constraint) string {
	switch k.Kind {
	case 'c':
		return "CHECK ((" + k.Check + "))"
	case 'p':
		return "PRIMARY KEY (" + identList(k.Relation, k.Columns, nil) + ")" + include(k.Relation, c.made(k.Index).Index)
	case 'f':
		return c.foreignKeyDefinition(path, k)
	}
	return "UNIQUE (" + identList(k.Relation, k.Columns, nil) + ")" + include(k.Relation, c.made(k.Index).Index)
}

// foreignKeyDefinition is pg_get_constraintdef of a foreign key.
func (c *Catalog) foreignKeyDefinition(path []string, k Constraint) string {
	to := c.made(k.Foreign.Table)
	return "FOREIGN KEY (" + identList(k.Relation, k.Columns, nil) + ") REFERENCES " + c.qualified(path, to) + "(" + identList(to, k.Foreign.Key, nil) + ")" +
		action(" ON UPDATE ", k.Foreign.Update) + action(" ON DELETE ", k.Foreign.Delete) + deferral(k.Foreign)
}

func deferral(f *Reference) string {
	switch {
	case f.Deferred:
		return " DEFERRABLE INITIALLY DEFERRED"
	case f.Deferrable:
		return " DEFERRABLE"
	}
	return ""
}

func action(clause string, a byte) string {
	if a == 0 {
		return ""
	}
	return clause + actions[a]
}

// actions are the words for what becomes of rows whose key is gone.
var actions = map[byte]string{0: "NO ACTION", 'r': "RESTRICT", 'c': "CASCADE"}

func identList(r *Relation, positions []int, desc []bool) string {
	var b strings.Builder
	for i, p := range positions {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quoteIdent(r.Columns[p].Name))
		if i < len(desc) && desc[i] {
			b.WriteString(" DESC")
		}
	}
	return b.String()
}

// IndexDefinition is pg_get_indexdef: the CREATE INDEX of an index, its table with the schema
// unless that is to be left out where path leads to it. Empty: oid is no index.
func (c *Catalog) IndexDefinition(oid OID, path []string, leaveOut bool) string {
	ix := c.made(oid)
	if ix == nil || ix.Kind != Index {
		return ""
	}
	t := c.made(ix.Index.Table)
	on := quoteIdent(c.schemas[t.Schema].Name) + "." + quoteIdent(t.Name)
	if leaveOut {
		on = c.qualified(path, t)
	}
	unique := ""
	if ix.Index.Unique {
		unique = "UNIQUE "
	}
	return "CREATE " + unique + "INDEX " + quoteIdent(ix.Name) + " ON " + on + " USING btree (" + identList(t, ix.Index.Columns, ix.Index.Desc) + ")" + include(t, ix.Index)
}

// include is the INCLUDE of an index, if it has one.
func include(t *Relation, ix *IndexInfo) string {
	if len(ix.Included) == 0 {
		return ""
	}
	return " INCLUDE (" + identList(t, ix.Included, nil) + ")"
}

// IndexColumnDefinition is pg_get_indexdef for the column with a number from 1. Empty: there
// is none.
func (c *Catalog) IndexColumnDefinition(oid OID, column int) string {
	ix := c.made(oid)
	if ix == nil || ix.Kind != Index || column < 1 || column > len(ix.Index.All()) {
		return ""
	}
	return identList(c.made(ix.Index.Table), ix.Index.All()[column-1:column], nil)
}

// ViewDefinition is pg_get_viewdef: the query as it was written, and a semicolon. Empty: oid
// is no view.
func (c *Catalog) ViewDefinition(oid OID) string {
	r := c.made(oid)
	if r == nil || r.Kind != View && r.Kind != MaterializedView {
		return ""
	}
	return " " + strings.TrimRight(strings.TrimSpace(r.Query), "; \n\t") + ";"
}

// RuleDefinition is pg_get_ruledef: the rule that makes a view a view. Empty: oid is no rule.
func (c *Catalog) RuleDefinition(oid OID, path []string) string {
	for r := range c.Relations() {
		if (r.Kind == View || r.Kind == MaterializedView) && partOID(r, 0) == oid {
			return "CREATE RULE \"_RETURN\" AS ON SELECT TO " + c.qualified(path, r) + " DO INSTEAD " + c.ViewDefinition(r.OID)
		}
	}
	return ""
}

// RoleName is pg_get_userbyid.
func (c *Catalog) RoleName(oid OID) string {
	if r := c.roles[oid]; r != nil {
		return r.Name
	}
	return "unknown (OID=" + strconv.FormatUint(uint64(oid), 10) + ")"
}
