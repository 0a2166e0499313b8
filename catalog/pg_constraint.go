package catalog

import (
	"strconv"
	"strings"
)

var _ = pgTable(2606, "pg_constraint", `
	oid oid, conname name, connamespace oid, contype char, condeferrable bool, condeferred bool, convalidated bool, conrelid oid, contypid oid,
	conindid oid, conparentid oid, confrelid oid, confupdtype char, confdeltype char, confmatchtype char, conislocal bool, coninhcount int4,
	connoinherit bool, conkey _int2, confkey _int2, conpfeqop _oid, conppeqop _oid, conffeqop _oid, confdelsetcols _int2, conexclop _oid,
	conbin pg_node_tree`, pgConstraint)

var _ = keyed(PgCatalog, "pg_constraint", "", "conrelid", "")

func pgConstraint(q *Request, w *rows) {
	for r := range q.userOwners() {
		for _, k := range q.Catalog.Constraints(r) {
			keys, bin := null, null
			if k.Columns != nil {
				var elems []string
				for _, p := range k.Columns {
					elems = append(elems, strconv.Itoa(int(r.Columns[p].Attnum)))
				}
				keys = str("{" + strings.Join(elems, ",") + "}")
			} else {
				bin = str(k.Check)
			}
			w.add(join([]value{num(k.OID), str(k.Name), num(r.Schema), str(string(k.Kind)), flag(false), flag(false), flag(true), num(r.OID),
				num(0), num(k.Index), num(0), num(0), str(" "), str(" "), str(" "), flag(true), num(0), flag(k.Kind != 'c'), keys},
				nulls(6), []value{bin})...)
		}
	}
}
