package catalog

import "slices"

var _ = pgTable(2608, "pg_depend", `
	classid oid, objid oid, objsubid int4, refclassid oid, refobjid oid, refobjsubid int4, deptype char`, pgDepend)

// Numbers of the catalogs that objects of pg_depend are in.
const (
	classClass      OID = 1259
	procClass       OID = 1255
	attrdefClass    OID = 2604
	constraintClass OID = 2606
	rewriteClass    OID = 2618
)

// pgDepend says what PostgreSQL says: a view's rule stands on what the query reads, the rule
// belongs to the view, a default on the sequences that it names, a sequence on the column that owns it, a function on what its body names, an index to its constraint or its table's columns.
func pgDepend(q *Request, w *rows) {
	depends := func(class, oid, refClass, ref OID, sub int16, kind string) {
		w.add(num(class), num(oid), num(0), num(refClass), num(ref), num(sub), str(kind))
	}
	for r := range q.userOwners() {
		for _, f := range r.References {
			to := q.Catalog.made(f.Table)
			for _, p := range f.Key {
				depends(constraintClass, f.Index+rowType, classClass, f.Table, to.Columns[p].Attnum, "n")
			}
			depends(constraintClass, f.Index+rowType, classClass, f.KeyOf, 0, "n")
		}
		for _, k := range r.Columns {
			for _, s := range k.Sequences {
				if k.Identity == "" {
					depends(attrdefClass, partOID(r, int(k.Attnum)), classClass, s, 0, "n")
				}
			}
		}
		switch r.Kind {
		case Sequence:
			if s := r.Sequence; s.Identity {
				depends(classClass, r.OID, classClass, s.Table, s.Column, "i")
			} else if s.Table != 0 {
				depends(classClass, r.OID, classClass, s.Table, s.Column, "a")
			}
		case View, MaterializedView:
			rule := partOID(r, 0)
			depends(rewriteClass, rule, classClass, r.OID, 0, "i")
			for _, on := range r.DependsOn {
				depends(rewriteClass, rule, classClass, on, 0, "n")
			}
			for _, on := range r.Functions {
				depends(rewriteClass, rule, procClass, on, 0, "n")
			}
		case Index:
			t := q.Catalog.made(r.Index.Table)
			from, object := classClass, r.OID
			if r.Index.Constraint || r.Index.Primary {
				from, object = constraintClass, r.OID+rowType
				depends(classClass, r.OID, constraintClass, object, 0, "i")
			}
			for _, p := range slices.Compact(slices.Sorted(slices.Values(r.Index.All()))) {
				depends(from, object, classClass, t.OID, t.Columns[p].Attnum, "a")
			}
		}
	}
	for f := range q.Catalog.Functions() {
		for _, on := range f.DependsOn {
			class := classClass
			if q.Catalog.functions[on] != nil {
				class = procClass
			}
			depends(procClass, f.OID, class, on, 0, "n")
		}
	}
}
