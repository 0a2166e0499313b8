package sql

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/millracedb/millrace/tests/harness"
)

var rewrite = flag.Bool("rewrite", false, "accept what the server says")

// long are files whose point is how many rows, queries or starts they have: the race detector, which
// slows these most, sees as much in the others.
var long = []string{"big_transaction.test", "crash.test", "errors_many.test", "explain_analyze.test", "many_rows.test", "quantified.test", "query_memory.test", "query_shapes.test", "row_values.test", "spill.test", "subquery_correlated.test"}

// TestFiles runs every .test file, with -short but for the long ones. With MILLRACE_POSTGRES, the address of a PostgreSQL 15
// server whose user may create databases, it runs them there instead, one after the other: they share its roles.
func TestFiles(t *testing.T) {
	files, err := filepath.Glob("*.test")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 60 {
		t.Errorf("%d files, but the documentation of what works has 60 at least", len(files))
	}
	for _, path := range files {
		if testing.Short() && slices.Contains(long, path) {
			continue
		}
		t.Run(strings.TrimSuffix(path, ".test"), func(t *testing.T) {
			if os.Getenv("MILLRACE_POSTGRES") == "" {
				t.Parallel()
			}
			f, err := harness.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			target := open(t)
			harness.Run(t, f, target, *rewrite)
			if err := target.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func open(t *testing.T) harness.Target {
	if url := os.Getenv("MILLRACE_POSTGRES"); url != "" {
		p, err := harness.Reference(context.Background(), url)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	m, err := harness.Start(1)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
