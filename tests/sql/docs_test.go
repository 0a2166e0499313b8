package sql

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/millracedb/millrace/tests/harness"
)

// TestDocs runs the SQL of the reference (README.md and docs/getting-started.md are run by
// the tests of cmd/millrace, as psql prints it): each page against an empty database, block by block, statement after statement. A block ```sql must not fail
// unless a comment "-- ERROR: …" in it says so; what it prints must stand in the block
// ```text behind it, if there is one. With -rewrite that block says what was printed.
func TestDocs(t *testing.T) {
	if os.Getenv("MILLRACE_POSTGRES") != "" {
		return // the pages speak of Millrace
	}
	pages := []string{"../../docs/event-time.md", "../../docs/scoring.md"}
	err := filepath.WalkDir("../../docs/sql", func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".md") {
			pages = append(pages, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range pages {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "```sql\n") {
			continue
		}
		t.Run(strings.TrimPrefix(filepath.ToSlash(path), "../../"), func(t *testing.T) {
			m, err := harness.Start(1)
			if err != nil {
				t.Fatal(err)
			}
			page := &harness.Page{Path: path, Text: string(text)}
			page.Run(t, m, *rewrite)
			if *rewrite {
				if err := os.WriteFile(path, []byte(page.Text), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
