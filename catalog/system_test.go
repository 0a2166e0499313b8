package catalog

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/typeio"
)

// testdata/columns.txt holds a line for each relation of pg_catalog and information_schema of
// a PostgreSQL 15: name, number, and for each column name:type[:modifier], domains as the types
// they stand on.
func TestColumnsArePostgreSQLs(t *testing.T) {
	golden, err := os.ReadFile("testdata/columns.txt")
	if err != nil {
		t.Fatal(err)
	}
	c := New("millrace")
	seen := map[OID]bool{}
	for line := range strings.Lines(string(golden)) {
		f := strings.Fields(line)
		schema, relation, _ := strings.Cut(f[0], ".")
		r := c.Named(c.SchemaNamed(schema).OID, relation)
		if r == nil {
			t.Errorf("%s is missing", f[0])
			continue
		}
		seen[r.OID] = true
		var got []string
		for _, k := range r.Columns {
			s := fmt.Sprintf("%s:%d", k.Name, k.Type.OID)
			if k.Type.Mod >= 0 {
				s += fmt.Sprintf(":%d", k.Type.Mod)
			}
			got = append(got, s)
		}
		if fmt.Sprint(r.OID) != f[1] || !slices.Equal(got, f[2:]) {
			t.Errorf("%s\n got %d %v\nwant %s %v", f[0], r.OID, got, f[1], f[2:])
		}
	}
	for _, r := range SystemRelations() {
		if !seen[r.OID] && r.Schema != Millrace {
			t.Errorf("PostgreSQL has no %s", r.Name)
		}
	}
}

// shop is a small database: two tables, a stream, views upon them, an index.
func shop(t *testing.T) *Catalog {
	t.Helper()
	column := func(n int16, name string, typ col.Type) Column { return Column{Name: name, Type: typ, Attnum: n} }
	customers := &Relation{OID: 20000, Schema: Public, Name: "customers", Kind: Table, Owner: BootstrapRole, Version: 1, PrimaryKey: []int{0},
		Indexes: []OID{20003, 20006}, Columns: []Column{column(1, "id", col.Int8), column(2, "Name", col.Type{OID: col.OIDVarchar, Mod: 14}),
			column(3, "balance", col.NumericType(10, 2)), column(4, "since", col.Timestamptz)},
		Checks: []Check{{"customers_balance_check", "balance >= 0"}}}
	customers.Columns[1].NotNull = true
	customers.Columns[2].Default = "0"
	index := func(oid OID, name string, info IndexInfo) *Relation {
		info.Table = 20000
		return &Relation{OID: oid, Schema: Public, Name: name, Kind: Index, Owner: BootstrapRole, Version: 1, DependsOn: []OID{20000}, Index: &info}
	}
	events := &Relation{OID: 20009, Schema: Public, Name: "events", Kind: Stream, Owner: BootstrapRole, Version: 1,
		Columns:   []Column{column(1, "ts", col.Timestamptz), column(2, "tags", col.TextArray), {Name: RowID, Type: col.Int8, Attnum: 3, Hidden: true}},
		Watermark: &Watermark{0, "ts - INTERVAL '5 seconds'"}, Options: map[string]string{"retention": "7 days", "late": "drop"}}
	view := func(oid OID, name string, kind Kind) *Relation {
		return &Relation{OID: oid, Schema: Public, Name: name, Kind: kind, Owner: BootstrapRole, Version: 1, DependsOn: []OID{20000},
			Query: "SELECT id FROM customers", Columns: []Column{column(1, "id", col.Int8)}}
	}
	return with(t, New("millrace"), Change{Relation: customers},
		Change{Relation: index(20003, "customers_pkey", IndexInfo{Columns: []int{0}, Unique: true, Primary: true, Constraint: true})},
		Change{Relation: index(20006, "by name", IndexInfo{Columns: []int{1, 2}, Desc: []bool{false, true}})},
		Change{Relation: events}, Change{Relation: view(20012, "v", View)}, Change{Relation: view(20015, "mv", MaterializedView)})
}

// read generates the rows of a system relation as COPY would print them, some columns of it:
// a * stands for all.
func read(t *testing.T, q *Request, relation, columns string) []string {
	t.Helper()
	schema, relation, _ := strings.Cut(relation, ".")
	r := q.Catalog.Named(q.Catalog.SchemaNamed(schema).OID, relation)
	var at []int
	for i, c := range r.Columns {
		if columns == "*" || slices.Contains(strings.Fields(columns), c.Name) {
			at = append(at, i)
		}
	}
	var lines []string
	err := Generate(context.Background(), r, q, func(b *col.Batch) error {
		for p := range b.Cols {
			b.Cols[p].Check(b.N)
			if got := b.Cols[p].Type; got != r.Columns[p].Type {
				t.Errorf("column %s is %v, want %v", r.Columns[p].Name, got, r.Columns[p].Type)
			}
		}
		for i := range b.N {
			var f []string
			for _, p := range at {
				v := &b.Cols[p]
				if v.Null(i) {
					f = append(f, "NULL")
				} else {
					f = append(f, string(typeio.AppendText(nil, v, i, nil)))
				}
			}
			lines = append(lines, strings.Join(f, "|"))
		}
		return nil
	})
	if err != nil {
		t.Fatalf("%s: %v", relation, err)
	}
	return lines
}

func request(t *testing.T) *Request {
	return &Request{Catalog: shop(t), User: "millrace", Database: "shop", Path: []string{"public"}}
}

func TestRows(t *testing.T) {
	for _, x := range []struct {
		relation, columns string
		only              string // lines that hold it; empty: those that name a relation of the shop
		want              string
	}{
		{"pg_catalog.pg_class", "oid relname relnamespace reltype relam relkind relnatts relchecks relhasindex relhasrules reloptions relreplident", "2200", `
20000|customers|2200|20001|2|t|r|4|1|f|d|NULL
20003|customers_pkey|2200|0|403|f|i|1|0|f|n|NULL
20006|by name|2200|0|403|f|i|2|0|f|n|NULL
20009|events|2200|20010|2|f|r|2|0|f|d|{late=drop,"retention=7 days"}
20012|v|2200|20013|0|f|v|1|0|t|n|NULL
20015|mv|2200|20016|2|f|m|1|0|f|d|NULL`},
		{"pg_catalog.pg_attribute", "attrelid attname atttypid attlen attnum attndims atttypmod attbyval attalign attstorage attnotnull atthasdef attcollation", "\n200", `
20000|id|20|8|1|0|-1|t|d|p|t|f|0
20000|Name|1043|-1|2|0|14|f|i|x|t|f|100
20000|balance|1700|-1|3|0|655366|f|i|m|f|t|0
20000|since|1184|8|4|0|-1|t|d|p|f|f|0
20003|id|20|8|1|0|-1|t|d|p|f|f|0
20006|Name|1043|-1|1|0|14|f|i|x|f|f|100
20006|balance|1700|-1|2|0|655366|f|i|m|f|f|0
20009|ts|1184|8|1|0|-1|t|d|p|f|f|0
20009|tags|1009|-1|2|1|-1|f|i|x|f|f|100
20012|id|20|8|1|0|-1|t|d|p|f|f|0
20015|id|20|8|1|0|-1|t|d|p|f|f|0`},
		{"pg_catalog.pg_attrdef", "adrelid adnum adbin", "", "20000|3|0"},
		{"pg_catalog.pg_type", "oid typname typnamespace typtype typcategory typrelid typelem typarray typinput", "2200", `
20001|customers|2200|c|C|20000|0|20002|2290
20002|_customers|2200|b|A|0|20001|0|750
20010|events|2200|c|C|20009|0|20011|2290
20011|_events|2200|b|A|0|20010|0|750
20013|v|2200|c|C|20012|0|20014|2290
20014|_v|2200|b|A|0|20013|0|750
20016|mv|2200|c|C|20015|0|20017|2290
20017|_mv|2200|b|A|0|20016|0|750`},
		{"pg_catalog.pg_index", "indexrelid indrelid indnatts indisunique indisprimary indkey indcollation indclass indoption", "", `
20003|20000|1|t|t|1|0|3124|0
20006|20000|2|f|f|2 3|100 0|3126 3125|0 3`},
		{"pg_catalog.pg_constraint", "conname contype conrelid conindid conkey conbin", "", `
customers_pkey|p|20000|20003|{1}|NULL
customers_balance_check|c|20000|0|NULL|balance >= 0`},
		{"pg_catalog.pg_indexes", "*", "", `
public|customers|customers_pkey|NULL|CREATE UNIQUE INDEX customers_pkey ON public.customers USING btree (id)
public|customers|by name|NULL|CREATE INDEX "by name" ON public.customers USING btree ("Name", balance DESC)`},
		{"pg_catalog.pg_tables", "*", "\npublic|", "public|customers|millrace|NULL|t|f|f|f\npublic|events|millrace|NULL|f|f|f|f"},
		{"pg_catalog.pg_views", "*", "\npublic|", "public|v|millrace| SELECT id FROM customers;"},
		{"pg_catalog.pg_matviews", "*", "", "public|mv|millrace|NULL|f|t| SELECT id FROM customers;"},
		{"pg_catalog.pg_rewrite", "rulename ev_class ev_type is_instead", "", "_RETURN|20012|1|t\n_RETURN|20015|1|t"},
		{"pg_catalog.pg_depend", "classid refclassid refobjid refobjsubid deptype", "", `
1259|2606|20004|0|i
2606|1259|20000|1|a
1259|1259|20000|2|a
1259|1259|20000|3|a
2618|1259|20012|0|i
2618|1259|20000|0|n
2618|1259|20015|0|i
2618|1259|20000|0|n`},
		{"pg_catalog.pg_namespace", "oid nspname nspowner", "", `
11|pg_catalog|10
2200|public|10
13000|information_schema|10
13001|millrace|10
13002|rw_catalog|10`},
		{"pg_catalog.pg_am", "*", "", "2|heap|3|t\n403|btree|330|i\n405|hash|331|i"},
		{"pg_catalog.pg_roles", "*", "", "millrace|t|t|t|t|t|t|-1|********|NULL|t|NULL|10"},
		{"pg_catalog.pg_authid", "*", "", "10|millrace|t|t|t|t|t|t|t|-1|NULL|NULL"},
		{"pg_catalog.pg_user", "*", "", "millrace|10|t|t|t|t|********|NULL|NULL"},
		{"pg_catalog.pg_shadow", "*", "", "millrace|10|t|t|t|t|NULL|NULL|NULL"},
		{"pg_catalog.pg_database", "oid datname datdba encoding datcollate datctype datlocprovider", "", "5|shop|10|6|c|C.UTF-8|C.UTF-8"},
		{"pg_catalog.pg_tablespace", "*", "", "1663|pg_default|10|NULL|NULL\n1664|pg_global|10|NULL|NULL"},
		{"pg_catalog.pg_language", "*", "sql", "14|sql|10|f|t|0|0|2248|NULL"},
		{"pg_catalog.pg_collation", "oid collname collprovider", "", "100|default|d\n950|C|c\n951|POSIX|c"},
		{"pg_catalog.pg_opclass", "*", "int8", "3124|403|int8_ops|11|10|1976|20|t|0"},
		{"information_schema.information_schema_catalog_name", "*", "", "shop"},
		{"information_schema.character_sets", "*", "", "NULL|NULL|UTF8|UCS|UTF8|shop|NULL|NULL"},
		{"information_schema.enabled_roles", "*", "", "millrace"},
		{"information_schema.schemata", "*", "public", "shop|public|millrace|NULL|NULL|NULL|NULL"},
		{"information_schema.tables", "table_catalog table_name table_type is_insertable_into", "shop|public", ""},
		{"information_schema.tables", "table_schema table_name table_type is_insertable_into", "\npublic|", `
public|customers|BASE TABLE|YES
public|events|BASE TABLE|YES
public|v|VIEW|NO`},
		{"information_schema.columns", "table_schema column_name ordinal_position column_default is_nullable data_type character_maximum_length character_octet_length " +
			"numeric_precision numeric_precision_radix numeric_scale datetime_precision udt_name is_generated is_updatable", "\npublic|", `
public|id|1|NULL|NO|bigint|NULL|NULL|64|2|0|NULL|int8|NEVER|YES
public|Name|2|NULL|NO|character varying|10|40|NULL|NULL|NULL|NULL|varchar|NEVER|YES
public|balance|3|0|YES|numeric|NULL|NULL|10|10|2|NULL|numeric|NEVER|YES
public|since|4|NULL|YES|timestamp with time zone|NULL|NULL|NULL|NULL|NULL|6|timestamptz|NEVER|YES
public|ts|1|NULL|YES|timestamp with time zone|NULL|NULL|NULL|NULL|NULL|6|timestamptz|NEVER|NO
public|tags|2|NULL|YES|ARRAY|NULL|NULL|NULL|NULL|NULL|NULL|_text|NEVER|NO
public|id|1|NULL|YES|bigint|NULL|NULL|64|2|0|NULL|int8|NEVER|NO`},
		{"information_schema.views", "table_schema table_name view_definition check_option", "\npublic|", "public|v| SELECT id FROM customers;|NONE"},
		{"information_schema.view_table_usage", "*", "", "shop|public|v|shop|public|customers"},
		{"information_schema.table_constraints", "constraint_name table_name constraint_type enforced", "", `
customers_pkey|customers|PRIMARY KEY|YES
customers_balance_check|customers|CHECK|YES
2200_20000_1_not_null|customers|CHECK|YES
2200_20000_2_not_null|customers|CHECK|YES`},
		{"information_schema.check_constraints", "*", "", `
shop|public|customers_balance_check|((balance >= 0))
shop|public|2200_20000_1_not_null|id IS NOT NULL
shop|public|2200_20000_2_not_null|"Name" IS NOT NULL`},
		{"information_schema.key_column_usage", "*", "", "shop|public|customers_pkey|shop|public|customers|id|1|NULL"},
		{"information_schema.constraint_column_usage", "*", "", "shop|public|customers|id|shop|public|customers_pkey"},
		{"information_schema.constraint_table_usage", "*", "", "shop|public|customers|shop|public|customers_pkey"},
		{"millrace.relations", "name kind owner columns depends_on", "", `
customers|table|millrace|4|{}
customers_pkey|index|millrace|1|{public.customers}
by name|index|millrace|2|{public.customers}
events|stream|millrace|2|{}
v|view|millrace|1|{public.customers}
mv|materialized view|millrace|1|{public.customers}`},
		{"millrace.streams", "*", "", "20009|public|events|ts|ts - INTERVAL '5 seconds'|drop|7 days"},
		{"millrace.views", "*", "", "20012|public|v|view|SELECT id FROM customers|NULL|f|NULL\n20015|public|mv|materialized view|SELECT id FROM customers|NULL|f|NULL"},
		{"millrace.columns", "relation name position type not_null default_value hidden", "events", `
events|ts|1|timestamp with time zone|f|NULL|f
events|tags|2|text[]|f|NULL|f
events|_row_id|3|bigint|f|NULL|t`},
		{"millrace.indexes", "*", "", `
20003|public|customers|customers_pkey|{id}|t|t
20006|public|customers|by name|{Name,balance}|f|f`},
	} {
		var got []string
		for _, line := range read(t, request(t), x.relation, x.columns) {
			if strings.Contains("\n"+line, x.only) {
				got = append(got, line)
			}
		}
		if want := strings.TrimSpace(x.want); strings.Join(got, "\n") != want {
			t.Errorf("%s (%s)\ngot\n%s\nwant\n%s", x.relation, x.columns, strings.Join(got, "\n"), want)
		}
	}
}

// Every relation makes rows of its own columns, empty or not, and all of them stand in pg_class.
func TestEveryRelationGenerates(t *testing.T) {
	q := request(t)
	classes := read(t, q, "pg_catalog.pg_class", "oid")
	types := read(t, q, "pg_catalog.pg_type", "oid")
	for _, r := range SystemRelations() {
		if r.Kind == System {
			read(t, q, q.schema(r)+"."+r.Name, "*")
		}
		if !slices.Contains(classes, fmt.Sprint(r.OID)) {
			t.Errorf("pg_class lacks %s", r.Name)
		}
		for _, k := range r.Columns {
			if !slices.Contains(types, fmt.Sprint(k.Type.OID)) {
				t.Errorf("pg_type lacks the type %d of %s.%s", k.Type.OID, r.Name, k.Name)
			}
		}
	}
}

// What a scan narrowed by a key gives is what is in the whole for that key.
func TestKeysNarrow(t *testing.T) {
	q := request(t)
	for n := range keyNames {
		r := q.Catalog.Named(n.schema, n.name)
		keys, full := Keys(r), q.schema(r)+"."+r.Name
		whole := read(t, q, full, "*")
		for _, x := range []struct {
			at  int
			key string
		}{{keys.OID, "20000"}, {keys.OID, "20003"}, {keys.OID, "1259"}, {keys.Of, "20000"}, {keys.Of, "20012"}, {keys.Of, "1259"},
			{keys.Name, "customers"}, {keys.Name, "v"}, {keys.Name, "nobody"}} {
			if x.at < 0 {
				continue
			}
			narrow := *q
			v := col.NewVector(r.Columns[x.at].Type)
			if err := typeio.ParseText(v, []byte(x.key), nil); err != nil {
				t.Fatal(err)
			}
			narrow.Narrow(r, x.at, v)
			if narrow.OID == 0 && narrow.Of == 0 && narrow.Name == "" {
				t.Errorf("%s.%s narrows nothing", full, r.Columns[x.at].Name)
			}
			pick := func(rows []string) []string {
				return slices.DeleteFunc(slices.Clone(rows), func(row string) bool { return strings.Split(row, "|")[x.at] != x.key })
			}
			if w, n := pick(whole), pick(read(t, &narrow, full, "*")); !slices.Equal(w, n) {
				t.Errorf("%s where %s = %s:\n%v\n%v", full, r.Columns[x.at].Name, x.key, w, n)
			}
		}
	}
}

func TestKeysAreColumns(t *testing.T) {
	for n, k := range keyNames {
		r := New("millrace").Named(n.schema, n.name)
		if keys := Keys(r); keys.OID < 0 && k[0] != "" || keys.Of < 0 && k[1] != "" || keys.Name < 0 && k[2] != "" {
			t.Errorf("%s has no %v", n.name, k)
		}
	}
}

func TestRowsOfOthers(t *testing.T) {
	q := request(t)
	q.Live = Generators{"millrace.watermarks": func(_ context.Context, q *Request, emit func(*col.Batch) error) error {
		b := col.NewBatch(col.Text, col.Text, col.Timestamptz, col.Bool, col.Timestamptz, col.Timestamptz, col.Int8)
		b.Cols[0].AppendString("events")
		b.Cols[1].AppendString("sql")
		b.Cols[2].AppendI64(0)
		b.Cols[3].AppendBool(false)
		b.Cols[4].AppendI64(0)
		b.Cols[5].AppendNull()
		b.Cols[6].AppendI64(7)
		b.Grow(1, 1)
		return emit(b)
	}}
	if got := read(t, q, "millrace.watermarks", "*"); len(got) != 1 || !strings.HasPrefix(got[0], "events|") {
		t.Errorf("got %v", got)
	}
}

func TestKeptRelations(t *testing.T) {
	var names []string
	c := New("millrace")
	for _, r := range Kept() {
		names = append(names, fmt.Sprintf("%d %s %s", r.OID, r.Name, r.Kind))
		if !r.Stored() || r.Identity() != nil || c.Relation(r.OID) != r || !IsSystemSchema(r.Schema) {
			t.Errorf("%s is not as it should be", r.Name)
		}
	}
	if got := strings.Join(names, ", "); got != "9001 errors table, 9002 late_rows stream" {
		t.Errorf("got %s", got)
	}
	on := table(20000, "mv", ErrorsOID)
	if _, err := c.With(Change{Relation: on}); err != nil {
		t.Errorf("a view on millrace.errors: %v", err)
	}
}

func TestCancelledScan(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	q := request(t)
	err := Generate(ctx, q.Catalog.Named(PgCatalog, "pg_class"), q, func(*col.Batch) error { return nil })
	if err != context.Canceled {
		t.Errorf("got %v", err)
	}
}
