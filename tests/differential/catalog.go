package differential

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// call is a function, an operator or a cast that both servers have.
type call struct {
	form string // with %s for each argument
	args []string
	ret  string
}

// calls are those that give each kind.
type calls struct {
	scalar, aggregate, window map[string][]call
}

// unlike are functions whose answers are no values that can be compared: of the server, of its
// clock, of what is random; and some whose results are as large as their arguments are.
var unlike = []string{"pg_", "has_", "current_", "txid_", "row_security_active", "set_", "inet_", "currtid", "to_reg", "version", "age", "random",
	"clock_timestamp", "statement_timestamp", "transaction_timestamp", "now", "timeofday", "getdatabaseencoding", "obj_description",
	"col_description", "shobj_description", "format_type", "repeat", "lpad", "rpad", "generate_", "factorial", "hash", "convert", "bpchar",
	"quote_nullable", "unknown", "like_escape", "date_cmp", "session_user", "user", "getpgusername", "icu_", "gen_random_uuid", "xid", "tid", "query_to",
	"schema_to", "table_to", "database_to", "cursor_to", "json_to", "lo_", "nextval", "currval", "setval", "lastval", "gist", "gin_", "brin", "btrim_", "string_agg"}

const listCalls = `SELECT p.prokind::text, p.proname::text, format_type(p.prorettype, NULL),
	(SELECT coalesce(string_agg(format_type(a, NULL), ',' ORDER BY n), '') FROM unnest(string_to_array(p.proargtypes::text, ' ')::oid[]) WITH ORDINALITY AS u(a, n))
	FROM pg_proc p WHERE NOT p.proretset AND p.prokind IN ('f', 'a', 'w') AND p.provolatile <> 'v' AND p.provariadic = 0`

const listOperators = `SELECT o.oprkind::text, o.oprname::text, format_type(o.oprresult, NULL), format_type(o.oprleft, NULL), format_type(o.oprright, NULL) FROM pg_operator o`

const listCasts = `SELECT format_type(c.castsource, NULL), format_type(c.casttarget, NULL) FROM pg_cast c`

// listed reads the calls that both have, over the kinds.
func listed(ctx context.Context, pg, mr *pgconn.PgConn) (*calls, error) {
	c := &calls{map[string][]call{}, map[string][]call{}, map[string][]call{}}
	ours, err := rows(ctx, mr, "SELECT DISTINCT proname FROM pg_proc")
	if err != nil {
		return nil, err
	}
	has := map[string]bool{}
	for _, r := range ours {
		has[r[0]] = true
	}
	all, err := rows(ctx, pg, listCalls)
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		var args []string
		if r[3] != "" {
			args = strings.Split(r[3], ",")
		}
		if has[r[1]] {
			c.add(r[0], r[1], r[2], args)
		}
	}
	operators, err := rows(ctx, pg, listOperators)
	if err != nil {
		return nil, err
	}
	for _, r := range operators {
		form, args := "(%s "+strings.ReplaceAll(r[1], "%", "%%")+" %s)", []string{r[3], r[4]}
		if r[0] == "l" {
			form, args = "("+strings.ReplaceAll(r[1], "%", "%%")+" %s)", []string{r[4]}
		}
		c.enter(c.scalar, call{form, args, r[2]})
	}
	casts, err := rows(ctx, pg, listCasts)
	if err != nil {
		return nil, err
	}
	for _, r := range casts {
		c.enter(c.scalar, call{"(%s)::" + r[1], []string{r[0]}, r[1]})
	}
	c.special()
	return c, nil
}

// special enters what the grammar has and no catalog lists.
func (c *calls) special() {
	for _, k := range kinds {
		for _, form := range []string{"CASE WHEN %s THEN %s ELSE %s END", "coalesce(%[2]s, %[3]s)", "nullif(%[2]s, %[3]s)", "greatest(%[2]s, %[3]s)"} {
			if form != "greatest(%[2]s, %[3]s)" || k.name != "jsonb" {
				c.enter(c.scalar, call{form, []string{"boolean", k.name, k.name}, k.name})
			}
		}
		for _, form := range []string{"(%s IS NULL)", "(%s IS NOT DISTINCT FROM %s)", "(%s IN (%s, %s))", "(%s BETWEEN %s AND %s)"} {
			c.enter(c.scalar, call{form, slices.Repeat([]string{k.name}, strings.Count(form, "%s")), "boolean"})
		}
		for _, form := range []string{"min(%s)", "max(%s)"} {
			if k.name != "jsonb" && k.name != "boolean" && k.name != "uuid" && k.name != "bytea" {
				c.enter(c.aggregate, call{form, []string{k.name}, k.name})
			}
		}
		c.enter(c.aggregate, call{"count(DISTINCT %s)", []string{k.name}, "bigint"})
		if k.name != "text" && !rounded(k.name) {
			c.enter(c.scalar, call{"(%s)::text", []string{k.name}, "text"})
		}
	}
	for _, f := range []string{"year", "month", "day", "hour", "dow", "doy", "week", "quarter", "epoch", "isoyear", "decade", "millennium", "microseconds"} {
		for _, k := range []string{"timestamp without time zone", "timestamp with time zone", "interval", "date"} {
			c.enter(c.scalar, call{"extract(" + f + " FROM %s)", []string{k}, "numeric"})
		}
		c.enter(c.scalar, call{"date_trunc('" + f + "', %s)", []string{"timestamp without time zone"}, "timestamp without time zone"})
	}
	c.enter(c.aggregate, call{"string_agg(%[1]s, %[2]s ORDER BY %[1]s, %[2]s)", []string{"text", "text"}, "text"})
	c.enter(c.scalar, call{"(NOT %s)", []string{"boolean"}, "boolean"})
	c.enter(c.scalar, call{"(%s AND %s)", []string{"boolean", "boolean"}, "boolean"})
	c.enter(c.scalar, call{"(%s OR %s)", []string{"boolean", "boolean"}, "boolean"})
	c.enter(c.scalar, call{"(%s AT TIME ZONE 'Europe/Berlin')", []string{"timestamp with time zone"}, "timestamp without time zone"})
	c.enter(c.scalar, call{"substring(%s FROM %s FOR %s)", []string{"text", "integer", "integer"}, "text"})
	c.enter(c.scalar, call{"trim(both %s FROM %s)", []string{"text", "text"}, "text"})
	c.enter(c.scalar, call{"overlay(%s PLACING %s FROM %s)", []string{"text", "text", "integer"}, "text"})
	c.enter(c.scalar, call{"position(%s IN %s)", []string{"text", "text"}, "integer"})
	c.enter(c.scalar, call{"(%s)[%s]", []string{"integer[]", "integer"}, "integer"})
	c.enter(c.scalar, call{"(%s)[%s:%s]", []string{"text[]", "integer", "integer"}, "text[]"})
	c.enter(c.scalar, call{"(%s = ANY (%s))", []string{"integer", "integer[]"}, "boolean"})
	c.enter(c.scalar, call{"(%s LIKE %s)", []string{"text", "text"}, "boolean"})
}

// rounded reports whether the last digits of a kind may differ.
func rounded(kind string) bool { return kind == "real" || kind == "double precision" }

func (c *calls) add(kind, name, ret string, args []string) {
	for _, u := range unlike {
		if strings.HasPrefix(name, u) {
			return
		}
	}
	to := c.scalar
	switch kind {
	case "a":
		if name != "min" && name != "max" && slices.ContainsFunc(args, rounded) {
			return // which PostgreSQL rounds at each row, in the order of the rows
		}
		to = c.aggregate
	case "w":
		to = c.window
	}
	form := fmt.Sprintf("%q(%s)", name, strings.Join(slices.Repeat([]string{"%s"}, len(args)), ", "))
	c.enter(to, call{form, args, ret})
}

// enter keeps a call whose types are among the kinds.
func (c *calls) enter(to map[string][]call, x call) {
	if x.ret == "text" && slices.ContainsFunc(x.args, rounded) {
		return // digits
	}
	if byName[x.ret] == nil || slices.ContainsFunc(x.args, func(a string) bool { return byName[a] == nil }) {
		return
	}
	to[x.ret] = append(to[x.ret], x)
}

func rows(ctx context.Context, c *pgconn.PgConn, sql string) ([][]string, error) {
	all, err := c.Exec(ctx, sql).ReadAll()
	if err != nil {
		return nil, err
	}
	var out [][]string
	for _, r := range all[len(all)-1].Rows {
		var line []string
		for _, v := range r {
			line = append(line, string(v))
		}
		out = append(out, line)
	}
	return out, nil
}
