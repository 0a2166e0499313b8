package catalog

var _ = millraceView(9004, "streams", `
	oid oid, schema name, name name, watermark_column name, watermark text, late text, retention text`, millraceStreams)

var _ = keyed(Millrace, "streams", "oid", "", "name")

func millraceStreams(q *Request, w *rows) {
	for r := range q.userRelations() {
		if r.Kind != Stream {
			continue
		}
		column, expr := null, null
		if m := r.Watermark; m != nil {
			column, expr = str(r.Columns[m.Column].Name), str(m.Expr)
		}
		w.add(num(r.OID), str(q.schema(r)), str(r.Name), column, expr, str(r.Option("late", "divert")), strOrNull(r.Option("retention", "")))
	}
}
