package catalog

var _ = millraceView(9030, "models", `
	oid oid, schema name, name name, owner name, current_version int4, versions int4, format text, task text, bytes int8`, millraceModels)

func millraceModels(q *Request, w *rows) {
	for _, m := range q.Catalog.Models() {
		v, bytes := m.Of(m.Current), int64(0)
		for _, each := range m.Versions {
			bytes += each.Bytes
		}
		w.add(num(m.OID), str(q.Catalog.schemas[m.Schema].Name), str(m.Name), str(q.role(m.Owner)), num(m.Current), num(len(m.Versions)),
			str(v.Format), str(v.Task), num(bytes))
	}
}
