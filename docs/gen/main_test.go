package main

import (
	"os"
	"testing"
)

// The page in the repository is what the registries say.
func TestCurrent(t *testing.T) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != page() {
		t.Errorf("docs/functions.md is not what the registries say: make docs")
	}
}
