package pgtext

import (
	"bytes"
	"math"
	"regexp"
	"testing"
	"unicode/utf8"
)

func FuzzNumbers(f *testing.F) {
	for _, s := range []string{"12", " -9223372036854775808 ", "1e-310", "0x1p-3", "nan", "+Infinity", "1e", ".5", "", "90672206393602208"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, s []byte) {
		if v, err := ParseInt64(s); err == nil {
			if w, err := ParseInt16(s); err == nil && int64(w) != v {
				t.Fatalf("%q is %d and %d", s, v, w)
			}
			if w, err := ParseInt32(s); err == nil && int64(w) != v {
				t.Fatalf("%q is %d and %d", s, v, w)
			}
		}
		ParseOID(s)
		if v, err := ParseFloat64(s); err == nil {
			text := AppendFloat64(nil, v)
			if w, err := ParseFloat64(text); err != nil || math.Float64bits(v) != math.Float64bits(w) && v == v {
				t.Fatalf("%q is %g, prints %s, reads %g, %v", s, v, text, w, err)
			}
		}
		if v, err := ParseFloat32(s); err == nil {
			text := AppendFloat32(nil, v)
			if w, err := ParseFloat32(text); err != nil || math.Float32bits(v) != math.Float32bits(w) && v == v {
				t.Fatalf("%q is %g, prints %s, reads %g, %v", s, v, text, w, err)
			}
		}
	})
}

func FuzzValues(f *testing.F) {
	for _, s := range []string{"true", `\x00ff`, `a\001\\`, "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}", "YWI=", "\xc3\x28", "é", `\D83D\+00DE0A\`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, s []byte) {
		ParseBool(s)
		if u, err := AppendUnistr(nil, s); err == nil && utf8.Valid(s) && !utf8.Valid(u) {
			t.Fatalf("%q makes %q, which is no UTF-8", s, u)
		}
		if hi, lo, err := ParseUUID(s); err == nil {
			if h, l, err := ParseUUID(AppendUUID(nil, hi, lo)); err != nil || h != hi || l != lo {
				t.Fatalf("%q changes: %x %x %v", s, h, l, err)
			}
		}
		if b, err := AppendBytea(nil, s); err == nil {
			for _, text := range [][]byte{AppendByteaHex(nil, b), AppendByteaEscape(nil, b)} {
				if back, err := AppendBytea(nil, text); err != nil || !bytes.Equal(back, b) {
					t.Fatalf("%x prints %s, reads %x, %v", b, text, back, err)
				}
			}
		}
		for _, e := range []string{"hex", "base64", "escape"} {
			AppendDecoded(nil, s, []byte(e))
			text, _ := AppendEncoded(nil, s, []byte(e))
			if back, err := AppendDecoded(nil, text, []byte(e)); err != nil || !bytes.Equal(back, s) {
				t.Fatalf("%x in %s is %s, reads %x, %v", s, e, text, back, err)
			}
		}
		valid := utf8.Valid(s) && bytes.IndexByte(s, 0) < 0
		if (ValidateUTF8(s) == nil) != valid {
			t.Fatalf("%x: valid is %v", s, !valid)
		}
		AppendFormat(nil, s, [][]byte{s, nil, []byte("3")})
		if AppendInitcap(nil, s); utf8.Valid(s) && !bytes.Equal(AppendReverse(nil, AppendReverse(nil, s)), s) {
			t.Fatalf("%q twice reversed is another", s)
		}
	})
}

// FuzzLike compares with the same pattern as a regular expression.
func FuzzLike(f *testing.F) {
	f.Add([]byte("abcab"), []byte(`a%_b`))
	f.Add([]byte("é%x"), []byte(`_\%%`))
	f.Add([]byte("aaaa"), []byte(`%a%a_`))
	f.Fuzz(func(t *testing.T, s, pattern []byte) {
		l, err := CompileLike(pattern, []byte(`\`), false)
		if err != nil {
			return
		}
		got := l.Match(s)
		if !utf8.Valid(s) || !utf8.Valid(pattern) || len(pattern) > 500 {
			return
		}
		if want := likeByRegexp(pattern).Match(s); got != want {
			t.Fatalf("%q LIKE %q is %v", s, pattern, got)
		}
	})
}

func likeByRegexp(pattern []byte) *regexp.Regexp {
	out := `(?s)\A`
	escaped := false
	for _, r := range string(pattern) {
		switch {
		case !escaped && r == '\\':
			escaped = true
			continue
		case !escaped && r == '%':
			out += ".*"
		case !escaped && r == '_':
			out += "."
		default:
			out += regexp.QuoteMeta(string(r))
		}
		escaped = false
	}
	return regexp.MustCompile(out + `\z`)
}

func FuzzRegexp(f *testing.F) {
	for _, p := range []string{`(a|b*?)c{2,3}`, `[[:alpha:]-z\d]+$`, `\m\w+\M`, `(?i)^x(?#c)y`, `***=a.b`, `\u00e9\x41\101`, `[^]a]`, `((((a))))`, `a{`, `(?n)^$`} {
		f.Add([]byte("abc aé\nccx"), []byte(p), []byte("gi"))
	}
	f.Fuzz(func(t *testing.T, s, pattern, flags []byte) {
		if len(pattern) > 200 || len(s) > 1000 {
			return
		}
		fl, err := ParseRegexpFlags(flags)
		if err != nil {
			return
		}
		if re, err := CompileSimilar(pattern, []byte(`\`)); err == nil {
			re.Substring(s)
		}
		re, err := CompileRegexp(pattern, fl)
		if err != nil {
			return
		}
		matched, err := re.Match(s)
		if err != nil {
			return
		}
		loc, _ := re.Find(nil, s)
		if matched != (loc != nil) {
			t.Fatalf("%q ~ %q is %v, the match is %v", s, pattern, matched, loc)
		}
		if loc != nil && (len(loc) != 2*re.Groups()+2 || len(re.Captures(s, loc)) != max(re.Groups(), 1)) {
			t.Fatalf("%q has %d groups, the match %v", pattern, re.Groups(), loc)
		}
		same, err := re.AppendReplace(nil, s, []byte(`\&`), 1, 0)
		if err == nil && !bytes.Equal(same, s) {
			t.Fatalf("%q with each match of %q replaced by itself is %q", s, pattern, same)
		}
		re.Split(s)
		re.Count(s, 2)
		re.Instr(s, 1, 2, 1, 1)
	})
}
