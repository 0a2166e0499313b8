package parse

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/lex"
)

// TestMutants deletes, doubles, swaps and borrows tokens of the golden statements: each
// mutant is refused with a client's error, or prints text that parses to an equal tree.
func TestMutants(t *testing.T) {
	texts := goldenTexts(t)
	r := rand.New(rand.NewPCG(1, 2))
	parsed := 0
	for range 20_000 {
		text := mutate(r, texts)
		all, err := Statements(text)
		if err != nil {
			var e *pgerr.Error
			if !errors.As(err, &e) || e.Code == pgerr.InternalError {
				t.Fatalf("%s: %v", text, err)
			}
			continue
		}
		parsed++
		for _, s := range all {
			if err := fixpoint(s.Tree); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
		}
	}
	if parsed < 1000 {
		t.Errorf("only %d mutants parsed", parsed)
	}
}

// goldenTexts returns the inputs of the golden files as lists of tokens.
func goldenTexts(t *testing.T) [][]string {
	files, err := filepath.Glob("testdata/*")
	if err != nil {
		t.Fatal(err)
	}
	var texts [][]string
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range strings.Split(string(data), "\n\n") {
			in, _, _ := strings.Cut(block, "\n----")
			cmd, text, ok := strings.Cut(in, "\n")
			if !ok || strings.HasPrefix(cmd, "#") {
				continue
			}
			if cmd == "expr" {
				text = "SELECT " + text
			}
			l, err := lex.Lex(text)
			if err != nil {
				t.Fatal(err)
			}
			var words []string
			for _, k := range l.Tokens[:len(l.Tokens)-1] {
				words = append(words, text[k.Pos:k.End])
			}
			texts = append(texts, words)
		}
	}
	if len(texts) < 300 {
		t.Fatalf("only %d golden statements", len(texts))
	}
	return texts
}

// mutate changes up to three tokens of some text.
func mutate(r *rand.Rand, texts [][]string) string {
	words := append([]string(nil), texts[r.IntN(len(texts))]...)
	for range 1 + r.IntN(3) {
		if len(words) == 0 {
			break
		}
		i := r.IntN(len(words))
		other := texts[r.IntN(len(texts))]
		switch r.IntN(4) {
		case 0:
			words = append(words[:i], words[i+1:]...)
		case 1:
			words = append(words[:i+1], words[i:]...)
		case 2:
			j := r.IntN(len(words))
			words[i], words[j] = words[j], words[i]
		default:
			if len(other) > 0 {
				words[i] = other[r.IntN(len(other))]
			}
		}
	}
	return strings.Join(words, " ")
}
