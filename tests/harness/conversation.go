package harness

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/millracedb/millrace/base/pgerr"
)

// conversation is one connection, and what was said on it since the last answer.
type conversation struct {
	*pgconn.PgConn
	notices []string
	costs   bool // notices of what a statement will cost are among them, which Millrace alone gives
}

// connect opens a connection that keeps its notices.
func connect(ctx context.Context, url string) (*conversation, error) {
	config, err := pgconn.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	c := &conversation{}
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		if n.Code == pgerr.ExpensivePlan && !c.costs {
			return
		}
		c.notices = append(c.notices, message(n.Severity, (*pgconn.PgError)(n)))
	}
	c.PgConn, err = pgconn.ConnectConfig(ctx, config)
	return c, err
}

// message is how errors and notices are printed.
func message(severity string, e *pgconn.PgError) string {
	var b strings.Builder
	if severity == "ERROR" || severity == "FATAL" {
		fmt.Fprintf(&b, "%s: %s: %s\n", severity, e.Code, e.Message)
	} else {
		fmt.Fprintf(&b, "%s: %s\n", severity, e.Message)
	}
	if e.Detail != "" {
		fmt.Fprintf(&b, "DETAIL: %s\n", strings.ReplaceAll(e.Detail, "\n", "\n  "))
	}
	if e.Hint != "" {
		fmt.Fprintf(&b, "HINT: %s\n", e.Hint)
	}
	if e.Where != "" {
		fmt.Fprintf(&b, "CONTEXT: %s\n", strings.ReplaceAll(e.Where, "\n", "\n  "))
	}
	if e.Position != 0 {
		fmt.Fprintf(&b, "POSITION: %d\n", e.Position)
	}
	return b.String()
}

// failure prints an error of the server; another error is the test's own.
func failure(err error) (string, error) {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return message(e.Severity, e), nil
	}
	return "", err
}

// form is how an answer is printed.
type form struct {
	tags, rows, header, sorted bool
}

// said takes the notices since the last answer.
func (c *conversation) said() string {
	text := strings.Join(c.notices, "")
	c.notices = nil
	return text
}

// simple sends one Query message and prints its answer.
func (c *conversation) simple(ctx context.Context, sql string, f form) (string, error) {
	var b strings.Builder
	answers := c.Exec(ctx, sql)
	for answers.NextResult() {
		r := answers.ResultReader()
		rows := result(r, f)
		tag, err := r.Close()
		if err != nil {
			break // rows that came before an error say nothing
		}
		b.WriteString(rows)
		if f.tags {
			fmt.Fprintln(&b, tag)
		}
	}
	err := answers.Close()
	text := c.said() + b.String()
	if err != nil {
		var failed string
		failed, err = failure(err)
		text += failed
	}
	return text, err
}

// extended sends Parse, Bind, Describe and Execute with parameters in text form.
func (c *conversation) extended(ctx context.Context, sql string, params [][]byte, f form) (string, error) {
	r := c.ExecParams(ctx, sql, params, nil, nil, nil)
	text := result(r, f)
	_, err := r.Close()
	if err != nil {
		text, err = failure(err)
	}
	return c.said() + text, err
}

func result(r *pgconn.ResultReader, f form) string {
	fields := slices.Clone(r.FieldDescriptions())
	var head strings.Builder
	if f.header && len(fields) > 0 {
		for i, d := range fields {
			if i > 0 {
				head.WriteString(" | ")
			}
			head.WriteString(d.Name + " " + typeName(d))
		}
		head.WriteByte('\n')
	}
	var rows []string
	for r.NextRow() {
		if f.rows {
			rows = append(rows, line(r.Values()))
		}
	}
	if len(rows) == 0 && f.rows && !f.tags {
		rows = append(rows, "(no rows)\n")
	}
	if f.sorted {
		slices.Sort(rows)
	}
	return head.String() + strings.Join(rows, "")
}

var types = pgtype.NewMap()

// typeName is the type of a result's column with its modifier.
func typeName(d pgconn.FieldDescription) string {
	name := fmt.Sprint(d.DataTypeOID)
	if t, ok := types.TypeForOID(d.DataTypeOID); ok {
		name = t.Name
	}
	if d.TypeModifier >= 0 {
		name += fmt.Sprintf("(%d)", d.TypeModifier)
	}
	return name
}

var escapes = strings.NewReplacer("\n", `\n`, "\r", `\r`)

// line prints a row.
func line(values [][]byte) string {
	var b strings.Builder
	for i, v := range values {
		if i > 0 {
			b.WriteString(" | ")
		}
		switch {
		case v == nil:
			b.WriteString("NULL")
		case len(v) == 0:
			b.WriteString("''")
		default:
			b.WriteString(escapes.Replace(string(v)))
		}
	}
	b.WriteByte('\n')
	return b.String()
}

// copy carries out COPY: data go in when there are lines of them, else they come out.
func (c *conversation) copy(ctx context.Context, sql, data string, digits bool) (text string, err error) {
	var tag pgconn.CommandTag
	var out bytes.Buffer
	if strings.Contains(strings.ToLower(sql), "stdin") {
		in := []byte(data)
		if digits {
			if in, err = hex.DecodeString(strings.Join(strings.Fields(data), "")); err != nil {
				return "", err
			}
		}
		tag, err = c.CopyFrom(ctx, bytes.NewReader(in), sql)
	} else {
		tag, err = c.CopyTo(ctx, &out, sql)
	}
	if text = out.String(); digits && out.Len() > 0 {
		text = hex.EncodeToString(out.Bytes()) + "\n"
	}
	if err == nil {
		return c.said() + text + tag.String() + "\n", nil
	}
	failed, err := failure(err)
	return c.said() + text + failed, err
}
