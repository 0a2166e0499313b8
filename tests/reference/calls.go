package reference

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millracedb/millrace/base/pgerr"
)

// Operation is how PostgreSQL says something, with arguments $1, $2 …, and how a package
// does. A nil answer is NULL, a nil argument too. A package that uses it declares a type
// of its own with these fields.
type Operation struct {
	SQL string
	Run func(args [][]byte) ([]byte, error)
}

// Calls compares what operations give, called by their names, with the answers in
// testdata/reference.txt, or the file that -reference-file names. A line of it is operation,
// arguments, =>, answer; lines that are empty or begin with # stay as they are. With
// -postgres the server's answers are the expected ones and the file is rewritten.
func Calls[O ~struct {
	SQL string
	Run func(args [][]byte) ([]byte, error)
}](t *testing.T, operations map[string]O) {
	name := fileOr("testdata/reference.txt")
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	server := Connect(t, "")
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
		word, args := parseCall(t, n, call)
		known, ok := operations[word]
		if !ok {
			t.Fatalf("line %d: no operation %s", n, word)
		}
		op := Operation(known)
		if server != nil {
			want = ask(server, op, args)
		}
		fmt.Fprintf(&out, "%s => %s\n", call, want)
		if got := printAnswer(op.Run(args)); got != want {
			t.Errorf("%s:%d: %s\n gives %s\n  want %s", name, n, call, got, want)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if server != nil {
		if err := os.WriteFile(name, out.Bytes(), 0o644); err != nil {
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

func ask(server *pgconn.PgConn, op Operation, args [][]byte) string {
	r := server.ExecParams(context.Background(), "select "+op.SQL, args, nil, nil, nil).Read()
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
