package server

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/planner"
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/parse"
)

// engineRelation is a stored relation as the engine knows it.
func engineRelation(c *catalog.Catalog, r *catalog.Relation) (*exec.Relation, error) {
	x := &exec.Relation{OID: uint32(r.OID), Name: r.Name, Types: r.Types(), Key: r.Identity(), RowID: rowID(r), Watermark: -1,
		Bag: r.Kind == catalog.Stream, View: r.Kind == catalog.MaterializedView, History: r.History}
	for _, k := range r.Columns {
		x.Names = append(x.Names, k.Name)
	}
	if x.View {
		return x, viewShape(x, r)
	}
	x.Unique = uniqueSets(c, r)
	if x.Bag {
		x.Key = nil
	}
	if r.Watermark != nil {
		x.Watermark = r.Watermark.Column
		var err error
		if x.Delay, err = delayOf(r.Watermark.Expr); err != nil {
			return nil, err
		}
		x.Late = map[string]exec.LatePolicy{"divert": exec.Divert, "drop": exec.Drop, "keep": exec.Keep}[r.Option("late", "divert")]
	}
	if s := r.Option("retention", ""); s != "" {
		iv, err := datetime.ParseInterval(s, -1, &datetime.Settings{})
		if err != nil {
			return nil, err
		}
		x.Retention.Age = int64(iv.Months)*30*datetime.Day + int64(iv.Days)*datetime.Day + iv.Micros
	}
	return x, nil
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
	x.Key = r.PrimaryKey
	if planner.Derive(root).AppendOnly {
		x.Bag, x.Key = true, nil
	}
	return nil
}

// uniqueSets are the constraints that the engine keeps: the primary key by the identity,
// others by their indexes, and the hidden row id where a constraint can lead to a row of
// the same tick.
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
	if r.PrimaryKey == nil && len(out) > 0 {
		out = append(out, exec.Unique{Cols: r.Identity(), Primary: true})
	}
	return out
}

// indexName names an index in its relation's store.
func indexName(oid catalog.OID) string { return "i" + oidText(oid) }

// delayOf is how far a watermark stays behind the greatest time: of WATERMARK FOR ts AS ts
// - interval, in µs.
func delayOf(text string) (int64, error) {
	x, err := parse.Expr(text)
	if err != nil {
		return 0, err
	}
	if b, ok := x.(*ast.Binary); ok && b.Op.Name == "-" {
		if s, ok := intervalText(b.Right); ok {
			iv, err := datetime.ParseInterval(s, -1, &datetime.Settings{})
			if err != nil {
				return 0, err
			}
			if iv.Months == 0 {
				return int64(iv.Days)*datetime.Day + iv.Micros, nil
			}
		}
	}
	if _, ok := x.(*ast.ColumnRef); ok {
		return 0, nil
	}
	return 0, pgerr.Unsupported("a watermark other than the column minus a constant interval").
		WithHint("Write WATERMARK FOR ts AS ts - INTERVAL '5 seconds'; months are not constant.")
}

// intervalText is the text of an interval literal in any of its spellings.
func intervalText(x ast.Expr) (string, bool) {
	switch x := x.(type) {
	case *ast.TypedLiteral:
		return x.Value, true
	case *ast.Cast:
		return intervalText(x.Expr)
	case *ast.String:
		return x.Value, true
	}
	return "", false
}

func columnsOf(r *catalog.Relation) []col.Column {
	out := make([]col.Column, len(r.Columns))
	for i, c := range r.Columns {
		out[i] = col.Column{Name: c.Name, Type: c.Type}
	}
	return out
}
