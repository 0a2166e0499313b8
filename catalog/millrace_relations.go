package catalog

import "github.com/millracedb/millrace/base/typeio"

var _ = millraceView(9003, "relations", `
	oid oid, schema name, name name, kind text, owner name, columns int4, depends_on _text`, millraceRelations)

var _ = keyed(Millrace, "relations", "oid", "", "name")

func millraceRelations(q *Request, w *rows) {
	for r := range q.userRelations() {
		columns := 0
		for range q.Catalog.shown(r) {
			columns++
		}
		w.add(num(r.OID), str(q.schema(r)), str(r.Name), str(r.Kind), str(q.role(r.Owner)), num(columns), relationNames(q, r.DependsOn))
	}
}

// relationNames is a text[] of names with their schemas.
func relationNames(q *Request, oids []OID) value {
	elems := make([][]byte, len(oids))
	for i, oid := range oids {
		elems[i] = []byte(q.Catalog.RelationName(nil, oid))
	}
	return stored(typeio.AppendTextArray(nil, elems))
}
