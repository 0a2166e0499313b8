package catalog

var _ = pgTable(1262, "pg_database", `
	oid oid, datname name, datdba oid, encoding int4, datlocprovider char, datistemplate bool, datallowconn bool, datconnlimit int4, datfrozenxid xid,
	datminmxid xid, dattablespace oid, datcollate text, datctype text, daticulocale text, datcollversion text, datacl _aclitem`, pgDatabase)

// DatabaseOID is the number of the one database.
const DatabaseOID OID = 5

const encodingUTF8 = 6

func pgDatabase(q *Request, w *rows) {
	w.add(num(DatabaseOID), str(q.Database), num(BootstrapRole), num(encodingUTF8), str("c"), flag(false), flag(true), num(-1), str("716"),
		str("1"), num(1663), str("C.UTF-8"), str("C.UTF-8"), null, null, null)
}
