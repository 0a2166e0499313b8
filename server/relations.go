package server

import (
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/planner"
)

// engineRelation is a stored relation as the engine knows it.
func engineRelation(c *catalog.Catalog, r *catalog.Relation) (*exec.Relation, error) {
	x := &exec.Relation{OID: uint32(r.OID), Name: r.Name, Types: r.Types(), Key: r.Identity(), RowID: rowID(r), Watermark: -1,
		Temporary: r.Temporary, Bag: r.Kind == catalog.Stream, View: r.Kept(), History: r.History, Into: uint32(r.Into)}
	if schema := c.Schema(r.Schema); schema != nil { // what a SUBSCRIBE to a query reads is in none
		x.Title = schema.Name + "." + r.Name
	}
	for _, k := range r.Columns {
		x.Names = append(x.Names, k.Name)
	}
	for i, k := range r.Columns {
		if r.Kind == catalog.Sink && k.NotNull {
			x.NotNull = append(x.NotNull, i)
		}
	}
	if x.View {
		return x, viewShape(x, r)
	}
	x.Unique, x.References = uniqueSets(c, r), references(c, r)
	if x.Bag {
		x.Key = nil
	}
	if r.Watermark != nil {
		x.Watermark = r.Watermark.Column
		var err error
		if x.Delay, err = planner.WatermarkDelay(c, r); err != nil {
			return nil, err
		}
		if x.IdleTimeout, err = planner.IdleTimeout(r); err != nil {
			return nil, err
		}
		if x.MaxAhead, err = planner.MaxAhead(r); err != nil {
			return nil, err
		}
		x.Late = map[string]exec.LatePolicy{"divert": exec.Divert, "drop": exec.Drop, "keep": exec.Keep}[r.Option("late", "divert")]
	}
	age, bounded, err := planner.Retention(r)
	x.Retention.Age, x.Retention.None = age, bounded && age == 0
	return x, err
}

func rowID(r *catalog.Relation) int {
	if i := r.ColumnIndex(catalog.RowID); i >= 0 && r.Columns[i].Hidden {
		return i
	}
	return -1
}

// viewShape says how a view's rows are told apart.
func viewShape(x *exec.Relation, r *catalog.Relation) error {
	root, _, err := planner.Parse(r.Plan)
	if err != nil {
		return err
	}
	x.Undivided = planner.Arrives(root)
	x.Key, x.Changing = r.PrimaryKey, r.Changing
	if planner.Derive(root).AppendOnly && !r.Changing {
		x.Bag, x.Key = true, nil
	}
	return nil
}

// uniqueSets are the constraints that the engine keeps: the primary key by the identity,
// others by their indexes, and the hidden row id where a constraint can lead to a row of
// the same tick, or has to tell which are still there.
func uniqueSets(c *catalog.Catalog, r *catalog.Relation) []exec.Unique {
	var out []exec.Unique
	for _, oid := range r.Indexes {
		i := c.Relation(oid)
		if i == nil || !i.Index.Unique {
			continue
		}
		u := exec.Unique{Name: i.Name, Index: indexName(i.OID), Cols: i.Index.Columns, Primary: i.Index.Primary}
		if i.Index.Primary {
			u.Index = ""
		}
		out = append(out, u)
	}
	if r.PrimaryKey == nil && len(out)+len(r.References) > 0 {
		out = append(out, exec.Unique{Cols: r.Identity(), Primary: true})
	}
	return out
}

// references are the foreign keys that the engine keeps.
func references(c *catalog.Catalog, r *catalog.Relation) []exec.Reference {
	var out []exec.Reference
	for _, f := range r.References {
		key := c.Relation(f.KeyOf)
		if key == nil || c.Relation(f.Index) == nil { // dropped again by the transaction that creates the table
			continue
		}
		out = append(out, exec.Reference{Name: f.Name, Index: indexName(f.Index), Cols: f.Columns, Rel: uint32(f.Table), Key: f.Key, Unique: storeIndex(key)})
	}
	return out
}

// indexName names an index in its relation's store.
func indexName(oid catalog.OID) string { return "i" + oidText(oid) }
