package main

import (
	"bytes"
	"context"
	"flag"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/millracedb/millrace/server"
)

var rewrite = flag.Bool("rewrite", false, "write into the documents what the server says")

// fenced is a piece of a document: text, or a block between fences.
type fenced struct {
	kind string // what stands behind the opening fence; "" for text between blocks
	body string
}

func fences(text string) (pieces []fenced) {
	var now fenced
	inside := false
	for line := range strings.Lines(text) {
		kind, isFence := strings.CutPrefix(line, "```")
		if isFence {
			pieces = append(pieces, now)
			inside = !inside
			now = fenced{}
			if inside {
				now.kind = strings.TrimSpace(kind)
			}
			continue
		}
		now.body += line
	}
	return append(pieces, now)
}

func unfenced(pieces []fenced) string {
	out := &strings.Builder{}
	for i, p := range pieces {
		if i%2 == 1 {
			out.WriteString("```" + p.kind + "\n" + p.body + "```\n")
			continue
		}
		out.WriteString(p.body)
	}
	return out.String()
}

// tables are those parts of what a script printed that hold rows: a block of a
// document shows them, and leaves the command tags out.
func tables(printed string) string {
	out := &strings.Builder{}
	for part := range strings.SplitAfterSeq(printed, "\n\n") {
		lines := strings.SplitAfter(part, "\n")
		for i, line := range lines {
			if strings.HasPrefix(line, " ") {
				out.WriteString(strings.Join(lines[i:], ""))
				break
			}
		}
	}
	return out.String()
}

// What the documents for newcomers say is so: their SQL runs through the client, each document
// on a server of its own, and prints the tables that stand below it in blocks ```psql. A block
// ```sql script holds the data of a COPY, too, as only a client understands it.
func TestDocuments(t *testing.T) {
	for _, path := range []string{"../../README.md", "../../docs/getting-started.md"} {
		t.Run(path, func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			ctx := context.Background()
			s, err := server.Start(server.Options{Data: t.TempDir(), Listen: "127.0.0.1:0", Memory: 256 << 20, MaxConnections: 10,
				User: "millrace", Version: version, Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := s.Close(ctx); err != nil {
					t.Error(err)
				}
			}()
			out, errs := &bytes.Buffer{}, &bytes.Buffer{}
			r, err := connectRunner(ctx, &process{In: strings.NewReader(""), Out: out, Err: errs}, (&demo{address: s.Addr().String()}).url())
			if err != nil {
				t.Fatal(err)
			}
			defer r.close(ctx)
			pieces, shown := fences(string(text)), 0
			for i := range pieces {
				switch pieces[i].kind {
				case "sql", "sql script":
					out.Reset()
					errs.Reset()
					if err := r.script(ctx, strings.NewReader(pieces[i].body)); err != nil {
						t.Fatalf("%v\n%sin\n%s", err, errs, pieces[i].body)
					}
				case "psql":
					shown++
					got := tables(out.String())
					if got != pieces[i].body && !*rewrite {
						t.Errorf("got\n%swant\n%s", got, pieces[i].body)
					}
					pieces[i].body = got
				}
			}
			if shown < 4 {
				t.Errorf("only %d results are shown", shown)
			}
			if *rewrite {
				if err := os.WriteFile(path, []byte(unfenced(pieces)), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
