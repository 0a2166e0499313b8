package catalog

import "slices"

var _ = infoView(13329, "key_column_usage", `
	constraint_catalog name, constraint_schema name, constraint_name name, table_catalog name, table_schema name, table_name name, column_name name,
	ordinal_position int4, position_in_unique_constraint int4`, informationSchemaKeyColumnUsage)

var _ = keyed(InformationSchema, "key_column_usage", "", "", "table_name")

func informationSchemaKeyColumnUsage(q *Request, w *rows) {
	for r := range q.userOwners() {
		db, schema := str(q.Database), str(q.schema(r))
		for _, k := range q.Catalog.Constraints(r) {
			for i, p := range k.Columns {
				in := null
				if k.Foreign != nil {
					in = num(slices.Index(q.Catalog.made(k.Index).Index.Columns, k.Foreign.Key[i]) + 1)
				}
				w.add(db, schema, str(k.Name), db, schema, str(r.Name), str(r.Columns[p].Name), num(i+1), in)
			}
		}
	}
}
