package catalog

var _ = pgTable(12000, "pg_roles", `
	rolname name, rolsuper bool, rolinherit bool, rolcreaterole bool, rolcreatedb bool, rolcanlogin bool, rolreplication bool, rolconnlimit int4,
	rolpassword text, rolvaliduntil timestamptz, rolbypassrls bool, rolconfig _text, oid oid`, pgRoles)

// hiddenPassword is what PostgreSQL shows for every password.
const hiddenPassword = "********"

func pgRoles(q *Request, w *rows) {
	for r := range q.Catalog.Roles() {
		s := flag(r.Superuser)
		w.add(str(r.Name), s, flag(true), s, s, flag(r.Login), s, num(-1), str(hiddenPassword), null, s, null, num(r.OID))
	}
}
