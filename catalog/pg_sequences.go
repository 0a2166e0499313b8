package catalog

var _ = pgTable(12048, "pg_sequences", `
	schemaname name, sequencename name, sequenceowner name, data_type regtype, start_value int8, min_value int8, max_value int8, increment_by int8,
	cycle bool, cache_size int8, last_value int8`, pgSequences)

var _ = keyed(PgCatalog, "pg_sequences", "", "", "sequencename")

func pgSequences(q *Request, w *rows) {
	for r := range sequencesOf(q.userOwners()) {
		if q.foreign(r) {
			continue
		}
		last := null
		if q.LastValue != nil {
			if v, called := q.LastValue(r); called {
				last = num(v)
			}
		}
		s := r.Sequence
		w.add(str(q.schema(r)), str(r.Name), str(q.role(r.Owner)), num(s.Type), num(s.Start), num(s.Min), num(s.Max), num(s.Increment),
			flag(s.Cycle), num(s.Cache), last)
	}
}
