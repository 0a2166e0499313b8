package catalog

import (
	"strings"

	"github.com/millracedb/millrace/base/col"
)

var _ = pgTable(2616, "pg_opclass", `
	oid oid, opcmethod oid, opcname name, opcnamespace oid, opcowner oid, opcfamily oid, opcintype oid, opcdefault bool, opckeytype oid`, pgOpclass)

// The btree operator classes of PostgreSQL 15 for the types that an index can hold.
const opclasses = `1978	403	int4_ops	11	10	1976	23	t	0
1979	403	int2_ops	11	10	1976	21	t	0
1981	403	oid_ops	11	10	1989	26	t	0
3122	403	date_ops	11	10	434	1082	t	0
3123	403	float8_ops	11	10	1970	701	t	0
3124	403	int8_ops	11	10	1976	20	t	0
3125	403	numeric_ops	11	10	1988	1700	t	0
3126	403	text_ops	11	10	1994	25	t	0
3127	403	timestamptz_ops	11	10	434	1184	t	0
3128	403	timestamp_ops	11	10	434	1114	t	0
10000	403	array_ops	11	10	397	2277	t	0
10003	403	bool_ops	11	10	424	16	t	0
10004	403	bpchar_ops	11	10	426	1042	t	0
10006	403	bytea_ops	11	10	428	17	t	0
10007	403	char_ops	11	10	429	18	t	0
10012	403	float4_ops	11	10	1970	700	t	0
10022	403	interval_ops	11	10	1982	1186	t	0
10028	403	name_ops	11	10	1994	19	t	2275
10038	403	time_ops	11	10	1996	1083	t	0
10044	403	varchar_ops	11	10	1994	25	f	0
10065	403	uuid_ops	11	10	2968	2950	t	0
10088	403	jsonb_ops	11	10	4033	3802	t	0
`

func pgOpclass(_ *Request, w *rows) { w.literal(opclasses) }

// opclassByType is the default operator class of a type.
var opclassByType = func() map[OID]OID {
	m := map[OID]OID{}
	for line := range strings.Lines(opclasses) {
		f := strings.Split(line, "\t")
		if f[7] == "t" {
			m[number(f[6])] = number(f[0])
		}
	}
	m[col.OIDVarchar] = m[col.OIDText]
	for _, t := range []OID{col.OIDRegclass, col.OIDRegtype, col.OIDRegproc, col.OIDRegnamespace} {
		m[t] = m[col.OIDOid]
	}
	return m
}()

func opclassOf(t OID) OID {
	if b := builtinByOID[t]; b != nil && b.elem != 0 && b.length < 0 {
		return opclassByType[2277] // anyarray
	}
	return opclassByType[t]
}
