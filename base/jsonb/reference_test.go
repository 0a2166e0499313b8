package jsonb

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millracedb/millrace/base/pgerr"
)

var (
	reference     = flag.String("reference", "", "URL of a PostgreSQL to ask for the answers in the reference file, which is rewritten")
	referenceFile = flag.String("reference-file", "testdata/reference.txt", "the reference file")
)

// operation is how PostgreSQL says something, and how this package does. A nil answer is
// NULL, a nil argument too.
type operation struct {
	sql string
	run func(args [][]byte) ([]byte, error)
}

// TestReference compares with a real PostgreSQL's answers. A line of the file is
// operation, arguments, =>, answer.
func TestReference(t *testing.T) {
	data, err := os.ReadFile(*referenceFile)
	if err != nil {
		t.Fatal(err)
	}
	var ask func(op operation, args [][]byte) string
	if *reference != "" {
		conn, err := pgconn.Connect(context.Background(), *reference)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		ask = func(op operation, args [][]byte) string { return askReference(conn, op, args) }
	}
	var out bytes.Buffer
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if line == "" || line[0] == '#' {
			fmt.Fprintln(&out, line)
			continue
		}
		call, want, _ := strings.Cut(line, " => ")
		name, args := parseCall(t, n, call)
		op, ok := operations[name]
		if !ok {
			t.Fatalf("line %d: no operation %s", n, name)
		}
		if ask != nil {
			want = ask(op, args)
		}
		fmt.Fprintf(&out, "%s => %s\n", call, want)
		if got := printAnswer(op.run(args)); got != want {
			t.Errorf("%s:%d: %s\n gives %s\n  want %s", *referenceFile, n, call, got, want)
		}
	}
	if ask != nil {
		if err := os.WriteFile(*referenceFile, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func parseCall(t *testing.T, line int, call string) (name string, args [][]byte) {
	name, rest, _ := strings.Cut(strings.TrimSuffix(call, " =>"), " ")
	for rest = strings.TrimLeft(rest, " "); rest != ""; rest = strings.TrimLeft(rest, " ") {
		if after, ok := strings.CutPrefix(rest, "NULL"); ok {
			args, rest = append(args, nil), after
			continue
		}
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			t.Fatalf("line %d: %v: %s", line, err, rest)
		}
		s, _ := strconv.Unquote(quoted)
		args, rest = append(args, []byte(s)), rest[len(quoted):]
	}
	return name, args
}

func printAnswer(b []byte, err error) string {
	if err != nil {
		e := pgerr.From(err)
		return fmt.Sprintf("error %s %q %q %q %q", e.Code, e.Message, e.Detail, e.Hint, e.Where)
	}
	if b == nil {
		return "NULL"
	}
	return strconv.Quote(string(b))
}

func askReference(conn *pgconn.PgConn, op operation, args [][]byte) string {
	r := conn.ExecParams(context.Background(), "select "+op.sql, args, nil, nil, nil).Read()
	if r.Err != nil {
		e, ok := r.Err.(*pgconn.PgError)
		if !ok {
			return r.Err.Error()
		}
		return printAnswer(nil, &pgerr.Error{Code: e.Code, Message: e.Message, Detail: e.Detail, Hint: e.Hint, Where: where(e.Where)})
	}
	if len(r.Rows) == 0 {
		return "no row"
	}
	return printAnswer(r.Rows[0][0], nil)
}

// where drops the lines that name the parameter or a function within, not ours to know.
func where(s string) string {
	var keep []string
	for line := range strings.SplitSeq(s, "\n") {
		if !strings.HasPrefix(line, "unnamed portal") && !strings.HasPrefix(line, "SQL function") {
			keep = append(keep, line)
		}
	}
	return strings.Join(keep, "\n")
}
