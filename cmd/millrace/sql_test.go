package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// golden reads the cases of a file of testdata: input, a line "----", what is expected, and
// a line "====". What is expected was written by psql 15.
func golden(t *testing.T, name string, check func(t *testing.T, input, want string)) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	cases := strings.Split(strings.TrimSuffix(string(text), "====\n"), "====\n")
	if len(cases) < 5 {
		t.Fatalf("%d cases in %s", len(cases), name)
	}
	for _, c := range cases {
		input, want, ok := strings.Cut(c, "----\n")
		if !ok {
			t.Fatalf("no ---- in %q", c)
		}
		check(t, input, want)
	}
}

// unescaped gives \n, \t, \r and \\ their meaning; \N is NULL, which prints as nothing.
var unescaped = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\t`, "\t", `\r`, "\r", `\a`, "\a", `\N`, "", `\u0085`, "\u0085")

// Each line of input is a row, its fields with tabs between; the first one names the
// columns, "name>" one that stands at the right.
func TestTablesAreThoseOfPsql(t *testing.T) {
	golden(t, "tables.txt", func(t *testing.T, input, want string) {
		var printed table
		for i, line := range strings.Split(strings.TrimSuffix(input, "\n"), "\n") {
			fields := strings.Split(line, "\t")
			if line == "" {
				fields = nil
			}
			for k, f := range fields {
				fields[k] = unescaped.Replace(f)
			}
			if i > 0 {
				printed.Rows = append(printed.Rows, fields)
				continue
			}
			for _, f := range fields {
				name, right := strings.CutSuffix(f, ">")
				printed.Names, printed.Right = append(printed.Names, name), append(printed.Right, right)
			}
		}
		out := &bytes.Buffer{}
		if err := printed.write(out); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
	})
}

// Input is the position, the message and the statement.
func TestErrorsAreThoseOfPsql(t *testing.T) {
	golden(t, "errors.txt", func(t *testing.T, input, want string) {
		head, statement, _ := strings.Cut(strings.TrimSuffix(input, "\n"), "\n")
		e := &pgconn.PgError{Severity: "ERROR", Message: "m"}
		for c := range strings.SplitSeq(head, "") {
			e.Position = e.Position*10 + int32(c[0]-'0')
		}
		if got := errorText(e, statement); got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
	})
}

func TestErrorParts(t *testing.T) {
	e := &pgconn.PgError{Severity: "FATAL", Message: "no", Detail: "because", Hint: "do", Where: "there", InternalPosition: 1, InternalQuery: "q"}
	want := "FATAL:  no\nLINE 1: q\n        ^\nDETAIL:  because\nHINT:  do\nQUERY:  q\nCONTEXT:  there\n"
	if got := errorText(e, ""); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestStatements(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"select 1", []string{"select 1"}},
		{" ; ;; select 1 ; -- no; \n select 2;\n", []string{"select 1 ;", "-- no; \n select 2;"}},
		{"-- only a comment;", nil},
		{"/* a /* nested; */ one; */ select 1;", []string{"/* a /* nested; */ one; */ select 1;"}},
		{"select ';', \"a;b\", 'it''s;', e'\\';', E'a''\\';';select 2", []string{"select ';', \"a;b\", 'it''s;', e'\\';', E'a''\\';';", "select 2"}},
		{"select '\\'; select 2;", []string{"select '\\';", "select 2;"}},
		{"select $$a;b$$, $x$;$$;$x$, a$b$;c;", []string{"select $$a;b$$, $x$;$$;$x$, a$b$;", "c;"}},
		{"select $1; select $2;", []string{"select $1;", "select $2;"}},
		{"select (1; 2); select 3;", []string{"select (1; 2);", "select 3;"}},
		{"select 1); select 3;", []string{"select 1);", "select 3;"}},
		{"select 'open; ", []string{"select 'open;"}},
	} {
		if got := statements(c.text); !slices.Equal(got, c.want) {
			t.Errorf("%q\n got %q\nwant %q", c.text, got, c.want)
		}
		// Line by line comes to the same.
		var s splitter
		var lines []string
		for line := range strings.Lines(c.text) {
			lines = append(lines, s.feed(line)...)
		}
		if last := s.rest(); last != "" {
			lines = append(lines, last)
		}
		if !slices.Equal(lines, c.want) {
			t.Errorf("%q line by line: %q", c.text, lines)
		}
	}
}

func FuzzStatements(f *testing.F) {
	for _, s := range []string{"select 1; select 2", "'a;b' $$;$$ $t$;$t$ /* ; /* */ */ -- ;\n;", "e'\\';'", "((;", "\"", "$a$ $b$"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var whole, byLine splitter
		a := append(whole.feed(text), whole.rest())
		var b []string
		for line := range strings.Lines(text) {
			b = append(b, byLine.feed(line)...)
		}
		b = append(b, byLine.rest())
		if !slices.Equal(a, b) {
			t.Errorf("%q: whole %q, by line %q", text, a, b)
		}
		for _, s := range a {
			copyKind(s)
		}
	})
}

func TestCopyKind(t *testing.T) {
	for text, want := range map[string]copying{
		"copy t from stdin;":                         copyIn,
		"COPY t (a, b) FROM STDIN WITH (FORMAT csv)": copyIn,
		"/* x */ copy \"from\" to stdout":            copyOut,
		"copy (select * from stdin) to STDOUT;":      copyOut,
		"copy t from 'file'":                         notCopy,
		"select 'copy t from stdin'":                 notCopy,
		"":                                           notCopy,
		"copy (select 1":                             notCopy,
		"copy (subscribe t) to stdout":               copyOut,
		"insert into copy values (1)":                notCopy,
		"copy":                                       notCopy,
		"COPY flights FROM STDIN WITH (FORMAT csv, NULL 'to stdout')": copyIn,
	} {
		if got := copyKind(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
	if !isSubscribe("-- watch\nSUBSCRIBE TO t;") || isSubscribe("select 1") {
		t.Error("isSubscribe")
	}
}

func TestUntilDot(t *testing.T) {
	long := strings.Repeat("x", 100)
	for _, c := range []struct{ text, data, rest string }{
		{"a\nb\n\\.\nselect", "a\nb\n", "select"},
		{"a\n \\.\n\\..\nx\\.\n\\.\r\n", "a\n \\.\n\\..\nx\\.\n", ""},
		{"no end", "no end", ""},
		{long + "\\.\n\\.\nrest\n", long + "\\.\n", "rest\n"},
		{"", "", ""},
	} {
		in := bufio.NewReaderSize(strings.NewReader(c.text), 16)
		data, err := io.ReadAll(&untilDot{lines: in})
		rest, restErr := io.ReadAll(in)
		if err != nil || restErr != nil || string(data) != c.data || string(rest) != c.rest {
			t.Errorf("%q: data %q, rest %q, errors %v, %v", c.text, data, rest, err, restErr)
		}
	}
}

func TestURL(t *testing.T) {
	for _, c := range []struct {
		argument string
		environ  []string
		want     string
	}{
		{"", nil, defaultURL},
		{"", []string{"MILLRACE_URL="}, defaultURL},
		{"", []string{"MILLRACE_URL=postgres://a"}, "postgres://a"},
		{"postgres://b", []string{"MILLRACE_URL=postgres://a"}, "postgres://b"},
	} {
		if got := (&sqlCmd{URL: c.argument}).url(c.environ); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
