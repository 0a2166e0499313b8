package harness

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Run runs a file against a target and reports every difference as an error. If rewrite
// is set the file then says what the target said, where the target has the last word:
// PostgreSQL for what it has too, Millrace for what "only millrace" keeps from it.
func Run(t *testing.T, f *File, target Target, rewrite bool) {
	t.Helper()
	r := &run{t: t, file: f, target: target, current: "main", conns: map[string]*conversation{}, looks: map[string]*look{}}
	defer r.close()
	for _, c := range f.Cases {
		if c.Cmd == only {
			r.only = strings.Join(c.Args, "")
			continue
		}
		if o := c.Only(); o != "" && o != target.Name() || r.only != "" && r.only != target.Name() {
			continue
		}
		actual, err := r.carryOut(c)
		if err != nil {
			t.Fatalf("%s:%d: %v\n%s", f.Path, c.Line, err, c.Input)
		}
		r.compare(c, actual, rewrite)
	}
	if rewrite {
		if err := f.Write(); err != nil {
			t.Fatal(err)
		}
	}
}

type run struct {
	t       *testing.T
	file    *File
	target  Target
	only    string
	current string
	conns   map[string]*conversation
	looks   map[string]*look
}

func (r *run) close() {
	for _, c := range r.conns {
		_ = c.Close(context.Background())
	}
	for _, l := range r.looks {
		l.close()
	}
	clear(r.conns)
	clear(r.looks)
}

// conn is the connection of a name, opened when it is first asked for. Names that begin
// with a blank are the harness's own.
func (r *run) conn(name string) (*conversation, error) {
	if c := r.conns[name]; c != nil && !c.IsClosed() {
		return c, nil
	}
	c, err := connect(context.Background(), r.target.URL())
	if err == nil {
		r.conns[name] = c
	}
	return c, err
}

func (r *run) carryOut(c *Case) (string, error) {
	switch c.Cmd {
	case "conn":
		r.current = strings.Join(c.Args, " ")
		return "", nil
	case "crash", "kill", "restart", "start":
		r.close()
		if err := r.target.Begin(End{How: c.Cmd, Args: c.settings()}); err != nil {
			return "", err
		}
		return "", r.watch()
	case "clock":
		if err := r.target.Clock(strings.Join(c.Args, " ")); err != nil {
			return "", err
		}
		return "", r.after(c)
	case "changes":
		return r.changes(c.Args[0])
	}
	conn, err := r.conn(r.current)
	if err != nil {
		return "", err
	}
	text, err := r.say(conn, c)
	if err == nil && c.Cmd != "query" && c.Cmd != "explain" {
		err = r.after(c)
	}
	return text, err
}

func (r *run) say(conn *conversation, c *Case) (string, error) {
	ctx := context.Background()
	conn.costs = r.only == "millrace" || c.Only() == "millrace"
	f := form{rows: true, header: c.Has("header"), sorted: c.Has("rowsort")}
	sql, back := r.target.Translate(c.Input)
	switch c.Cmd {
	case "extended":
		text, params := parameters(sql)
		return conn.extended(ctx, text, params, f)
	case "copy":
		head, data, more := strings.Cut(c.Input, "\n")
		if more {
			data += "\n"
		}
		return conn.copy(ctx, head, data, c.Has("hex"))
	case "explain":
		options := "" // those of the case, or what does not depend on rows
		if !strings.HasPrefix(sql, "(") {
			options = "(COSTS OFF) "
		}
		return conn.simple(ctx, "EXPLAIN "+options+sql, f)
	}
	f.tags = c.Cmd == "statement"
	text, err := conn.simple(ctx, sql, f)
	return back(text), err
}

// parameters takes lines "$ value" from the end of a statement.
func parameters(sql string) (text string, params [][]byte) {
	lines := strings.Split(sql, "\n")
	for len(lines) > 0 && strings.HasPrefix(lines[len(lines)-1], "$ ") {
		v := []byte(lines[len(lines)-1][2:])
		if string(v) == "NULL" {
			v = nil
		}
		params = append(params, v)
		lines = lines[:len(lines)-1]
	}
	slices.Reverse(params)
	return strings.Join(lines, "\n"), params
}

// after looks at what a case may have changed: readers of changes begin with the relation
// they wait for, and views must say what their queries say.
func (r *run) after(c *Case) error {
	if err := r.watch(); err != nil || r.target.Name() != "millrace" {
		return err
	}
	admin, err := r.conn(" admin")
	if err != nil {
		return err
	}
	differences, err := CheckViews(context.Background(), admin.PgConn)
	for _, d := range differences {
		r.t.Errorf("%s:%d: after\n%s\n%s", r.file.Path, c.Line, indent(c.Input), d)
	}
	return err
}

func (r *run) compare(c *Case, actual string, rewrite bool) {
	if !directives[c.Cmd] || same(c.Expected, actual) {
		return
	}
	if rewrite && (r.target.Name() == "postgres") == (r.only == "" && c.Only() != "millrace") {
		c.Expected = actual
		return
	}
	r.t.Errorf("%s:%d: %s\n%s\nexpected:\n%s\nbut %s says:\n%s", r.file.Path, c.Line, c.head, indent(c.Input), indent(c.Expected), r.target.Name(), indent(actual))
}

func indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\n  ")
}

// same compares line by line.
func same(expected, actual string) bool {
	if expected == actual {
		return true
	}
	a, b := strings.Split(expected, "\n"), strings.Split(actual, "\n")
	return len(a) == len(b) && slices.EqualFunc(a, b, sameLine)
}

func sameLine(expected, actual string) bool {
	text, approx := strings.CutSuffix(expected, "# approx")
	if !approx {
		return expected == actual
	}
	return slices.EqualFunc(strings.Fields(text), strings.Fields(actual), func(a, b string) bool {
		var x, y float64
		if a == b {
			return true
		}
		if _, err := fmt.Sscanf(a+" "+b, "%g %g", &x, &y); err != nil {
			return false
		}
		d := x - y
		return d < 1e-9*max(x, -x) && -d < 1e-9*max(x, -x)
	})
}
