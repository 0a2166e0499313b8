package catalog

import "slices"

var _ = millraceView(9006, "columns", `
	oid oid, schema name, relation name, name name, position int4, type text, not_null bool, default_value text, generated text, hidden bool`, millraceColumns)

var _ = keyed(Millrace, "columns", "", "oid", "relation")

// millraceColumns has the hidden columns too.
func millraceColumns(q *Request, w *rows) {
	for r := range q.userOwners() {
		for i, k := range r.Columns {
			w.add(num(r.OID), str(q.schema(r)), str(r.Name), str(k.Name), num(k.Attnum), str(q.Catalog.FormatType(q.Path, k.Type)),
				flag(k.NotNull || slices.Contains(r.PrimaryKey, i)), strOrNull(q.Catalog.DefaultSQL(q.Path, k)), strOrNull(k.Generated), flag(k.Hidden))
		}
	}
}
