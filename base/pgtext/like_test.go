package pgtext

import "testing"

func TestLike(t *testing.T) {
	for _, c := range []struct {
		text, pattern string
		want          bool
	}{
		{"abc", "abc", true}, {"abc", "a%", true}, {"abc", "%c", true}, {"abc", "%b%", true},
		{"abc", "_b_", true}, {"abc", "__", false}, {"", "%", true}, {"", "", true}, {"", "_", false},
		{"aéb", "a_b", true}, {"abcbd", "%b_", true}, {"abab", "%ab", true}, {"aab", "a%ab", true},
		{"ab", "ab%ab", false}, {"a%b", `a\%b`, true}, {"axb", `a\%b`, false}, {"a_", `%\_`, true},
		{"xaybzc", "%a_b_c%", true}, {"aaa", "%a%a%a%", true}, {"aa", "%a%a%a%", false},
	} {
		l, err := CompileLike([]byte(c.pattern), []byte(`\`), false)
		if err != nil {
			t.Fatal(err)
		}
		if got := l.Match([]byte(c.text)); got != c.want {
			t.Errorf("%q LIKE %q = %v", c.text, c.pattern, got)
		}
	}
}
