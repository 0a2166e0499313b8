package catalog

var _ = infoView(13227, "information_schema_catalog_name", `
	catalog_name name`, informationSchemaCatalogName)

func informationSchemaCatalogName(q *Request, w *rows) { w.add(str(q.Database)) }
