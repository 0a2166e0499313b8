package catalog

var _ = millraceView(9018, "sinks", `
	oid oid, schema name, name name, owner name, target text, definition text, plan text`, millraceSinks)

func millraceSinks(q *Request, w *rows) {
	for r := range q.Catalog.Relations() {
		if r.Kind == Sink {
			w.add(num(r.OID), str(q.schema(r)), str(r.Name), str(q.role(r.Owner)), str(q.Catalog.RelationName(nil, r.Into)), str(r.Query), str(r.Plan))
		}
	}
}
