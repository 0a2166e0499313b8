package results

import (
	"os"
	"path/filepath"
	"testing"
)

func TestSectionsStandBesideEachOther(t *testing.T) {
	file := filepath.Join(t.TempDir(), "RESULTS.md")
	for _, step := range []struct{ name, text, want string }{
		{"a", "one\n", "<!-- begin: a -->\n\none\n\n<!-- end: a -->\n"},
		{"b", "two", "<!-- begin: a -->\n\none\n\n<!-- end: a -->\n\n<!-- begin: b -->\n\ntwo\n\n<!-- end: b -->\n"},
		{"a", "\n1\n\n2\n", "<!-- begin: a -->\n\n1\n\n2\n\n<!-- end: a -->\n\n<!-- begin: b -->\n\ntwo\n\n<!-- end: b -->\n"},
	} {
		if err := Keep(file, step.name, step.text); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(b) != step.want {
			t.Errorf("after %s: %q", step.name, b)
		}
	}
	if err := os.WriteFile(file, []byte("<!-- begin: a -->\nhalf"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Keep(file, "a", "whole"); err == nil {
		t.Error("a section without an end was written over")
	}
	if err := Keep(t.TempDir(), "a", "x"); err == nil {
		t.Error("a folder was written")
	}
}
