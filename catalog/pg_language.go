package catalog

var _ = pgTable(2612, "pg_language", `
	oid oid, lanname name, lanowner oid, lanispl bool, lanpltrusted bool, lanplcallfoid oid, laninline oid, lanvalidator oid, lanacl _aclitem`, pgLanguage)

func pgLanguage(_ *Request, w *rows) {
	w.literal("12\tinternal\t10\tf\tf\t0\t0\t2246\n13\tc\t10\tf\tf\t0\t0\t2247\n14\tsql\t10\tf\tt\t0\t0\t2248\n")
}
