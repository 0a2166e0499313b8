package catalog

var _ = pgTable(2604, "pg_attrdef", `
	oid oid, adrelid oid, adnum int2, adbin pg_node_tree`, pgAttrdef)

var _ = keyed(PgCatalog, "pg_attrdef", "", "adrelid", "")

// The expressions are their SQL, which pg_get_expr returns as it is.
func pgAttrdef(q *Request, w *rows) {
	for r := range q.userOwners() {
		for _, k := range r.Columns {
			if text := q.Catalog.DefaultText(q.Path, k) + k.Generated; text != "" && !k.Hidden {
				w.add(num(partOID(r, int(k.Attnum))), num(r.OID), num(k.Attnum), str(text))
			}
		}
	}
}
