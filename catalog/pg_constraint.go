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
				keys = attnums(r, k.Columns)
			} else {
				bin = str(k.Check)
			}
			w.add(join([]value{num(k.OID), str(k.Name), num(r.Schema), str(string(k.Kind)), flag(k.Foreign != nil && k.Foreign.Deferrable), flag(k.Foreign != nil && k.Foreign.Deferred), flag(true), num(r.OID),
				num(0), num(k.Index), num(0)}, foreignOf(k), []value{flag(true), num(0), flag(k.Kind != 'c'), keys}, foreignKeys(q, k),
				nulls(2), []value{bin})...)
		}
	}
}

func attnums(r *Relation, columns []int) value {
	var elems []string
	for _, p := range columns {
		elems = append(elems, strconv.Itoa(int(r.Columns[p].Attnum)))
	}
	return str("{" + strings.Join(elems, ",") + "}")
}

// foreignOf is confrelid, confupdtype, confdeltype and confmatchtype.
func foreignOf(k Constraint) []value {
	if k.Foreign == nil {
		return []value{num(0), str(" "), str(" "), str(" ")}
	}
	of := func(a byte) value {
		if a == 0 {
			a = 'a'
		}
		return str(string(rune(a)))
	}
	return []value{num(k.Foreign.Table), of(k.Foreign.Update), of(k.Foreign.Delete), str("s")}
}

// foreignKeys is confkey, conpfeqop, conppeqop and conffeqop: which operators compare is not
// said.
func foreignKeys(q *Request, k Constraint) []value {
	if k.Foreign == nil {
		return nulls(4)
	}
	return append([]value{attnums(q.Catalog.made(k.Foreign.Table), k.Foreign.Key)}, nulls(3)...)
}
