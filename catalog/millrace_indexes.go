package catalog

import "github.com/millracedb/millrace/base/typeio"

var _ = millraceView(9007, "indexes", `
	oid oid, schema name, relation name, name name, columns _text, is_unique bool, is_primary bool`, millraceIndexes)

var _ = keyed(Millrace, "indexes", "oid", "", "name")

func millraceIndexes(q *Request, w *rows) {
	for r := range q.userRelations() {
		if r.Kind != Index {
			continue
		}
		t := q.Catalog.made(r.Index.Table)
		elems := make([][]byte, len(r.Index.Columns))
		for i, p := range r.Index.Columns {
			elems[i] = []byte(t.Columns[p].Name)
		}
		w.add(num(r.OID), str(q.schema(t)), str(t.Name), str(r.Name), stored(typeio.AppendTextArray(nil, elems)), flag(r.Index.Unique), flag(r.Index.Primary))
	}
}
