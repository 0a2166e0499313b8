package harness

import (
	"context"
	"strings"
	"testing"
)

// Page is a page of the docs. Run leaves in Text what the page should say.
type Page struct {
	Path string
	Text string
}

const (
	opens  = "```sql\n"
	prints = "```text\n"
	closes = "```"
)

// Run carries out the SQL of the page on a server and reports as errors the statements that
// fail and, unless they are to be rewritten, the answers that differ.
func (p *Page) Run(t *testing.T, target Target, rewrite bool) {
	t.Helper()
	conn, err := connect(context.Background(), target.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var out strings.Builder
	rest := p.Text
	for {
		before, block, found := strings.Cut(rest, opens)
		out.WriteString(before)
		if !found {
			break
		}
		sql, after, _ := strings.Cut(block, closes)
		out.WriteString(opens + sql + closes)
		printed := p.block(t, conn, sql)
		if answer, ok := strings.CutPrefix(after, "\n\n"+prints); ok {
			expected, behind, _ := strings.Cut(answer, closes)
			if expected != printed && !rewrite {
				t.Errorf("%s: after\n%s\nthe page says\n%s\nbut it prints\n%s", p.Path, indent(sql), indent(expected), indent(printed))
			}
			out.WriteString("\n\n" + prints + printed + closes)
			after = behind
		}
		rest = after
	}
	p.Text = out.String()
}

// block carries out one block and returns what its queries print.
func (p *Page) block(t *testing.T, conn *conversation, sql string) string {
	var printed strings.Builder
	for _, statement := range statements(sql) {
		text, err := carryOut(conn, statement)
		if err != nil {
			t.Fatalf("%s: %v\n%s", p.Path, err, indent(statement))
		}
		lines := strings.SplitAfter(text, "\n")
		if failed := strings.Contains(text, "ERROR: "); failed != strings.Contains(statement, "-- ERROR:") {
			t.Errorf("%s: %s\n%s", p.Path, indent(statement), text)
		} else if !failed && len(lines) >= 2 {
			lines = lines[:len(lines)-2] // the command tag
		}
		printed.WriteString(strings.Join(lines, ""))
	}
	return printed.String()
}

// carryOut carries out a statement, with what a COPY FROM STDIN has below it.
func carryOut(conn *conversation, statement string) (string, error) {
	if head, data, ok := strings.Cut(statement, fromStdin); ok {
		options, lines, _ := strings.Cut(data, ";\n")
		return conn.copy(context.Background(), head+fromStdin+options, strings.TrimSuffix(lines, dot), false)
	}
	return conn.simple(context.Background(), statement, form{rows: true, tags: true})
}

const (
	fromStdin = " FROM STDIN"
	dot       = "\\.\n" // ends the lines below a COPY, as in psql
)

// statements splits a block at semicolons that end a line, or stand before a comment at
// its end. A statement that goes on over a blank line is one still. Behind COPY … FROM STDIN
// its lines follow, up to one with \. alone.
func statements(sql string) (all []string) {
	var b strings.Builder
	for line := range strings.Lines(sql) {
		b.WriteString(line)
		code, _, _ := strings.Cut(line, "--")
		if strings.Contains(b.String(), fromStdin) && line != dot {
			continue
		}
		if strings.HasSuffix(strings.TrimSpace(code), ";") || line == dot {
			all = append(all, b.String())
			b.Reset()
		}
	}
	if strings.TrimSpace(b.String()) != "" {
		all = append(all, b.String())
	}
	return all
}
