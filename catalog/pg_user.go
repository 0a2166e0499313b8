package catalog

var _ = pgTable(12014, "pg_user", `
	usename name, usesysid oid, usecreatedb bool, usesuper bool, userepl bool, usebypassrls bool, passwd text, valuntil timestamptz, useconfig _text`, pgUser)

func pgUser(q *Request, w *rows) { users(q, w, str(hiddenPassword)) }
