package catalog

import (
	"maps"
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/typeio"
)

var _ = pgTable(1259, "pg_class", `
	oid oid, relname name, relnamespace oid, reltype oid, reloftype oid, relowner oid, relam oid, relfilenode oid, reltablespace oid, relpages int4,
	reltuples float4, relallvisible int4, reltoastrelid oid, relhasindex bool, relisshared bool, relpersistence char, relkind char, relnatts int2,
	relchecks int2, relhasrules bool, relhastriggers bool, relhassubclass bool, relrowsecurity bool, relforcerowsecurity bool, relispopulated bool,
	relreplident char, relispartition bool, relrewrite oid, relfrozenxid xid, relminmxid xid, relacl _aclitem, reloptions _text, relpartbound pg_node_tree`, pgClass)

var _ = keyed(PgCatalog, "pg_class", "oid", "", "relname")

// Access methods, as pg_am numbers them.
const (
	heapAM  OID = 2
	btreeAM OID = 403
)

// shared are the relations that PostgreSQL keeps once for all databases.
var shared = map[OID]bool{1213: true, 1214: true, 1260: true, 1261: true, 1262: true, 2396: true, 2964: true, 3592: true, 6000: true, 6100: true, 6243: true}

func pgClass(q *Request, w *rows) {
	for r := range q.relations() {
		kind, am := relkind(r), OID(0)
		file, replica := r.OID, "n"
		tuples, pages := q.size(r)
		switch kind {
		case "r", "m":
			am = heapAM
			if r.OID >= FirstOID {
				replica = "d"
			}
		case "i":
			am = btreeAM
		case "S":
			file = r.Sequence.Counter
		default:
			file = 0
		}
		natts := int16(0)
		for _, k := range q.Catalog.shown(r) {
			natts = max(natts, k.Attnum)
		}
		w.add(num(r.OID), str(r.Name), num(r.Schema), num(r.TypeOID()), num(0), num(r.Owner), num(am), num(file), num(0), num(pages),
			flt(tuples), num(0), num(0), flag(len(r.Indexes) > 0), flag(shared[r.OID]), str(persistence(r)), str(kind), num(natts),
			num(len(r.Checks)), flag(kind == "v"), flag(false), flag(false), flag(false), flag(false), flag(true),
			str(replica), flag(false), num(0), str("0"), str("0"), null, relOptions(r), null)
	}
}

// size is the rows of a relation or of an index's table, -1: they are not counted, and its
// pages of 8 KB.
func (q *Request) size(r *Relation) (rows float64, pages int32) {
	of := r
	switch {
	case r.Kind == View || r.Kind == System && relkind(r) == "v":
		return 0, 0
	case r.Kind == Sequence:
		return 1, 1
	case r.Kind == Index:
		of = q.Catalog.Relation(r.Index.Table)
	}
	if q.Sizes == nil {
		return -1, 0
	}
	rows, bytes, known := q.Sizes(of.OID)
	if !known {
		return -1, 0
	}
	return rows, int32(min((bytes+8191)/8192, 1<<30))
}

// firstInitdb is the least number that PostgreSQL gives while it sets up a database: what
// stands in pg_catalog from there on are views.
const firstInitdb OID = 12000

// relkind is the letter of pg_class: a stream is a table.
func relkind(r *Relation) string {
	switch r.Kind {
	case View:
		return "v"
	case MaterializedView:
		return "m"
	case Index:
		return "i"
	case Sequence:
		return "S"
	case System:
		if r.OID >= firstInitdb && !strings.HasPrefix(r.Name, "sql_") || r.Schema == Millrace {
			return "v"
		}
	}
	return "r"
}

// persistence is the letter of pg_class: of a temporary relation t.
func persistence(r *Relation) string {
	if r.Temporary {
		return "t"
	}
	return "p"
}

func relOptions(r *Relation) value {
	if len(r.Options) == 0 {
		return null
	}
	var elems [][]byte
	for _, k := range slices.Sorted(maps.Keys(r.Options)) {
		elems = append(elems, []byte(k+"="+r.Options[k]))
	}
	return stored(typeio.AppendTextArray(nil, elems))
}
