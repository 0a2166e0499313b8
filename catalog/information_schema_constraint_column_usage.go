package catalog

var _ = infoView(13300, "constraint_column_usage", `
	table_catalog name, table_schema name, table_name name, column_name name, constraint_catalog name, constraint_schema name, constraint_name name`, informationSchemaConstraintColumnUsage)

func informationSchemaConstraintColumnUsage(q *Request, w *rows) {
	for r := range q.userOwners() {
		db, schema := str(q.Database), str(q.schema(r))
		for _, k := range q.Catalog.Constraints(r) {
			on, columns := q.Catalog.used(k)
			for _, p := range columns {
				w.add(db, str(q.schema(on)), str(on.Name), str(on.Columns[p].Name), db, schema, str(k.Name))
			}
		}
	}
}

// used is the table and the columns that a constraint uses: of a foreign key those that it
// refers to.
func (c *Catalog) used(k Constraint) (*Relation, []int) {
	if k.Foreign != nil {
		return c.made(k.Foreign.Table), k.Foreign.Key
	}
	return k.Relation, k.Columns
}
