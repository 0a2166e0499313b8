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
	lacks           // it needs a type, or an object of a kind, that Millrace does not have
	refused         // no view can be of it, for a reason that is part of what views are
	open            // the query leaves open which rows it gives, and as many came
)

var verdicts = []string{"agrees", "differs", "lacks", "refused", "open"}

// missing is what Millrace says of a type or of a kind of object, like a sequence, that it does
// not have.
var missing = regexp.MustCompile(`(?i)type "[^"]*" does not exist|type [a-z ]+(\[\])? is not|composite|record type|geometric|range type|inherit|CREATE FUNCTION|CREATE TYPE|CREATE RULE|CREATE OPERATOR|(nextval|currval|setval)\(\)`)

// byDesign is why no view is kept of a query, where that is meant.
var byDesign = regexp.MustCompile(`(?i)volatile|random\(\)|nextval|WITH RECURSIVE|FOR UPDATE|FOR SHARE|current_|now\(\)|system relation|system table`)

var limited = regexp.MustCompile(`(?i)\b(limit|fetch|distinct on|tablesample)\b`)

// judge compares Millrace's answer to a query with PostgreSQL's. Rows count as a bag: order is
// tested where the order is whole.
func (f *follower) judge(sql string, pg, mr answer) (verdict, string) {
	switch {
	case pg.err == nil && mr.err != nil:
		if why := f.lack(sql, mr); why != "" {
			return lacks, why
		}
		return differs, mr.err.Code + " " + mr.err.Message
	case pg.err != nil && mr.err == nil:
		return differs, "no error, but PostgreSQL says: " + pg.err.Message
	case pg.err != nil:
		if pg.err.Code == mr.err.Code {
			return agrees, ""
		}
		if why := f.lack(sql, mr); why != "" {
			return lacks, why
		}
		return differs, fmt.Sprintf("%s %s; PostgreSQL: %s %s", mr.err.Code, mr.err.Message, pg.err.Code, pg.err.Message)
	}
	want, have := sorted(pg.rows), sorted(mr.rows)
	if len(want) != len(have) {
		return differs, fmt.Sprintf("%d rows, PostgreSQL has %d", len(have), len(want))
	}
	for i := range want {
		if !near(want[i], have[i]) {
			if limited.MatchString(sql) {
				return open, ""
			}
			return differs, fmt.Sprintf("%q, PostgreSQL has %q", have[i], want[i])
		}
	}
	return agrees, ""
}

// lack says which missing thing an error is about; "" if none.
func (f *follower) lack(sql string, mr answer) string {
	if missing.MatchString(mr.err.Message) || missing.MatchString(mr.err.Hint) {
		return mr.err.Message
	}
	for name, why := range f.lacking {
		if strings.Contains(mr.err.Message, name) {
			return why
		}
	}
	for _, name := range f.pg.ask("SELECT proname FROM pg_proc WHERE oid >= 16384").rows {
		if strings.Contains(sql, name) {
			return "it calls " + name + "(), which the script has made"
		}
	}
	return ""
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
