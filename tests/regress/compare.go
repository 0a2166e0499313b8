package regress

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

var background = context.Background()

// verdict says how two answers stand to each other.
type verdict uint8

const (
	agrees  verdict = iota
	differs         // another answer, or an error where there is one
	lacks           // it needs a type that Millrace does not have
	wants           // it needs what the script makes and Millrace does not have: a function, an operator, inheritance
	refused         // no view can be of it, for a reason that is part of what views are
	open            // PostgreSQL itself answers otherwise where the rows lie in another order, and as many came
)

var verdicts = []string{"agrees", "differs", "lacks", "wants", "refused", "open"}

// missingType and missingObject are what Millrace says of a type and of a kind of object that it
// does not have.
var (
	missingType   = regexp.MustCompile(`(?i)type ("[^"]*"|any\w*) does not exist|type [a-z ]+(\[\])? is not|geometric|range type|CREATE TYPE`)
	missingObject = regexp.MustCompile(`(?i)inherit|CREATE FUNCTION|CREATE RULE|CREATE OPERATOR`)
)

// writes matches what may change something though it answers with rows.
var writes = regexp.MustCompile(`(?i)\b(insert|update|delete)\b`)

// byDesign is why no view is kept of a query, where that is meant.
var byDesign = regexp.MustCompile(`(?i)volatile|random\(\)|nextval|WITH RECURSIVE|FOR UPDATE|FOR SHARE|current_|now\(\)|system relation|system table`)

// judge compares Millrace's answer to a query with PostgreSQL's. Rows count as a bag: order is
// tested where the order is whole.
func (f *follower) judge(sql string, pg, mr answer) (verdict, string) {
	v, why := f.compare(sql, pg, mr)
	if v == differs {
		if special := f.special(sql); special != "" {
			return wants, special
		}
	}
	return v, why
}

// special says what of a table that a query names Millrace does not have: rules, and tables that
// inherit from it; "" if nothing.
func (f *follower) special(sql string) string {
	for _, t := range f.tables(sql) {
		name := quoted(t.name)
		if len(f.pg.ask("SELECT 1 FROM pg_rules WHERE schemaname <> 'pg_catalog' AND tablename = "+name).rows) > 0 {
			return "rules of " + t.name
		}
		if len(f.pg.ask("SELECT 1 FROM pg_inherits i JOIN pg_class c ON c.oid IN (i.inhparent, i.inhrelid) WHERE relname = "+name).rows) > 0 {
			return "what " + t.name + " inherits"
		}
	}
	return ""
}

func (f *follower) compare(sql string, pg, mr answer) (verdict, string) {
	switch {
	case pg.err == nil && mr.err != nil:
		if v, why := f.lack(sql, mr); v != agrees {
			return v, why
		}
		return differs, mr.err.Code + " " + mr.err.Message
	case pg.err != nil && mr.err == nil:
		return differs, "no error, but PostgreSQL says: " + pg.err.Message
	case pg.err != nil:
		if pg.err.Code == mr.err.Code {
			return agrees, ""
		}
		if v, why := f.lack(sql, mr); v != agrees {
			return v, why
		}
		return differs, fmt.Sprintf("%s %s; PostgreSQL: %s %s", mr.err.Code, mr.err.Message, pg.err.Code, pg.err.Message)
	}
	want, have := sorted(pg.rows), sorted(mr.rows)
	if len(want) != len(have) {
		return differs, fmt.Sprintf("%d rows, PostgreSQL has %d", len(have), len(want))
	}
	for i := range want {
		if !near(want[i], have[i]) {
			if f.leavesOpen(sql, want) {
				return open, ""
			}
			return differs, fmt.Sprintf("%q, PostgreSQL has %q", have[i], want[i])
		}
	}
	return agrees, ""
}

// lack says which missing thing an error is about, and of which kind it is; agrees if none.
func (f *follower) lack(sql string, mr answer) (verdict, string) {
	for _, said := range []string{mr.err.Message, mr.err.Hint} {
		switch {
		case missingType.MatchString(said):
			return lacks, mr.err.Message
		case missingObject.MatchString(said):
			return wants, mr.err.Message
		}
	}
	for name, l := range f.lacking {
		if strings.Contains(mr.err.Message, name) {
			return l.kind, l.why
		}
	}
	return f.lackedFunction(sql)
}

// lackedFunction says which function or operator of the script Millrace does not have that a query calls; where it
// has not several of them, that there is another reason than a type counts.
func (f *follower) lackedFunction(sql string) (v verdict, why string) {
	for _, name := range f.made(sql) {
		l, failed := f.uncalled[name]
		switch {
		case strings.HasPrefix(name, "operator "):
			return wants, "it calls " + name + ", which the script has made"
		case failed && l.kind == lacks:
			v, why = l.kind, l.why
		case failed, len(f.try("SELECT 1 FROM pg_proc WHERE oid >= 16384 AND proname = "+quoted(name)).rows) == 0:
			return wants, "it calls " + name + ", which the script has made"
		}
	}
	return v, why
}

// made lists the functions, and the operators, that the script has made and a text names.
func (f *follower) made(sql string) (out []string) {
	words := map[string]bool{}
	for _, w := range word.FindAllString(strings.ToLower(sql), -1) {
		words[w] = true
	}
	for _, name := range f.pg.ask("SELECT DISTINCT proname FROM pg_proc WHERE oid >= 16384").rows {
		if words[name] {
			out = append(out, name)
		}
	}
	for _, name := range f.pg.ask("SELECT DISTINCT oprname FROM pg_operator WHERE oid >= 16384").rows {
		if strings.Contains(sql, name) || name == "=" && words["in"] {
			out = append(out, "operator "+name)
		}
	}
	return out
}

// leavesOpen reports whether PostgreSQL itself gives other rows than want where those of the
// tables lie in another order: then the query does not say which rows it is about.
func (f *follower) leavesOpen(sql string, want []string) bool {
	if writes.MatchString(sql) {
		return false
	}
	read := sql + f.sources(sql) + f.sources(f.viewed(sql)) // functions in a view look names up where it is read
	begin, end := "BEGIN", "ROLLBACK"
	if !f.pg.idle() {
		begin, end = "SAVEPOINT other", "ROLLBACK TO other"
	}
	for _, order := range []string{"ctid DESC", "md5(ctid::text)"} {
		f.pg.ask(begin)
		f.pg.ask("CREATE SCHEMA other")
		for _, t := range f.tables(read) {
			if t.kind == "r" || t.kind == "p" {
				name := quotedIdent(t.name)
				f.pg.ask("CREATE TABLE other." + name + " AS SELECT * FROM " + name + " ORDER BY " + order)
			}
		}
		f.pg.ask("SET LOCAL search_path = other, public, pg_temp")
		a := f.pg.ask(sql)
		f.pg.ask(end)
		if a.err != nil {
			continue
		}
		have := sorted(a.rows)
		if len(have) != len(want) {
			return true
		}
		for i := range want {
			if !near(want[i], have[i]) {
				return true
			}
		}
	}
	return false
}

// near compares two rows, numbers with a point to thirteen digits: sums of floats are exact in
// Millrace.
func near(a, b string) bool {
	if a == b {
		return true
	}
	x, y := strings.Split(a, "|"), strings.Split(b, "|")
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if x[i] == y[i] {
			continue
		}
		p, err1 := strconv.ParseFloat(x[i], 64)
		q, err2 := strconv.ParseFloat(y[i], 64)
		if err1 != nil || err2 != nil || math.Abs(p-q) > 1e-13*math.Max(math.Abs(p), math.Abs(q)) {
			return false
		}
	}
	return true
}
