package catalog

var _ = pgTable(2617, "pg_operator", `
	oid oid, oprname name, oprnamespace oid, oprowner oid, oprkind char, oprcanmerge bool, oprcanhash bool, oprleft oid, oprright oid, oprresult oid,
	oprcom oid, oprnegate oid, oprcode regproc, oprrest regproc, oprjoin regproc`, nil)
