package catalog

import "github.com/millracedb/millrace/base/pgtext"

var _ = pgTable(1247, "pg_type", `
	oid oid, typname name, typnamespace oid, typowner oid, typlen int2, typbyval bool, typtype char, typcategory char, typispreferred bool,
	typisdefined bool, typdelim char, typrelid oid, typsubscript regproc, typelem oid, typarray oid, typinput regproc, typoutput regproc,
	typreceive regproc, typsend regproc, typmodin regproc, typmodout regproc, typanalyze regproc, typalign char, typstorage char, typnotnull bool,
	typbasetype oid, typtypmod int4, typndims int4, typcollation oid, typdefaultbin pg_node_tree, typdefault text, typacl _aclitem`, pgType)

var _ = keyed(PgCatalog, "pg_type", "oid", "", "typname")

// pgType has the built-in types, and for each relation that users created its row type and
// the array of it.
func pgType(q *Request, w *rows) {
	if q.OID < FirstOID {
		w.literal(frozenTypes)
		if q.OID != 0 {
			return
		}
	}
	for r := range q.Catalog.Relations() {
		if r.TypeOID() == 0 {
			continue
		}
		if row := r.OID + rowType; q.OID == 0 || q.OID == row {
			addRowType(w, r, row)
		}
		if array := r.OID + rowTypeArray; q.OID == 0 || q.OID == array {
			addRowTypeArray(w, r, array)
		}
	}
}

func addRowType(w *rows, r *Relation, oid OID) {
	w.add(join([]value{num(oid), str(r.Name), num(r.Schema), num(r.Owner), num(-1), flag(false), str("c"), str("C"), flag(false), flag(true),
		str(","), num(r.OID), num(0), num(0), num(r.OID + rowTypeArray)}, ioProcs("record"), []value{num(0)}, rowTypeTail)...)
}

func addRowTypeArray(w *rows, r *Relation, oid OID) {
	w.add(join([]value{num(oid), str(arrayTypeName(r.Name)), num(r.Schema), num(r.Owner), num(-1), flag(false), str("b"), str("A"), flag(false), flag(true),
		str(","), num(0), num(procByName["array_subscript_handler"]), num(r.OID + rowType), num(0)},
		ioProcs("array"), []value{num(procByName["array_typanalyze"])}, rowTypeTail)...)
}

// ioProcs are typinput to typmodout.
func ioProcs(kind string) []value {
	return []value{num(procByName[kind+"_in"]), num(procByName[kind+"_out"]), num(procByName[kind+"_recv"]), num(procByName[kind+"_send"]), num(0), num(0)}
}

// rowTypeTail is typalign and what follows it.
var rowTypeTail = []value{str("d"), str("x"), flag(false), num(0), num(-1), num(0), num(0), null, null, null}

// arrayTypeName is the name that PostgreSQL gives the array of a row type.
func arrayTypeName(relation string) string {
	return string(pgtext.TruncateName([]byte(arrayMark + relation)))
}
