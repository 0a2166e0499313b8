package catalog

var _ = pgTable(2605, "pg_cast", `
	oid oid, castsource oid, casttarget oid, castfunc oid, castcontext char, castmethod char`, nil)
