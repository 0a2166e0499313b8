package catalog

var _ = millraceView(9005, "views", `
	oid oid, schema name, name name, kind text, definition text, plan text, history bool, time_zone text`, millraceViews)

var _ = keyed(Millrace, "views", "oid", "", "name")

func millraceViews(q *Request, w *rows) {
	for r := range q.userRelations() {
		if r.Kind == View || r.Kind == MaterializedView {
			w.add(num(r.OID), str(q.schema(r)), str(r.Name), str(r.Kind), str(r.Query), strOrNull(r.Plan), flag(r.History), strOrNull(r.Settings["timezone"]))
		}
	}
}
