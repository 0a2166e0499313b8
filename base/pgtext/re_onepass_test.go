package pgtext

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestOnePass compares the table with the automaton: random expressions that have one, over
// random texts.
func TestOnePass(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	tables, found := 0, 0
	for range 6000 {
		pattern := randomPattern(r, 3)
		re, err := CompileRegexp([]byte(pattern), RegexpFlags{IgnoreCase: r.IntN(8) == 0})
		if err != nil || re.one == nil {
			continue
		}
		tables++
		automaton := *re
		automaton.one = nil
		for range 12 {
			s := randomText(r)
			if compareMatches(t, pattern, s, re, &automaton) {
				found++
			}
		}
	}
	if tables < 500 || found < 2000 {
		t.Fatalf("%d expressions had a table, with %d matches", tables, found)
	}
}

func compareMatches(t *testing.T, pattern string, s []byte, re, automaton *Regexp) bool {
	got, _ := re.FindAll(s)
	want, _ := automaton.FindAll(s)
	if !slices.EqualFunc(got, want, slices.Equal[[]int]) {
		t.Fatalf("%q in %q: %v, by the automaton %v", pattern, s, got, want)
	}
	if m, _ := re.Match(s); m != (len(want) > 0) {
		t.Fatalf("%q ~ %q is %v", s, pattern, m)
	}
	return len(want) > 0
}

// randomPattern is mostly of parts between which one character decides.
func randomPattern(r *rand.Rand, depth int) string {
	var b strings.Builder
	for range 1 + r.IntN(4) {
		switch k := r.IntN(14); {
		case k < 4 && depth > 0:
			fmt.Fprintf(&b, "%s%s)", []string{"(", "(", "(?:"}[r.IntN(3)], randomPattern(r, depth-1))
		case k == 4 && depth > 0:
			fmt.Fprintf(&b, "(%s|%s)", randomPattern(r, depth-1), randomPattern(r, depth-1))
		case k == 5:
			b.WriteString([]string{"^", "$", `\A`, `\Z`, "()"}[r.IntN(5)])
			continue
		case k == 6:
			b.WriteString([]string{"[^a]", "[^&é]", "[ab]", `\d`, ".", `[^\d]`}[r.IntN(6)])
		case k == 7:
			b.WriteString([]string{"ab=", "ba", "é", "&c"}[r.IntN(4)])
			continue
		default:
			b.WriteByte("ab&=1"[r.IntN(5)])
		}
		if r.IntN(3) == 0 {
			b.WriteString([]string{"*", "+", "?", "{2}", "{1,3}", "*?", "+?"}[r.IntN(7)])
		}
	}
	return b.String()
}

func randomText(r *rand.Rand) []byte {
	var s []byte
	for range r.IntN(14) {
		s = append(s, []string{"a", "b", "&", "=", "1", "é", "ab=", "AB", "\n"}[r.IntN(9)]...)
	}
	return s
}

// TestOnePassGivesUp: what would take the square of the text's length by trying each place goes
// to the automaton, with the same answer.
func TestOnePassGivesUp(t *testing.T) {
	re, err := CompileRegexp([]byte(`a[^xy]*y`), RegexpFlags{})
	if err != nil || re.one == nil {
		t.Fatal(err, re.one)
	}
	s := []byte(strings.Repeat("a", 10_000))
	if _, sure := re.one.find(make([]int, onePassSlots), s, 0, &re.literal, nil); sure {
		t.Fatal("ten thousand places were tried to the end of the text")
	}
	if m, err := re.Match(s); m || err != nil {
		t.Fatal(m, err)
	}
	if loc, err := re.Find(nil, append(s, 'y')); err != nil || !slices.Equal(loc, []int{0, 10_001}) {
		t.Fatal(loc, err)
	}
}

// BenchmarkFind has the expression of Nexmark's query 21.
func BenchmarkFind(b *testing.B) {
	re, err := CompileRegexp([]byte(`(&|^)channel_id=([^&]*)`), RegexpFlags{})
	if err != nil || re.one == nil {
		b.Fatal(err)
	}
	s := []byte("https://www.nexmark.com/xbchgw/item.htm?query=1&channel_id=1207959552")
	var loc []int
	for b.Loop() {
		if loc, err = re.Find(loc[:0], s); loc == nil || err != nil {
			b.Fatal(err)
		}
	}
}
