package catalog

var _ = infoView(13411, "table_constraints", `
	constraint_catalog name, constraint_schema name, constraint_name name, table_catalog name, table_schema name, table_name name,
	constraint_type varchar, is_deferrable varchar(3), initially_deferred varchar(3), enforced varchar(3), nulls_distinct varchar(3)`, informationSchemaTableConstraints)

var _ = keyed(InformationSchema, "table_constraints", "", "", "table_name")

func informationSchemaTableConstraints(q *Request, w *rows) {
	for r := range q.userOwners() {
		db, schema := str(q.Database), str(q.schema(r))
		add := func(name, kind string, deferrable, deferred bool) {
			distinct := null
			if kind == "UNIQUE" {
				distinct = yesNo(true)
			}
			w.add(db, schema, str(name), db, schema, str(r.Name), str(kind), yesNo(deferrable), yesNo(deferred), yesNo(true), distinct)
		}
		for _, k := range q.Catalog.Constraints(r) {
			add(k.Name, constraintKinds[k.Kind], k.Foreign != nil && k.Foreign.Deferrable, k.Foreign != nil && k.Foreign.Deferred)
		}
		for _, k := range notNulls(q.Catalog, r) {
			add(k.constraint, "CHECK", false, false)
		}
	}
}

var constraintKinds = map[byte]string{'p': "PRIMARY KEY", 'u': "UNIQUE", 'f': "FOREIGN KEY", 'c': "CHECK"}
