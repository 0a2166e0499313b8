package planner

import (
	"strings"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/typeio"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/parse"
)

// session is a Host with fixed answers.
type session struct {
	c        *catalog.Catalog
	settings map[string]string
}

func (s *session) CurrentCatalog() *catalog.Catalog { return s.c }
func (s *session) CurrentUser() string              { return "millrace" }
func (s *session) CurrentDatabase() string          { return "shop" }
func (s *session) SearchPath() []string             { return []string{"public", "nowhere"} }
func (s *session) Version() string                  { return "PostgreSQL 15.0 (Millrace 1.0.0)" }
func (s *session) BackendPID() int32                { return 42 }
func (s *session) StartTime() int64                 { return 0 }
func (s *session) RelationSize(o catalog.OID) int64 { return int64(o) }

func (s *session) Setting(name string) (string, bool) {
	v, ok := s.settings[name]
	return v, ok
}

func (s *session) SetSetting(name, value string, local bool) (string, error) {
	s.settings[name] = value
	return value, nil
}

func (s *session) Sequences() Sequences { return noSequences{} }

func (s *session) Signal(pid int32, terminate bool) (bool, error) {
	return pid == 42 && !terminate, nil
}

// shopCatalog has a table with a key, an index and a check, and a view, in public; and a table in
// the schema "Other".
func shopCatalog(t *testing.T) *catalog.Catalog {
	t.Helper()
	id := catalog.Column{Name: "id", Type: col.Int8, Attnum: 1}
	name := catalog.Column{Name: "Name", Type: col.Text, Attnum: 2, NotNull: true}
	relation := func(oid, schema catalog.OID, name string, kind catalog.Kind, columns ...catalog.Column) *catalog.Relation {
		return &catalog.Relation{OID: oid, Schema: schema, Name: name, Kind: kind, Owner: catalog.BootstrapRole, Version: 1, Columns: columns}
	}
	orders := relation(20000, catalog.Public, "orders", catalog.Table, id, name)
	orders.PrimaryKey, orders.Indexes = []int{0}, []catalog.OID{20003, 20006}
	orders.Checks = []catalog.Check{{Name: "positive", Expr: "id > 0"}}
	key := relation(20003, catalog.Public, "orders_pkey", catalog.Index)
	key.Index, key.DependsOn = &catalog.IndexInfo{Table: 20000, Columns: []int{0}, Unique: true, Primary: true, Constraint: true}, []catalog.OID{20000}
	index := relation(20006, catalog.Public, "by_name", catalog.Index)
	index.Index, index.DependsOn = &catalog.IndexInfo{Table: 20000, Columns: []int{1, 0}, Desc: []bool{true, false}}, []catalog.OID{20000}
	view := relation(20009, catalog.Public, "v", catalog.View, id)
	view.Query, view.DependsOn = "SELECT id FROM orders;", []catalog.OID{20000}
	c, err := catalog.New("millrace").With(catalog.Change{Schema: &catalog.Schema{OID: 19000, Name: "Other", Owner: catalog.BootstrapRole, Version: 1}},
		catalog.Change{Relation: orders}, catalog.Change{Relation: key}, catalog.Change{Relation: index}, catalog.Change{Relation: view},
		catalog.Change{Relation: relation(20012, 19000, "hidden", catalog.Table, id)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// answer evaluates an expression for a session; what is no text is printed by its type's output
// function.
func answer(t *testing.T, h *session, text string) (string, error) {
	t.Helper()
	x, err := parse.Expr(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	e := newEnv(&Env{Catalog: h.c, Path: h.SearchPath(), User: "millrace", Database: "shop"}, nil)
	b := &binder{env: e, clause: clause{name: "SELECT"}}
	bound, err := b.value(x)
	if err != nil {
		return "", err
	}
	c := fn.NewCtx(&datetime.Settings{}, 7)
	c.Host = h
	v := bound.Eval(c, &col.Batch{N: 1}, nil)
	if f := NameOf(v.Type); f != nil {
		v = f.Apply(c, []*col.Vector{v}, nil, 1, col.Text)
	}
	if err := c.CutMarks(0); err != nil {
		return "", err
	}
	if v.Null(0) {
		return "NULL", nil
	}
	return string(typeio.AppendText(nil, v, 0, c.Settings)), nil
}

func TestCatalogFunctions(t *testing.T) {
	for _, x := range []struct{ text, want string }{
		{"version()", "PostgreSQL 15.0 (Millrace 1.0.0)"},
		{"current_database()", "shop"},
		{"current_schema()", "public"},
		{"current_schemas(true)", "{pg_catalog,public}"},
		{"current_schemas(false)", "{public}"},
		{"current_setting('application_name')", "psql"},
		{"current_setting('Application_Name', false)", "psql"},
		{"current_setting('none', true)", "NULL"},
		{"current_setting('none')", `42704 unrecognized configuration parameter "none"`},
		{"set_config('work_mem', '4MB', false)", "4MB"},
		{"set_config(NULL, '4MB', false)", "22004 SET requires parameter name"},
		{"pg_backend_pid()", "42"},
		{"pg_is_in_recovery()", "f"},
		{"pg_postmaster_start_time()", "2000-01-01 00:00:00+00"},
		{"pg_conf_load_time()", "2000-01-01 00:00:00+00"},
		{"pg_cancel_backend(42)", "t"},
		{"pg_terminate_backend(42)", "f"},
		{"txid_current()", "7"},
		{"pg_my_temp_schema()", "0"},
		{"pg_is_other_temp_schema(2200)", "f"},
		{"pg_jit_available()", "f"},
		{"getdatabaseencoding()", "UTF8"},
		{"pg_client_encoding()", "UTF8"},

		{"format_type(23, -1)", "integer"},
		{"format_type(1700, 655366)", "numeric(10,2)"},
		{"format_type(1042, -1)", "bpchar"},
		{"format_type(1042, NULL)", "character"},
		{"format_type(1043, 7)", "character varying(3)"},
		{"format_type(1015, 7)", "character varying(3)[]"},
		{"format_type(1184, 3)", "timestamp(3) with time zone"},
		{"format_type(18, -1)", `"char"`},
		{"format_type(1002, -1)", `"char"[]`},
		{"format_type(2276, NULL)", `"any"`},
		{"format_type(28, -1)", "xid"},
		{"format_type(22, -1)", "int2vector"},
		{"format_type(77777, -1)", "???"},
		{"format_type(0, NULL)", "-"},
		{"format_type(NULL, 3)", "NULL"},
		{"format_type(20001, -1)", "orders"},
		{"format_type(20014, -1)", `"Other".hidden[]`},
		{"pg_get_viewdef(20009)", " SELECT id FROM orders;"},
		{"pg_get_viewdef(20009::oid, true)", " SELECT id FROM orders;"},
		{"pg_get_viewdef('v')", " SELECT id FROM orders;"},
		{"pg_get_viewdef('public.w', true)", `42P01 relation "public.w" does not exist`},
		{"pg_get_viewdef(20000)", "NULL"},
		{"pg_get_indexdef(20003)", "CREATE UNIQUE INDEX orders_pkey ON public.orders USING btree (id)"},
		{"pg_get_indexdef(20006, 0, true)", `CREATE INDEX by_name ON orders USING btree ("Name" DESC, id)`},
		{"pg_get_indexdef(20006, 1, true)", `"Name"`},
		{"pg_get_indexdef(20006, 3, true)", ""},
		{"pg_get_indexdef(1)", "NULL"},
		{"pg_get_constraintdef(20004)", "PRIMARY KEY (id)"},
		{"pg_get_constraintdef(1, true)", "NULL"},
		{"pg_get_expr('a + 1', 20000)", "a + 1"},
		{"pg_get_expr('a + 1', 20000, true)", "a + 1"},
		{"pg_get_ruledef(1)", "NULL"},
		{"pg_get_userbyid(10)", "millrace"},
		{"pg_get_userbyid(77)", "unknown (OID=77)"},
		{"pg_get_serial_sequence('orders', 'id')", "NULL"},
		{"pg_get_serial_sequence('orders', 'x')", `42703 column "x" of relation "orders" does not exist`},
		{"pg_encoding_to_char(6)", "UTF8"},
		{"pg_encoding_to_char(99)", ""},
		{"pg_char_to_encoding('utf-8')", "6"},
		{"pg_tablespace_location(1663)", ""},
		{"obj_description(20000, 'pg_class')", "NULL"},
		{"col_description(20000, 1)", "NULL"},
		{"shobj_description(5, 'pg_database')", "NULL"},
		{"pg_get_triggerdef(1, true)", "NULL"},
		{"pg_get_partkeydef(20000)", "NULL"},

		{"pg_get_function_result(to_regproc('format_type'))", "text"},
		{"pg_get_function_arguments(to_regproc('concat_ws'))", `text, VARIADIC "any"`},
		{"pg_get_function_identity_arguments(to_regproc('format_type'))", "oid, integer"},
		{"pg_get_functiondef(to_regproc('current_database'))", "CREATE OR REPLACE FUNCTION pg_catalog.current_database()\n RETURNS name\n LANGUAGE internal\n" +
			" STABLE PARALLEL SAFE STRICT\nAS $function$current_database$function$\n"},
		{"pg_get_functiondef(to_regproc('bool_and'))", `42809 "bool_and" is an aggregate function`},
		{"pg_get_functiondef(1)", "NULL"},

		{"pg_table_is_visible(20000)", "t"},
		{"pg_table_is_visible(20012)", "f"},
		{"pg_table_is_visible(1259)", "t"},
		{"pg_table_is_visible(1)", "NULL"},
		{"pg_type_is_visible(23)", "t"},
		{"pg_type_is_visible(20001)", "t"},
		{"pg_type_is_visible(20014)", "f"},
		{"pg_type_is_visible(3)", "NULL"},
		{"pg_function_is_visible(1242)", "t"},
		{"pg_function_is_visible(1)", "NULL"},
		{"pg_collation_is_visible(100)", "t"},
		{"pg_operator_is_visible(96)", "t"},
		{"pg_relation_is_publishable(20000::regclass)", "t"},
		{"has_table_privilege('orders', 'select, insert WITH GRANT OPTION')", "t"},
		{"has_table_privilege(1, 'SELECT')", "NULL"},
		{"has_table_privilege('nope', 'SELECT')", `42P01 relation "nope" does not exist`},
		{"has_table_privilege('orders', 'SELEC')", `22023 unrecognized privilege type: "SELEC"`},
		{"has_schema_privilege('public', 'USAGE')", "t"},
		{"has_schema_privilege('nope', 'USAGE')", `3F000 schema "nope" does not exist`},
		{"has_database_privilege('shop', 'CONNECT')", "t"},
		{"has_column_privilege('orders', 'id', 'UPDATE')", "t"},
		{"has_any_column_privilege('orders', 'SELECT')", "t"},
		{"pg_has_role('millrace', 'USAGE')", "t"},

		{"pg_relation_size('orders')", "20000"},
		{"pg_table_size(20000::regclass)", "20000"},
		{"pg_indexes_size(20000::regclass)", "40009"},
		{"pg_total_relation_size('orders')", "60009"},
		{"pg_database_size('shop')", "100030"},
		{"pg_relation_size(1::regclass)", "NULL"},
		{"pg_size_pretty(10239::int8)", "10239 bytes"},
		{"pg_size_pretty(10240::int8)", "10 kB"},
		{"pg_size_pretty(10752::int8)", "11 kB"},
		{"pg_size_pretty(10751::int8)", "10 kB"},
		{"pg_size_pretty((-123456789)::int8)", "-118 MB"},
		{"pg_size_pretty(10485247::int8)", "10239 kB"},
		{"pg_size_pretty(10485248::int8)", "10 MB"},
		{"pg_size_pretty(10736893951::int8)", "10239 MB"},
		{"pg_size_pretty(10736893952::int8)", "10 GB"},
		{"pg_size_pretty(9223372036854775807)", "8192 PB"},
		{"pg_size_pretty(10.50)", "10.50 bytes"},
		{"pg_size_pretty(1e25)", "8881784197 PB"},
		{"pg_size_pretty('NaN'::numeric)", "NaN PB"},

		{"to_regclass('orders')", "orders"},
		{"to_regclass('nope')", "NULL"},
		{`to_regclass('"Other".hidden')`, `"Other".hidden`},
		{"to_regclass('pg_class')", "pg_class"},
		{"to_regtype('int4')", "integer"},
		{"to_regtype('varchar(3)')", "character varying"},
		{"to_regtype('timestamp with time zone')", "timestamp with time zone"},
		{"to_regtype('int4[]')", "integer[]"},
		{"to_regtype('orders')", "orders"},
		{"to_regtype('nope')", "NULL"},
		{"to_regproc('boolin')", "boolin"},
		{"to_regproc('nope')", "NULL"},
		{"to_regnamespace('public')", "public"},
		{"to_regnamespace('nope')", "NULL"},
		{"0::oid::regclass", "-"},
		{"99999::oid::regclass", "99999"},
		{"750::oid::regproc", "array_in"},
		{"2200::oid::regnamespace", "public"},
		{"23::oid::regtype", "integer"},
		{"text(1259::oid::regclass)", "pg_class"},
		{"regclass('orders'::text)", "orders"},
		{"regclass('nope'::text)", `42P01 relation "nope" does not exist`},
		{"regtype('nope'::text)", `42704 type "nope" does not exist`},
		{"regproc('-'::text)", "-"},
		{"regnamespace('19000'::text)", `"Other"`},

		{"array_to_string(current_schemas(true), ',')", "pg_catalog,public"},
		{"array_upper(current_schemas(true), 1)", "2"},
		{"array_lower(current_schemas(true), 1)", "1"},
		{"array_upper(current_schemas(true), 2)", "NULL"},
		{"array_upper(1, 1)", "42883 function array_upper(integer, integer) does not exist"},
	} {
		got, err := answer(t, &session{shopCatalog(t), map[string]string{"application_name": "psql"}}, x.text)
		if err != nil {
			got = pgerr.CodeOf(err) + " " + err.Error()
		}
		if got != x.want {
			t.Errorf("%s: got %s, want %s", x.text, got, x.want)
		}
	}
}

// Every catalog function that needs no session answers while a statement is planned, and
// none goes without a host.
func TestHosts(t *testing.T) {
	f := fn.ByID("current_database()")
	c := fn.NewCtx(nil, 0)
	f.Apply(c, nil, nil, 1, col.Name)
	if err := c.CutMarks(0); pgerr.CodeOf(err) != pgerr.ObjectNotInPrerequisiteState {
		t.Errorf("without a host: %v", err)
	}
	c = fn.NewCtx(nil, 0)
	c.Host = &Env{Database: "shop"}
	if v := f.Apply(c, nil, nil, 1, col.Name); v.String(0) != "shop" || len(c.Marks()) > 0 {
		t.Errorf("while planning: %s %v", v.String(0), c.Marks())
	}
	if !ReadsCatalog(f) || ReadsCatalog(fn.ByID("lower(text)")) {
		t.Error("ReadsCatalog")
	}
}

func TestProcs(t *testing.T) {
	r := catalog.New("millrace").Named(catalog.PgCatalog, "pg_proc")
	q := &catalog.Request{Catalog: catalog.New("millrace"), Live: catalog.Generators{"pg_catalog.pg_proc": Procs}}
	list := func(q *catalog.Request) (names []string, seen map[int32]bool) {
		seen = map[int32]bool{}
		err := catalog.Generate(t.Context(), r, q, func(b *col.Batch) error {
			for i := range b.N {
				if seen[b.Cols[0].I32[i]] {
					t.Errorf("number %d stands twice", b.Cols[0].I32[i])
				}
				seen[b.Cols[0].I32[i]] = true
				names = append(names, strings.Clone(b.Cols[1].String(i))+"("+string(typeio.AppendText(nil, &b.Cols[19], i, nil))+")")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return names, seen
	}
	names, _ := list(q)
	all := " " + strings.Join(names, " ") + " "
	for _, want := range []string{"lower(25)", "now()", "count(2276)", "int4in(2275)", "format_type(26 23)"} {
		if !strings.Contains(all, " "+want+" ") {
			t.Errorf("pg_proc lacks %s", want)
		}
	}
	lower, ok := procNumber(&row{Host: planning{&Env{Catalog: q.Catalog}}}, "format_type")
	if ok != nil || procName(lower) != "format_type" {
		t.Errorf("format_type: %d %v", lower, ok)
	}
	q.OID = lower
	if _, seen := list(q); !seen[int32(lower)] {
		t.Error("the function is not found by its number")
	}
}
