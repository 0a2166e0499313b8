package wire

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

var reference = flag.String("reference", "", "URL of a PostgreSQL 15 whose answers become the expected ones of testdata/copy_*.txt")

// copyCase is one block of testdata/copy_*.txt:
//
//	types | options
//	"input" lines, quoted as in Go
//	----
//	"output" lines, or lines of an error
type copyCase struct {
	head, options string
	columns       []col.Column
	input, want   string
}

func readCopyCases(t *testing.T, path string) []copyCase {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var cases []copyCase
	for block := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n\n") {
		question, want, _ := strings.Cut(block, "\n----")
		head, input, _ := strings.Cut(question, "\n")
		types, options, _ := strings.Cut(head, "|")
		c := copyCase{head: head, options: strings.TrimSpace(options), want: strings.TrimSpace(want)}
		for name := range strings.SplitSeq(strings.TrimSpace(types), ",") {
			typ := parseTestType(t, strings.TrimSpace(name))
			c.columns = append(c.columns, col.Column{Name: string(rune('a' + len(c.columns))), Type: typ})
		}
		for line := range strings.SplitSeq(input, "\n") {
			if line == "" {
				continue
			}
			s, err := strconv.Unquote(line)
			if err != nil {
				t.Fatalf("%s: %s: %v", head, line, err)
			}
			c.input += s
		}
		cases = append(cases, c)
	}
	return cases
}

func parseTestType(t *testing.T, name string) col.Type {
	base, mod, ok := strings.Cut(name, "(")
	typ, known := col.TypeNamed(base)
	if !known {
		t.Fatalf("no type %q", base)
	}
	if ok {
		n, err := strconv.Atoi(strings.TrimSuffix(mod, ")"))
		if err != nil {
			t.Fatal(err)
		}
		typ.Mod = int32(n) + 4
	}
	return typ
}

// copyOptions reads a few of COPY's options, one or two words each.
func copyOptions(t *testing.T, c copyCase) CopyOptions {
	f := CopyText
	words := strings.Split(c.options, ", ")
	switch words[0] {
	case "format csv":
		f = CopyCSV
	case "format binary":
		f = CopyBinary
	}
	o := DefaultCopyOptions(f, "t", c.columns)
	columns := func(list string) []bool {
		set := make([]bool, len(c.columns))
		for i, k := range c.columns {
			set[i] = list == "*" || strings.Contains(list, k.Name)
		}
		return set
	}
	for _, w := range words {
		name, value, _ := strings.Cut(w, " ")
		unquoted := strings.ReplaceAll(strings.Trim(value, "'"), "''", "'")
		if value == "''''" {
			unquoted = "'"
		}
		switch name {
		case "format", "":
		case "header":
			o.Header = HeaderSkip
			if value == "match" {
				o.Header = HeaderMatch
			}
		case "null":
			o.Null = unquoted
		case "delimiter":
			o.Delimiter = unquoted[0]
		case "quote":
			o.Quote = unquoted[0]
		case "escape":
			o.Escape = unquoted[0]
		case "force_null":
			o.ForceNull = columns(value)
		case "force_not_null":
			o.ForceNotNull = columns(value)
		case "force_quote":
			o.ForceQuote = columns(value)
		default:
			t.Fatalf("option %q", w)
		}
	}
	return o
}

func quoteLines(s string) string {
	var b strings.Builder
	for line := range strings.SplitAfterSeq(s, "\n") {
		if line != "" {
			fmt.Fprintln(&b, strconv.Quote(line))
		}
	}
	return strings.TrimSpace(b.String())
}

func showError(code, message, detail, hint, where string) string {
	s := "ERROR " + code + " " + message
	for _, l := range [][2]string{{"DETAIL", detail}, {"HINT", hint}, {"CONTEXT", where}} {
		if l[1] != "" {
			s += "\n" + l[0] + ": " + strings.NewReplacer("\n", "\\n", "\r", "\\r", "\x00", "\\0").Replace(l[1])
		}
	}
	return s
}

// decodeAll decodes data that come in pieces of some size, and hands out copies of the batches.
func decodeAll(o CopyOptions, data []byte, piece int) ([]*col.Batch, error) {
	var batches []*col.Batch
	d, err := NewCopyDecoder(o, func(b *col.Batch) error {
		c := col.NewBatch(b.Types()...)
		for i := range b.N {
			c.AppendRow(b, i, 1)
		}
		batches = append(batches, c)
		for i := range b.Cols { // who uses the old bytes sees it
			if a := b.Cols[i].Arenas; len(a) > 0 {
				clear(a[0])
			}
		}
		b.Cols = append([]col.Vector(nil), b.Cols...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for len(data) > 0 {
		n := min(piece, len(data))
		// The decoder keeps nothing of what it is fed.
		fed := append([]byte(nil), data[:n]...)
		if err := d.Feed(fed); err != nil {
			return batches, err
		}
		clear(fed)
		data = data[n:]
	}
	return batches, d.Flush()
}

// copyThrough decodes the input in pieces and encodes it again.
func copyThrough(in, out CopyOptions, data string, piece int) string {
	batches, err := decodeAll(in, []byte(data), piece)
	if err != nil {
		e := pgerr.From(err)
		return showError(e.Code, e.Message, e.Detail, e.Hint, e.Where)
	}
	e, err := NewCopyEncoder(out)
	if err != nil {
		return showError(pgerr.CodeOf(err), err.Error(), "", "", "")
	}
	var dst []byte
	for _, b := range batches {
		dst = e.AppendRows(dst, b)
	}
	return quoteLines(string(dst))
}

func TestCopyFromLikePostgreSQL(t *testing.T) {
	testCopyCases(t, "testdata/copy_from.txt", func(c copyCase, piece int) string {
		return copyThrough(copyOptions(t, c), DefaultCopyOptions(CopyText, "t", c.columns), c.input, piece)
	}, "COPY t FROM STDIN", "COPY t TO STDOUT")
}

func TestCopyToLikePostgreSQL(t *testing.T) {
	testCopyCases(t, "testdata/copy_to.txt", func(c copyCase, piece int) string {
		return copyThrough(DefaultCopyOptions(CopyText, "t", c.columns), copyOptions(t, c), c.input, piece)
	}, "COPY t FROM STDIN", "COPY t TO STDOUT")
}

func testCopyCases(t *testing.T, path string, answer func(c copyCase, piece int) string, from, to string) {
	cases := readCopyCases(t, path)
	if *reference != "" {
		ask(t, path, cases, from, to)
		return
	}
	for i, c := range cases {
		for _, piece := range []int{1 << 20, 1, 2, 3, 7} {
			if got := answer(c, piece); got != c.want {
				t.Errorf("case %d: %s\n%s\nin pieces of %d\ngot:\n%s\nwant:\n%s", i+1, c.head, quoteLines(c.input), piece, got, c.want)
				break
			}
		}
	}
}

// ask writes a real PostgreSQL's answers into the file.
func ask(t *testing.T, path string, cases []copyCase, from, to string) {
	ctx := context.Background()
	pg, err := pgconn.Connect(ctx, *reference)
	if err != nil {
		t.Fatal(err)
	}
	defer pg.Close(ctx)
	var file strings.Builder
	for _, c := range cases {
		var columns []string
		for _, k := range c.columns {
			columns = append(columns, k.Name+" "+k.Type.String())
		}
		if _, err := pg.Exec(ctx, "DROP TABLE IF EXISTS t; CREATE TEMP TABLE t ("+strings.Join(columns, ", ")+")").ReadAll(); err != nil {
			t.Fatal(err)
		}
		with := ""
		if c.options != "" {
			with = " WITH (" + strings.NewReplacer("force_null ", "force_null(", "force_not_null ", "force_not_null(").Replace(c.options) + ")"
			if strings.Contains(with, "force_n") {
				with += ")"
			}
		}
		fromSQL, toSQL := from+with, to
		if strings.HasSuffix(path, "copy_to.txt") {
			fromSQL, toSQL = from, to+with
		}
		answer := askOne(ctx, pg, fromSQL, toSQL, c.input)
		fmt.Fprintf(&file, "%s\n\n", strings.TrimSpace(strings.TrimSpace(c.head+"\n"+quoteLines(c.input))+"\n----\n"+answer))
	}
	if err := os.WriteFile(path, []byte(strings.TrimSpace(file.String())+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

func askOne(ctx context.Context, pg *pgconn.PgConn, from, to, input string) string {
	shown := func(err error) string {
		var e *pgconn.PgError
		if !errors.As(err, &e) {
			return "failed: " + err.Error()
		}
		return showError(e.Code, e.Message, e.Detail, e.Hint, e.Where)
	}
	if _, err := pg.CopyFrom(ctx, strings.NewReader(input), from); err != nil {
		return shown(err)
	}
	var out strings.Builder
	if _, err := pg.CopyTo(ctx, &out, to); err != nil {
		return shown(err)
	}
	return quoteLines(out.String())
}
