package catalog

var _ = pgTable(2600, "pg_aggregate", `
	aggfnoid regproc, aggkind char, aggnumdirectargs int2, aggtransfn regproc, aggfinalfn regproc, aggcombinefn regproc, aggserialfn regproc,
	aggdeserialfn regproc, aggmtransfn regproc, aggminvtransfn regproc, aggmfinalfn regproc, aggfinalextra bool, aggmfinalextra bool, aggfinalmodify char,
	aggmfinalmodify char, aggsortop oid, aggtranstype oid, aggtransspace int4, aggmtranstype oid, aggmtransspace int4, agginitval text, aggminitval text`, pgAggregate)

// pgAggregate has the aggregates that users created. A function of the system among those that one
// is made of is 0, as one that is not there: numbers of these are not known here.
func pgAggregate(q *Request, w *rows) {
	for f := range q.functions() {
		a := f.Aggregate
		if a == nil {
			continue
		}
		moving := Fold{Modify: a.Plain.Modify}
		if a.Moving != nil {
			moving = *a.Moving
		}
		initial := func(s *string) value {
			if s == nil {
				return null
			}
			return str(*s)
		}
		none := num(0)
		w.add(num(f.OID), str("n"), none, num(a.Plain.Step.OID), num(a.Plain.Final.OID), none, none, none, num(moving.Step.OID), num(moving.Inverse.OID),
			num(moving.Final.OID), flag(a.Plain.Extra), flag(moving.Extra), str(a.Plain.Modify), str(moving.Modify), none, num(a.Plain.State.OID), none,
			num(moving.State.OID), none, initial(a.Plain.Init), initial(moving.Init))
	}
}
