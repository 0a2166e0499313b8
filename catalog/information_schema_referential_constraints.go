package catalog

var _ = infoView(13339, "referential_constraints", `
	constraint_catalog name, constraint_schema name, constraint_name name, unique_constraint_catalog name, unique_constraint_schema name,
	unique_constraint_name name, match_option varchar, update_rule varchar, delete_rule varchar`, informationSchemaReferentialConstraints)

func informationSchemaReferentialConstraints(q *Request, w *rows) {
	for r := range q.userOwners() {
		db, schema := str(q.Database), str(q.schema(r))
		for _, k := range q.Catalog.Constraints(r) {
			if k.Foreign == nil {
				continue
			}
			// An index that no constraint made is no unique constraint.
			of := nulls(3)
			if key := q.Catalog.made(k.Index); key.Index.Constraint {
				of = []value{db, str(q.schema(key)), str(key.Name)}
			}
			w.add(join([]value{db, schema, str(k.Name)}, of, []value{str("NONE"), str(actions[k.Foreign.Update]), str(actions[k.Foreign.Delete])})...)
		}
	}
}
