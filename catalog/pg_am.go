package catalog

var _ = pgTable(2601, "pg_am", `
	oid oid, amname name, amhandler regproc, amtype char`, pgAm)

func pgAm(_ *Request, w *rows) {
	w.literal("2\theap\t3\tt\n403\tbtree\t330\ti\n405\thash\t331\ti\n")
}
