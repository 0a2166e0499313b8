package tidy

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	quoted   = regexp.MustCompile("`([^`\n]+)`")
	pathlike = regexp.MustCompile(`^[a-z.][\w.-]*(/[\w.*-]+)*/?$`)
	example  = regexp.MustCompile(`[_/]x\.`) // a file that somebody is to add
	target   = regexp.MustCompile("`make ([a-z-]+)")
)

// What docs name in backticks is there: folders and files of the project, targets of make.
func TestDocsNameWhatExists(t *testing.T) {
	tops := map[string]bool{}
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		tops[e.Name()] = true
	}
	for _, file := range files(t, ".md") {
		text := read(t, file)
		for _, m := range quoted.FindAllStringSubmatch(text, -1) {
			name := m[1]
			top, _, below := strings.Cut(name, "/")
			if !pathlike.MatchString(name) || !below || !tops[top] || example.MatchString(name) {
				continue
			}
			if found, err := filepath.Glob(filepath.Join(root, name)); err != nil || len(found) == 0 {
				t.Errorf("%s: there is no %s", file, name)
			}
		}
		if !tops["Makefile"] {
			continue
		}
		make := read(t, "Makefile")
		for _, m := range target.FindAllStringSubmatch(text, -1) {
			if !regexp.MustCompile(`(?m)^` + m[1] + `\b[^:=]*:`).MatchString(make) {
				t.Errorf("%s: there is no target %q in the Makefile", file, m[1])
			}
		}
	}
}

var snippet = regexp.MustCompile("(?s)```go\n// ([^\n]+)\n(.*?)```")

// Code in docs names its file and stands there as it is.
func TestDocsQuoteWhatStands(t *testing.T) {
	for _, file := range files(t, ".md") {
		text := read(t, file)
		quotes := snippet.FindAllStringSubmatch(text, -1)
		if n := strings.Count(text, "```go\n"); n != len(quotes) {
			t.Errorf("%s: %d of %d pieces of code name the file they are from", file, len(quotes), n)
		}
		for _, q := range quotes {
			if !strings.Contains(unindented(read(t, q[1])), unindented(q[2])) {
				t.Errorf("%s: %s does not say\n%s", file, q[1], q[2])
			}
		}
	}
}

func unindented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimLeft(line, "\t"))
	}
	return b.String()
}
