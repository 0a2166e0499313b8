package regress

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// follower brings a script to both servers and keeps Millrace's tables like PostgreSQL's.
type follower struct {
	pg, mr   *side
	lacking  map[string]lack   // relations that Millrace cannot have
	uncalled map[string]lack   // functions and aggregates that Millrace could not make
	views    map[string]string // views as PostgreSQL prints them, of which Millrace has the like
	copies   map[string]bool   // tables that have an empty twin in schema before
	behind   []string          // statements of a transaction that Millrace could not follow
}

// lack is why Millrace does not have something.
type lack struct {
	kind verdict
	why  string
}

// table is a relation that PostgreSQL has.
type table struct {
	name, kind string
	columns    []string // "name type"
	keys       []string // PRIMARY KEY (…), UNIQUE (…)
}

// tables lists PostgreSQL's tables and views that a text names.
func (f *follower) tables(text string) []table {
	a := f.pg.ask(`SELECT c.relname, c.relkind FROM pg_class c WHERE c.relkind IN ('r', 'p', 'v', 'm') AND pg_table_is_visible(c.oid)
		AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)`)
	words := map[string]bool{}
	for _, w := range word.FindAllString(strings.ToLower(text), -1) {
		words[w] = true
	}
	var out []table
	for _, r := range a.rows {
		name, kind, _ := strings.Cut(r, "|")
		if words[name] {
			t := table{name: name, kind: kind}
			t.columns = f.pg.ask(`SELECT quote_ident(attname) || ' ' || format_type(atttypid, atttypmod) FROM pg_attribute
				WHERE attrelid = ` + quoted(quotedIdent(name)) + `::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`).rows
			t.keys = f.pg.ask("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype IN ('p', 'u') AND conrelid = " + quoted(quotedIdent(name)) + "::regclass").rows
			out = append(out, t)
		}
	}
	return out
}

var word = regexp.MustCompile(`[a-z_][a-z_0-9]*`)

func quoted(s string) string      { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
func quotedIdent(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// temporary is a statement that makes a temporary table or view. Millrace gets a lasting one in its place,
// since no materialized view may read a temporary one.
var temporary = regexp.MustCompile(`(?is)^\s*create\s+(or\s+replace\s+)?((local|global)\s+)?temp(orary)?\s+([^s]|s[^e])`)

// statement brings what is no query to Millrace, after PostgreSQL.
func (f *follower) statement(st statement, pg answer) {
	if temporary.MatchString(st.text) {
		if pg.err == nil {
			f.behind = append(f.behind, st.text)
		}
		f.catchUp()
		return
	}
	mr := f.guarded(st)
	f.noteFunction(st.text, pg, mr)
	if pg.err == nil && (mr.err != nil || mr.tag != pg.tag || writes.MatchString(st.text) && strings.HasPrefix(f.special(st.text), "rules")) {
		f.behind = append(f.behind, st.text)
	}
	f.catchUp()
}

var createsFunction = regexp.MustCompile(`(?is)^\s*create\s+(?:or\s+replace\s+)?(?:function|aggregate)\s+([a-z_0-9]+)`)

// noteFunction keeps why Millrace could not make a function that PostgreSQL has made: for want of a type
// where its own error says so, else of the function.
func (f *follower) noteFunction(text string, pg, mr answer) {
	m := createsFunction.FindStringSubmatch(text)
	if m == nil || pg.err != nil {
		return
	}
	name := strings.ToLower(m[1])
	delete(f.uncalled, name)
	if mr.err == nil {
		return
	}
	l := lack{wants, "it calls " + name + ", which the script has made"}
	if missingType.MatchString(mr.err.Message) {
		l = lack{lacks, "it calls " + name + ": " + mr.err.Message}
	}
	f.uncalled[name] = l
}

// sources are the texts of the functions that the script has made and a statement calls, and
// of those that run when rows change.
func (f *follower) sources(text string) string {
	out := ""
	for _, name := range f.made(text) {
		out += " " + strings.Join(f.pg.ask("SELECT prosrc FROM pg_proc WHERE proname = "+quoted(name)).rows, " ")
	}
	if out != "" {
		out += " " + strings.Join(f.pg.ask("SELECT p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT tgisinternal").rows, " ")
	}
	return out
}

// catchUp brings Millrace to what PostgreSQL has after statements that it could not follow. What
// was done for it inside a transaction that PostgreSQL takes back is taken back too.
func (f *follower) catchUp() {
	if f.pg.idle() && !f.mr.idle() {
		f.mr.ask("ROLLBACK")
	}
	if len(f.behind) == 0 || f.pg.c.TxStatus() == 'E' || f.mr.c.TxStatus() == 'E' {
		return
	}
	text := strings.Join(f.behind, " ")
	if ruled := f.pg.ask("SELECT definition FROM pg_rules WHERE schemaname <> 'pg_catalog'"); writes.MatchString(text) {
		text += " " + strings.Join(ruled.rows, " ")
	}
	for _, parent := range f.pg.ask("SELECT inhparent::regclass FROM pg_inherits").rows {
		text += " " + parent
	}
	text += f.viewed(text)
	for _, t := range f.tables(text) {
		if t.kind == "v" {
			f.mendView(t)
		} else {
			f.mend(t)
		}
	}
	if f.pg.idle() {
		f.behind = f.behind[:0]
	}
}

// viewed are the queries of the views that a text names, and of the views that these read: what is written to a view
// goes to its table.
func (f *follower) viewed(text string) (out string) {
	seen := map[string]bool{}
	for more := text; more != ""; {
		read := more
		more = ""
		for _, t := range f.tables(read) {
			if t.kind == "v" && !seen[t.name] {
				seen[t.name] = true
				more += " " + strings.Join(f.pg.ask("SELECT pg_get_viewdef("+quoted(quotedIdent(t.name))+"::regclass)").rows, " ")
			}
		}
		out += more
	}
	return out
}

// try asks Millrace something that takes nothing of a transaction back when it fails.
func (f *follower) try(sql string) answer {
	return f.safely(func() answer { return f.mr.ask(sql) })
}

func (f *follower) copyIn(sql, data string) {
	f.safely(func() answer { return f.mr.copyIn(sql, data) })
}

func (f *follower) safely(ask func() answer) answer {
	if f.mr.idle() {
		return ask()
	}
	f.mr.ask("SAVEPOINT mend")
	a := ask()
	if a.err != nil {
		f.mr.ask("ROLLBACK TO mend")
	}
	return a
}

// mendView gives Millrace a view as PostgreSQL prints it, where it has none.
func (f *follower) mendView(t table) {
	name := quotedIdent(t.name)
	def := f.pg.ask("SELECT pg_get_viewdef(" + quoted(name) + "::regclass)")
	if def.err != nil || len(def.rows) == 0 {
		return
	}
	if f.try("SELECT * FROM "+name+" LIMIT 0").err == nil {
		if f.views[t.name] == def.rows[0] {
			return
		}
		if f.try("DROP VIEW "+name).err != nil {
			return
		}
	}
	f.views[t.name] = def.rows[0]
	if a := f.try("CREATE VIEW " + name + " AS " + def.rows[0]); a.err != nil {
		if v, why := f.lack(def.rows[0], a); v != agrees {
			f.lacking[t.name] = lack{v, why}
		}
	}
}

// mend gives Millrace a plain table with PostgreSQL's columns and rows.
func (f *follower) mend(t table) {
	name := quotedIdent(t.name)
	have := f.try("SELECT count(*) FROM " + name)
	fewerKeys := len(f.try("SELECT 1 FROM pg_constraint WHERE contype IN ('p', 'u') AND conrelid = "+quoted(name)+"::regclass").rows) < len(t.keys)
	if have.err != nil || fewerKeys || f.try("SELECT * FROM "+name+" LIMIT 0").columns != len(t.columns) {
		f.try("DROP TABLE IF EXISTS " + name + " CASCADE")
		a := f.try("CREATE TABLE " + name + " (" + strings.Join(append(slices.Clone(t.columns), t.keys...), ", ") + ")")
		if a.err != nil {
			a = f.try("CREATE TABLE " + name + " (" + strings.Join(t.columns, ", ") + ")")
		}
		if a.err != nil {
			kind := lacks
			if !missingType.MatchString(a.err.Message) {
				kind = wants
			}
			f.lacking[t.name] = lack{kind, a.err.Message}
			return
		}
	} else {
		f.try("DELETE FROM " + name)
	}
	delete(f.lacking, t.name)
	var out strings.Builder
	if _, err := f.pg.c.CopyTo(background, &out, "COPY (SELECT * FROM "+name+") TO STDOUT"); err != nil {
		return
	}
	f.copyIn("COPY "+name+" FROM STDIN", out.String())
}

// twins gives every table that a query reads an empty twin in schema before, and its views
// over them; ok is false when one cannot be had.
func (f *follower) twins(text string) (tables []table, ok bool) {
	f.mr.ask("CREATE SCHEMA IF NOT EXISTS before")
	for _, t := range f.tables(text) {
		if t.kind == "v" || t.kind == "m" {
			return nil, false
		}
		def := strings.Join(t.columns, ", ")
		if key := t.name + "(" + def; !f.copies[key] {
			f.mr.ask("DROP TABLE IF EXISTS before." + quotedIdent(t.name) + " CASCADE")
			if a := f.mr.ask(fmt.Sprintf("CREATE TABLE before.%s (%s)", quotedIdent(t.name), def)); a.err != nil {
				return nil, false
			}
			f.copies[key] = true
		}
		tables = append(tables, t)
	}
	return tables, len(tables) > 0
}

// fill copies the rows of tables into their twins, or empties these.
func (f *follower) fill(tables []table, full bool) (errs []answer) {
	for _, t := range tables {
		name := quotedIdent(t.name)
		a := f.mr.ask("DELETE FROM before." + name)
		if full {
			a = f.mr.ask("INSERT INTO before." + name + " SELECT * FROM public." + name)
		}
		if a.err != nil {
			errs = append(errs, a)
		}
	}
	return errs
}

// columnNames are n names for the columns of a view.
func columnNames(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("c%d", i+1)
	}
	return strings.Join(names, ", ")
}

// sorted is a copy of rows in order.
func sorted(rows []string) []string {
	rows = slices.Clone(rows)
	slices.Sort(rows)
	return rows
}
