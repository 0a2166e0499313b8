package main

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What other engines are fed with are the events of the specification.
func TestBenchWritesTheEvents(t *testing.T) {
	file := filepath.Join(t.TempDir(), "events")
	out := &strings.Builder{}
	p := &process{In: strings.NewReader(""), Out: out, Err: out}
	if status := run(p, []string{"bench", "nexmark", "--events", "10000", "--write", file}); status != 0 {
		t.Fatalf("status %d: %s", status, out)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(b)
	if got, want := hex.EncodeToString(sum[:]), "f3d5e22f1bd8d72b875dbbbfc0b765893c2a32e67c983cb2709f891e2cc16a2a"; got != want {
		t.Errorf("%s is not the anchor %s", got, want)
	}
	if status := run(p, []string{"bench", "nexmark", "--events", "10", "--write", filepath.Join(file, "x")}); status == 0 {
		t.Error("a file below a file was written")
	}
}
