package catalog

// keptRelation registers a relation that every database has and whose rows the engine keeps:
// it is stored, scanned and read by views as what users create is, but nobody may change it.
// Its rows have no identity.
func keptRelation(oid, schema OID, relation string, kind Kind, spec string) bool {
	systemTable(oid, schema, relation, columns(spec), nil)
	systemByOID[oid].relation.Kind = kind
	return true
}

// Kept lists the relations whose rows the engine keeps though nobody created them:
// millrace.errors and millrace.late_rows. [Catalog.Relations] leaves them out.
func Kept() (out []*Relation) {
	for _, r := range SystemRelations() {
		if r.Kind != System {
			out = append(out, r)
		}
	}
	return out
}
