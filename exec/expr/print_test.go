package expr

import (
	"fmt"
	"strings"
	"testing"
)

func TestSQL(t *testing.T) {
	names := func(i int) string { return string(rune('a' + i)) }
	for name, want := range map[string]string{
		"comparison": "(a < 2)", "guarded or": "((b = '0'::bigint) OR (('6'::bigint / b) > '2'::bigint))",
		"is null": "(d IS NULL)", "distinct": "(a IS DISTINCT FROM 1)", "nullif": "NULLIF(a, 1)",
		"in": "(a IN (1, 2, 7))", "cast": "(e)::numeric(6,1)", "not": "(NOT c)",
		"case of forms": "CASE WHEN c THEN e ELSE (e * e) END", "call": "upper(d)", "greatest": "GREATEST(a, 1, (a + '-1'::integer))",
	} {
		if got := every(t)[name].SQL(names); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestStale(t *testing.T) {
	e := call(t, "upper", s)
	old := strings.Replace(string(e.Append(nil)), "'upper(text)' 1", "'upper(text)' 7", 1)
	back, rest, stale, err := ParsePrefix(old + " rest")
	if err != nil || !Equal(e, back) || rest != " rest" || fmt.Sprint(stale) != "[upper(text)]" {
		t.Errorf("%v %q %v %v", back, rest, stale, err)
	}
}

// FuzzParse wants that what parses prints to text that parses to the same, and that nothing
// panics.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"(const int4 '1')", "(and (col 0 bool) (not (col 1 bool)))", "(call 'upper(text)' 1 text (col 1 text))",
		"(case int4 (col 0 bool) (const int4 '1') (const int4 null))", "(in (col 1 int4) (const int4 '1') (const int4 '2'))",
		"(distinct not '=(int4,int4)' 1 (col 1 int4) (param 1 int4))", "(greatest int4 (col 1 int4) (const int4 '3'))",
		"(nullif '=(int4,int4)' 1 (col 1 int4) (col 1 int4) (const int4 '1'))", "(is 'NULL' (col 0 text))",
		"(coalesce numeric:655366 (col 0 numeric:655366))", "(const numeric:655366 '12.3')",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := Parse(text)
		if err != nil {
			return
		}
		printed := string(e.Append(nil))
		back, err := Parse(printed)
		if err != nil || string(back.Append(nil)) != printed {
			t.Fatalf("%q prints as %q, which reads back as %v", text, printed, err)
		}
		e.SQL(func(int) string { return "c" })
	})
}
