package lex

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/cockroachdb/datadriven"
)

var kindNames = [...]string{"end", "bad", "word", "quoted", "string", "bits", "hex", "integer", "decimal", "param",
	"operator", "mark"}

// TestLex prints the tokens of each input: place, kind and text.
func TestLex(t *testing.T) {
	datadriven.RunTest(t, "testdata/tokens", func(t *testing.T, d *datadriven.TestData) string {
		l, err := Lex(d.Input)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, k := range l.Tokens {
			fmt.Fprintf(&b, "%d-%d %s %q\n", k.Pos, k.End, kindNames[k.Kind], k.Text)
		}
		if l.err != nil {
			fmt.Fprintf(&b, "%s %s at character %d\n", l.err.Code, l.err.Message, l.err.Position)
		}
		return b.String()
	})
}

var seeds = []string{
	"", "SELECT 1", `"a""b" 'it''s' E'\n\x41\u00e9\U0001F600\uD83D\uDE00' U&'\0041\+000041' U&"d!0061" UESCAPE '!'`,
	"$$a$$ $t$ $$ $t$ $1 $", "1 1.5 .5 1. 1e5 1e 1..2 1a", "a::b := c .. d", "a-- b\n/* c /* d */ e */ f /*",
	"+- -+ @- <-- =/* */ ->> !=", "B'101' X'1F' N'x'", "'a'\n'b' 'a' 'b'", "\x00", "\xff\xfe", "é ü \"ß\"", "((([[[)))]]]", "'", `"`, `""`,
}

// FuzzLex checks the invariants of a token list on any text.
func FuzzLex(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l, err := Lex(text)
		if err != nil {
			t.Fatal(err)
		}
		end := int32(0)
		for i, k := range l.Tokens {
			last := i == len(l.Tokens)-1
			if (k.Kind == End || k.Kind == Bad) != last {
				t.Fatalf("token %d of %d is of kind %d", i, len(l.Tokens), k.Kind)
			}
			if k.Pos > k.End || int(k.End) > len(text) || k.Kind != Bad && k.Pos < end {
				t.Fatalf("token %d is %d-%d behind %d", i, k.Pos, k.End, end)
			}
			if k.Kind != End && k.Kind != Bad && k.Pos == k.End {
				t.Fatalf("token %d is empty", i)
			}
			if utf8.ValidString(text) && !utf8.ValidString(k.Text) && k.Kind != Bad {
				t.Fatalf("token %d holds %q", i, k.Text)
			}
			end = k.End
		}
		if (l.err != nil) != (l.Tokens[len(l.Tokens)-1].Kind == Bad) {
			t.Fatal("an error goes with a bad token")
		}
		c := Cursor{Lexed: l}
		for i := range l.Tokens {
			if m := c.Close(i); m >= 0 && int(l.match[m]) != i {
				t.Fatalf("bracket %d is closed by %d, which closes %d", i, m, l.match[m])
			}
		}
	})
}
