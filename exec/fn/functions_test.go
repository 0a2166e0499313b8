package fn_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/typeio"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/tests/reference"
)

// TestFunctions evaluates the lines of testdata. A line is an expression that PostgreSQL
// reads too; its answer is the text of the value, or SQLSTATE and message. The answers are
// those of a PostgreSQL: -postgres URL compares them, and with -rewrite freezes them.
func TestFunctions(t *testing.T) {
	answer := evaluate
	server := reference.Connect(t, "SET TimeZone = 'America/New_York'; SET DateStyle = 'ISO, MDY'; SET IntervalStyle = postgres")
	if server != nil {
		answer = func(line string) string { return selected(server, line) }
	}
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			ask := answer
			switch {
			case d.Cmd == "millrace": // PostgreSQL spells these in other ways
				ask = evaluate
			case d.Cmd == "common" && server == nil:
				ask = common
			case d.Cmd == "common":
				ask = func(line string) string {
					a, b, _ := strings.Cut(line, " ")
					return answer("pg_typeof(coalesce(NULL::" + a + ", NULL::" + b + "))")
				}
			}
			return reference.Lines(d.Input, ask)
		})
	})
}

// selected answers by a PostgreSQL.
func selected(server *pgconn.PgConn, line string) string {
	rows := server.ExecParams(context.Background(), "SELECT "+line, nil, nil, nil, nil).Read()
	switch {
	case rows.Err != nil:
		return reference.Failure(rows.Err)
	case rows.Rows[0][0] == nil:
		return "NULL"
	}
	return printed(string(rows.Rows[0][0]))
}

// printed keeps an answer on one line that is never empty.
func printed(s string) string {
	if s == "" {
		return "''"
	}
	return strings.ReplaceAll(s, "\n", "\\n")
}

func newContext() *fn.Ctx {
	zone, err := datetime.LoadZone("America/New_York")
	if err != nil {
		panic(err)
	}
	now := datetime.FromTime(time.Date(2024, 5, 6, 7, 8, 9, 123456000, time.UTC))
	return fn.NewCtx(&datetime.Settings{Zone: zone, Now: now}, now)
}

// evaluate answers by this package, in every disguise: the answers must be one.
func evaluate(line string) string {
	c := newContext()
	e, err := parseLine(c, line)
	if err != nil {
		return reference.Failure(err)
	}
	if back, err := expr.Parse(string(e.Append(nil))); err != nil || !expr.Equal(e, back) {
		return fmt.Sprintf("%s reads back as %v, %v", e.Append(nil), back, err)
	}
	first := run(c, e, 1, nil)
	if expr.Volatility(e) == fn.Volatile {
		return first
	}
	for name, d := range disguises {
		if again := d(newContext(), e); again != first {
			return fmt.Sprintf("%s, but %s %s", first, again, name)
		}
	}
	return first
}

// common is the common type of the two on a line.
func common(line string) string {
	var types []col.Type
	for name := range strings.FieldsSeq(line) {
		t, ok := col.TypeNamed(name)
		if !ok {
			return "no type " + name
		}
		types = append(types, t)
	}
	t, err := fn.CommonType("COALESCE", types)
	if err != nil {
		return reference.Failure(err)
	}
	return t.String()
}

// run evaluates over n rows and prints the last selected one.
func run(c *fn.Ctx, e expr.Expr, n int, sel []uint32) string {
	return runOver(c, e, &col.Batch{N: n}, sel)
}

func runOver(c *fn.Ctx, e expr.Expr, b *col.Batch, sel []uint32) string {
	v := e.Eval(c, b, sel)
	v.Check(b.N)
	i := b.N - 1
	if sel != nil {
		i = int(sel[len(sel)-1])
	}
	for _, m := range c.Marks() {
		if m.Lane == i {
			return reference.Failure(m.Err)
		}
	}
	if v.Null(i) {
		return "NULL"
	}
	return printed(string(typeio.AppendText(nil, v, i, c.Settings)))
}

// disguises are ways to ask the same.
var disguises = map[string]func(c *fn.Ctx, e expr.Expr) string{
	"over many rows":      func(c *fn.Ctx, e expr.Expr) string { return run(c, e, 130, nil) },
	"behind a selection":  func(c *fn.Ctx, e expr.Expr) string { return run(c, e, 130, []uint32{3, 77}) },
	"over columns":        func(c *fn.Ctx, e expr.Expr) string { return overColumns(c, e, nil) },
	"over chosen columns": func(c *fn.Ctx, e expr.Expr) string { return overColumns(c, e, []uint32{5, 64}) },
	"as a filter": func(c *fn.Ctx, e expr.Expr) string {
		return filtered(c, e, false, func(int) bool { return true })
	},
	"as a filter of NULLs": func(c *fn.Ctx, e expr.Expr) string {
		return filtered(c, e, true, func(int) bool { return true })
	},
	"as a filter by the first": func(c *fn.Ctx, e expr.Expr) string {
		return filtered(c, e, false, func(k int) bool { return k == 0 })
	},
	"as a filter by the second": func(c *fn.Ctx, e expr.Expr) string {
		return filtered(c, e, false, func(k int) bool { return k == 1 })
	},
	"as the text of a plan": func(c *fn.Ctx, e expr.Expr) string {
		back, err := expr.Parse(string(e.Append(nil)))
		if err != nil {
			return err.Error()
		}
		return run(c, back, 1, nil)
	},
}

// overColumns puts the constants of e into columns, every third row of them NULL.
func overColumns(c *fn.Ctx, e expr.Expr, sel []uint32) string {
	e, b := columns(e, true, func(int) bool { return true })
	return runOver(c, e, b, sel)
}

// columns puts those constants of e into columns of 101 rows that which names.
func columns(e expr.Expr, nulls bool, which func(k int) bool) (expr.Expr, *col.Batch) {
	b, count := &col.Batch{N: 101}, 0
	e = expr.Rewrite(e, func(x expr.Expr) expr.Expr {
		k, ok := x.(*expr.Const)
		if !ok || k.Type().Is(col.Unknown) {
			return x
		}
		if count++; !which(count - 1) {
			return x
		}
		v := col.Vector{}
		v.ResetKind(k.Type(), k.Value().Kind, k.Value().Scale)
		for i := range b.N {
			if nulls && i%3 == 0 {
				v.AppendNull()
			} else {
				v.AppendFrom(k.Value(), 0)
			}
		}
		b.Cols = append(b.Cols, v)
		return expr.NewColumn(len(b.Cols)-1, k.Type())
	})
	return e, b
}

// filtered is what a condition's filter says of e, of which some constants are columns: t if
// all rows pass, f or NULL if none does.
func filtered(c *fn.Ctx, e expr.Expr, nulls bool, which func(k int) bool) string {
	want := run(newContext(), e, 1, nil)
	if !e.Type().Is(col.Bool) || len(want) > len("NULL") {
		return want
	}
	call, ok := e.(*expr.Call)
	strict := !ok || !call.Fn.NonStrict // others may be true of NULLs
	over, b := columns(e, nulls && strict && want == "t", which)
	passed := map[uint32]bool{}
	for _, i := range expr.Filter(c, over, b, nil) {
		passed[i] = true
	}
	for i := range uint32(b.N) {
		null := strict && len(b.Cols) > 0 && b.Cols[0].Null(int(i))
		if passed[i] != (want == "t" && !null) {
			return fmt.Sprintf("passes %v for row %d", passed[i], i)
		}
	}
	return want
}

// TestEveryFunctionIsTold finds functions that no line of testdata names.
func TestEveryFunctionIsTold(t *testing.T) {
	var text strings.Builder
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			text.WriteString(d.Input)
			return d.Expected
		})
	})
	for _, s := range fn.All() {
		want := s.Name + "("
		if s.IsOperator() {
			want = s.Name
		}
		if s.IsCast() || s.Relabel {
			continue // written as ::
		}
		if !strings.Contains(text.String(), want) {
			t.Errorf("%s stands in no line", s.ID())
		}
		if s.Doc == "" || !strings.HasSuffix(s.Doc, ".") {
			t.Errorf("%s has no doc sentence", s.ID())
		}
	}
}
