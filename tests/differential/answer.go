package differential

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// answer is what a server said: rows in an order of their own, or an error.
type answer struct {
	rows  []string
	loose []string // the rows, where equal values look alike
	code  string
	text  string
}

const patience = 20 * time.Second

// ask asks one side.
func ask(c *pgconn.PgConn, sql string) (a answer) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	all, err := c.Exec(ctx, sql).ReadAll()
	var e *pgconn.PgError
	switch {
	case errors.As(err, &e):
		return answer{code: e.Code, text: e.Message}
	case err != nil:
		return answer{code: "lost", text: err.Error()}
	case len(all) == 0:
		return a
	}
	last := all[len(all)-1]
	for _, row := range last.Rows {
		line, loose := make([]string, len(row)), make([]string, len(row))
		for i, v := range row {
			line[i], loose[i] = shown(v, last.FieldDescriptions[i].DataTypeOID)
		}
		a.rows, a.loose = append(a.rows, strings.Join(line, "|")), append(a.loose, strings.Join(loose, "|"))
	}
	slices.Sort(a.rows)
	slices.Sort(a.loose)
	return a
}

// The types of which equal values may look different, or whose last digits depend on an order.
const (
	oidFloat4  = 700
	oidFloat8  = 701
	oidNumeric = 1700
)

// shown is a value's text, and a text that equal values share: of which of them is shown by
// min() or DISTINCT, the order of the rows decides. Of floats both have as many digits as do not
// depend on the order of additions.
func shown(v []byte, oid uint32) (text, loose string) {
	if v == nil {
		return `\N`, `\N`
	}
	text = string(v)
	switch f, err := strconv.ParseFloat(text, 64); {
	case err != nil:
	case oid == oidFloat4:
		text = strconv.FormatFloat(f+0, 'g', 4, 64)
	case oid == oidFloat8:
		text = strconv.FormatFloat(f+0, 'g', 9, 64)
	case oid == oidNumeric && strings.Contains(text, "."):
		return text, strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return text, text
}

// lacking are the codes of what Millrace says that it does not have.
var lacking = []string{"0A000", "42883", "42704"}

// canceled is the code of a statement that took too long.
const canceled = "57014"

// raised reports whether an error is of a row's values: whether it is met depends on what else a
// server has found out before, of which rows there are and what is false.
func (a answer) raised() bool {
	return strings.HasPrefix(a.code, "22") || a.code == "54000" || a.code == "21000" || a.code == "42601" && !strings.Contains(a.text, "syntax")
}

// verdict is how two answers to a query compare.
type verdict int

const (
	same    verdict = iota
	lacks           // Millrace says that it does not have something
	raises          // one or both are in error by a row's values
	late            // one or both took too long and were given up
	differs         // which must not be
)

var verdicts = [...]string{"same", "lacking", "in error", "too late", "different"}

func (v verdict) String() string { return verdicts[v] }

// compare compares Millrace's answer with PostgreSQL's.
func compare(pg, mr answer) (verdict, string) {
	switch {
	case slices.Contains(lacking, mr.code):
		return lacks, mr.text
	case mr.code == canceled || pg.code == canceled:
		return late, ""
	case mr.code != "" && pg.code != "" && mr.code != "XX000" && mr.code != "lost":
		return raises, "" // of two errors in one statement either may be met first
	case mr.code != "" && !mr.raised(), pg.code != "" && !pg.raised() && mr.code == "" && !slices.Contains(lacking, pg.code):
		return differs, fmt.Sprintf("Millrace %s %s; PostgreSQL %s %s", mr.code, mr.text, pg.code, pg.text)
	case mr.code != "" || pg.code != "":
		return raises, ""
	case slices.Equal(pg.loose, mr.loose):
		return same, ""
	}
	return differs, fmt.Sprintf("Millrace has %d rows, PostgreSQL %d; %s", len(mr.rows), len(pg.rows), first(pg.rows, mr.rows))
}

// first tells the first rows that differ.
func first(pg, mr []string) string {
	for i := range max(len(pg), len(mr)) {
		p, m := "none", "none"
		if i < len(pg) {
			p = strconv.Quote(pg[i])
		}
		if i < len(mr) {
			m = strconv.Quote(mr[i])
		}
		if p != m {
			return fmt.Sprintf("the first that differs is %s there and %s here", p, m)
		}
	}
	return "equal rows that look different"
}
