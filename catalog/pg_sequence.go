package catalog

import "iter"

var _ = pgTable(2224, "pg_sequence", `
	seqrelid oid, seqtypid oid, seqstart int8, seqincrement int8, seqmax int8, seqmin int8, seqcache int8, seqcycle bool`, pgSequence)

var _ = keyed(PgCatalog, "pg_sequence", "seqrelid", "", "")

func pgSequence(q *Request, w *rows) {
	for r := range sequencesOf(q.userRelations()) {
		s := r.Sequence
		w.add(num(r.OID), num(s.Type), num(s.Start), num(s.Increment), num(s.Max), num(s.Min), num(s.Cache), flag(s.Cycle))
	}
}

func sequencesOf(all iter.Seq[*Relation]) iter.Seq[*Relation] {
	return func(yield func(*Relation) bool) {
		for r := range all {
			if r.Kind == Sequence && !yield(r) {
				return
			}
		}
	}
}
