package regress

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// follower brings a script to both servers and keeps Millrace's tables like PostgreSQL's.
type follower struct {
	pg, mr  *side
	lacking map[string]string // relations that Millrace cannot have, and why
	copies  map[string]bool   // tables that have an empty twin in schema before
	behind  []string          // statements of a transaction that Millrace could not follow
}

// table is a relation that PostgreSQL has.
type table struct {
	name, kind string
	columns    []string // "name type"
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
			out = append(out, t)
		}
	}
	return out
}

var word = regexp.MustCompile(`[a-z_][a-z_0-9]*`)

func quoted(s string) string      { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
func quotedIdent(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// statement brings what is no query to Millrace, after PostgreSQL.
func (f *follower) statement(st statement, pg answer) {
	mr := f.guarded(st)
	if ((mr.err == nil) != (pg.err == nil) || mr.tag != pg.tag) && pg.err == nil {
		f.behind = append(f.behind, st.text)
	}
	f.catchUp()
}

// catchUp brings Millrace to what PostgreSQL has after statements that it could not follow, when
// no transaction is open.
func (f *follower) catchUp() {
	if !f.pg.idle() || len(f.behind) == 0 {
		return
	}
	if !f.mr.idle() {
		f.mr.ask("ROLLBACK")
	}
	for _, t := range f.tables(strings.Join(f.behind, " ")) {
		if t.kind == "v" {
			f.mendView(t)
		} else {
			f.mend(t)
		}
	}
	f.behind = f.behind[:0]
}

// mendView gives Millrace a view as PostgreSQL prints it, where it has none.
func (f *follower) mendView(t table) {
	name := quotedIdent(t.name)
	if f.mr.ask("SELECT * FROM "+name+" LIMIT 0").err == nil {
		return
	}
	def := f.pg.ask("SELECT pg_get_viewdef(" + quoted(name) + "::regclass)")
	if def.err != nil || len(def.rows) == 0 {
		return
	}
	if a := f.mr.ask("CREATE VIEW " + name + " AS " + def.rows[0]); a.err != nil {
		if why := f.lack(def.rows[0], a); why != "" {
			f.lacking[t.name] = why
		}
	}
}

// mend gives Millrace a plain table with PostgreSQL's columns and rows.
func (f *follower) mend(t table) {
	name := quotedIdent(t.name)
	have := f.mr.ask("SELECT count(*) FROM " + name)
	if have.err != nil || len(f.mr.ask("SELECT * FROM "+name+" LIMIT 0").rows) > 0 {
		f.mr.ask("DROP TABLE IF EXISTS " + name + " CASCADE")
		if a := f.mr.ask("CREATE TABLE " + name + " (" + strings.Join(t.columns, ", ") + ")"); a.err != nil {
			f.lacking[t.name] = a.err.Message
			return
		}
	} else {
		f.mr.ask("DELETE FROM " + name)
	}
	delete(f.lacking, t.name)
	var out strings.Builder
	if _, err := f.pg.c.CopyTo(background, &out, "COPY (SELECT * FROM "+name+") TO STDOUT"); err != nil {
		return
	}
	f.mr.copyIn("COPY "+name+" FROM STDIN", out.String())
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
