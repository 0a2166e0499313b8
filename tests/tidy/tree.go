package tidy

import (
	"bufio"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// files are the paths below the project's root that end in one of the suffixes, with
// slashes, without what is hidden or built.
func files(t *testing.T, suffixes ...string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		name := d.Name()
		switch {
		case d.IsDir() && rel != "." && (strings.HasPrefix(name, ".") && name != ".ci" || rel == "bin" || rel == "data" || name == "node_modules"):
			return filepath.SkipDir
		case !d.IsDir() && slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(name, s) }):
			paths = append(paths, filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// ratchet reads a list of what is known to break a rule: one a line, # begins a comment.
func ratchet(t *testing.T, name string) map[string]bool {
	t.Helper()
	f, err := os.Open(filepath.Join("ratchet", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	known := map[string]bool{}
	for s := bufio.NewScanner(f); s.Scan(); {
		text, _, _ := strings.Cut(s.Text(), " # ")
		if text = strings.TrimSpace(text); text != "" && !strings.HasPrefix(text, "# ") {
			known[text] = true
		}
	}
	return known
}

// hold reports what breaks a rule and is not on its ratchet, and what is on the ratchet
// and breaks it no longer.
func hold(t *testing.T, name string, broken map[string]string) {
	t.Helper()
	known := ratchet(t, name)
	for what, why := range broken {
		if !known[what] {
			t.Errorf("%s: %s", what, why)
		}
	}
	for what := range known {
		if _, still := broken[what]; !still {
			t.Errorf("take %q off ratchet/%s.txt: it is in order now", what, name)
		}
	}
}
