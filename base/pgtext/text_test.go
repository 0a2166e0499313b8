package pgtext

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/millracedb/millrace/base/pgerr"
)

func wantError(t *testing.T, err error, code, message string) {
	t.Helper()
	var e *pgerr.Error
	if !errors.As(err, &e) || e.Code != code || e.Message != message {
		t.Errorf("error %v, want %s %s", err, code, message)
	}
}

// A value that is stored must fit, where a cast cuts; blanks give way in both.
func TestTypmods(t *testing.T) {
	if s, err := Varchar([]byte("abé  "), 3, false); err != nil || string(s) != "abé" {
		t.Errorf("varchar(3) of abé and blanks: %q, %v", s, err)
	}
	_, err := Varchar([]byte("abéx"), 3, false)
	wantError(t, err, pgerr.StringDataRightTruncation, "value too long for type character varying(3)")
	if s, err := AppendBpchar(nil, []byte("é"), 3, false); err != nil || string(s) != "é  " {
		t.Errorf("char(3) of é: %q, %v", s, err)
	}
	_, err = AppendBpchar(nil, []byte("abcd"), 3, false)
	wantError(t, err, pgerr.StringDataRightTruncation, "value too long for type character(3)")
	if s := TrimBpchar([]byte(" a  ")); string(s) != " a" {
		t.Errorf("char(n) trimmed: %q", s)
	}
}

func TestOID(t *testing.T) {
	if v, err := ParseOID("4294967295"); err != nil || v != 1<<32-1 {
		t.Error(v, err)
	}
	if v, err := ParseOID("-1"); err != nil || v != 1<<32-1 {
		t.Error(v, err)
	}
	_, err := ParseOID("4294967296")
	wantError(t, err, pgerr.NumericValueOutOfRange, `value "4294967296" is out of range for type oid`)
}

func TestByteaEscape(t *testing.T) {
	in := []byte{0, 'a', '\\', 0x7f, 0xff, ' '}
	text := AppendByteaEscape(nil, in)
	if string(text) != `\000a\\\177\377 ` {
		t.Errorf("escape format %s", text)
	}
	if back, err := AppendBytea(nil, text); err != nil || !bytes.Equal(back, in) {
		t.Errorf("%s reads %x, %v", text, back, err)
	}
}

func TestLikePatternEndsInEscape(t *testing.T) {
	_, err := CompileLike([]byte(`abc\`), []byte(`\`), false)
	wantError(t, err, pgerr.InvalidEscapeSequence, "LIKE pattern must not end with escape character")
}

func TestLikePrefix(t *testing.T) {
	for _, c := range []struct {
		pattern, prefix string
		whole           bool
	}{
		{"ab%", "ab", true}, {`a\%b%c`, "a%b", false}, {"ab", "ab", false}, {"a_b%", "a", false}, {"%a", "", false}, {"_a%", "", false}, {"", "", false},
	} {
		l, err := CompileLike([]byte(c.pattern), []byte(`\`), false)
		if err != nil {
			t.Fatal(err)
		}
		if prefix, whole := l.Prefix(); string(prefix) != c.prefix || whole != c.whole {
			t.Errorf("%s: prefix %s, whole %v", c.pattern, prefix, whole)
		}
	}
}

// What an automaton cannot do is refused with a way out.
func TestRegexpRefusals(t *testing.T) {
	for _, pattern := range []string{`(a)\1`, `a(?=b)`, `a(?!b)`, `(?<=a)b`, `(?<!a)b`, `\m.`, `(?b)a`} {
		_, err := CompileRegexp([]byte(pattern), RegexpFlags{})
		if pgerr.CodeOf(err) != pgerr.FeatureNotSupported || pgerr.From(err).Hint == "" {
			t.Errorf("%s: %v", pattern, err)
		}
	}
	re, err := CompileRegexp([]byte(`\yna`), RegexpFlags{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := re.Match([]byte("naïve")); pgerr.CodeOf(err) != pgerr.FeatureNotSupported {
		t.Errorf("a word boundary beside a letter beyond ASCII: %v", err)
	}
	for _, pattern := range []string{strings.Repeat("(", 100000), strings.Repeat("(a{255}){200}", 3), "((a{200}){200}){200}"} {
		if _, err := CompileRegexp([]byte(pattern), RegexpFlags{}); pgerr.CodeOf(err) != pgerr.InvalidRegularExpression {
			t.Errorf("%.20s…: %v", pattern, err)
		}
	}
}

func TestRegexpCache(t *testing.T) {
	c := NewRegexpCache(2)
	get := func(pattern string, f RegexpFlags) *Regexp {
		re, err := c.Get([]byte(pattern), f)
		if err != nil {
			t.Fatal(err)
		}
		return re
	}
	a := get("a", RegexpFlags{})
	if get("a", RegexpFlags{Global: true}) != a {
		t.Error("the flag g makes another expression")
	}
	if get("a", RegexpFlags{IgnoreCase: true}) == a {
		t.Error("the flag i makes no other expression")
	}
	get("a", RegexpFlags{})
	get("b", RegexpFlags{})
	if get("a", RegexpFlags{}) != a || c.Len() != 2 {
		t.Error("the expression used last was dropped, or none was")
	}
	for i := range 10 {
		get(fmt.Sprint(i), RegexpFlags{})
	}
	if c.Len() != 2 {
		t.Errorf("a cache of two holds %d", c.Len())
	}
}

func TestNoAllocation(t *testing.T) {
	text := []byte("-123456789012345678")
	s := []byte("the quick brown fox jumps over the lazy dog")
	l, err := CompileLike([]byte("%brown%o_er%dog"), []byte(`\`), false)
	if err != nil {
		t.Fatal(err)
	}
	dst := make([]byte, 0, 64)
	n := testing.AllocsPerRun(100, func() {
		if v, err := ParseInt64(text); err != nil || v != -123456789012345678 {
			t.Error(v, err)
		}
		if v, err := ParseFloat64(text[:8]); err != nil || v != -1234567 {
			t.Error(v, err)
		}
		if !l.Match(s) {
			t.Error("no match")
		}
		dst = AppendFloat64(dst[:0], 12.5)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestTruncateName(t *testing.T) {
	if got := TruncateName("x" + strings.Repeat("é", 40)); got != "x"+strings.Repeat("é", 31) {
		t.Errorf("%d bytes", len(got))
	}
}
