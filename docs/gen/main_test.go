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

func TestPicturesAreCurrent(t *testing.T) {
	for name, draw := range pictures {
		have, err := os.ReadFile(pictureFolder + name)
		if err != nil {
			t.Fatal(err)
		}
		if string(have) != draw() {
			t.Errorf("%s is not what go generate ./docs/gen draws", name)
		}
	}
}
