package catalog

var _ = infoView(13250, "character_sets", `
	character_set_catalog name, character_set_schema name, character_set_name name, character_repertoire name, form_of_use name,
	default_collate_catalog name, default_collate_schema name, default_collate_name name`, informationSchemaCharacterSets)

func informationSchemaCharacterSets(q *Request, w *rows) {
	w.add(null, null, str("UTF8"), str("UCS"), str("UTF8"), str(q.Database), null, null)
}
