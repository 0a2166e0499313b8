package parse

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
)

// FuzzParse checks on any text that parsing does not panic, that its errors are the
// client's, that what parses prints text that parses to an equal tree, and that a walk
// over it ends.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*")
	if err != nil || len(files) == 0 {
		f.Fatalf("no golden files, %v", err)
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, block := range strings.Split(string(data), "\n\n") {
			in, _, ok := strings.Cut(block, "\n----")
			if _, text, more := strings.Cut(in, "\n"); ok && more {
				f.Add(text)
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, err := Statements(text)
		if err != nil {
			var e *pgerr.Error
			if !errors.As(err, &e) || e.Code == pgerr.InternalError {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		for _, s := range all {
			if err := fixpoint(s.Tree); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			ast.Walk(s.Tree, func(n ast.Node) bool {
				if p := n.Position(); p < 0 || p > len(text) {
					t.Fatalf("%q: %T stands at %d", text, n, p)
				}
				return true
			})
		}
	})
}

// TestNexmark parses the Nexmark queries of both dialects.
func TestNexmark(t *testing.T) {
	both, err := filepath.Glob("../../connect/nexmark/queries/*.sql")
	if err != nil || len(both) < 30 {
		t.Fatalf("%d files, %v", len(both), err)
	}
	postgres, err := filepath.Glob("../../connect/nexmark/queries/postgres/*.sql")
	if err != nil || len(postgres) < 7 {
		t.Fatalf("%d files for PostgreSQL alone, %v", len(postgres), err)
	}
	files := append(both, postgres...)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all, err := Statements(string(text))
		if err != nil {
			t.Errorf("%s\n%s", file, caret(string(text), err))
			continue
		}
		if len(all) == 0 {
			t.Errorf("%s holds no statement", file)
		}
		for _, s := range all {
			if err := fixpoint(s.Tree); err != nil {
				t.Errorf("%s: %v", file, err)
			}
			if u, ok := s.Tree.(*ast.Unsupported); ok {
				t.Errorf("%s: %s", file, u.Feature)
			}
		}
	}
}

// TestWords looks whether some golden file holds every statement that is registered.
func TestWords(t *testing.T) {
	tested := map[string]bool{}
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			words := strings.Fields(strings.ToLower(line))
			for n := range min(3, len(words)) {
				tested[strings.TrimRight(strings.Join(words[:n+1], " "), ";")] = true
			}
		}
	})
	for _, w := range Words() {
		verb, _, _ := strings.Cut(w, " ")
		if !tested[w] && !(verb == "create" && tested[strings.Replace(w, "create", "create unique", 1)]) && !refusedWord(w) {
			t.Errorf("no golden file holds %s", w)
		}
	}
}

// refusedWord reports whether the statement is one of the many kinds of objects that are
// refused in the same way.
func refusedWord(w string) bool {
	all, err := Statements(w)
	if err != nil || len(all) != 1 {
		return false
	}
	_, refused := all[0].Tree.(*ast.Unsupported)
	return refused
}
