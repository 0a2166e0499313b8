package pgtext

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/millracedb/millrace/base/pgerr"
)

// TestMatchesEndWhenToldTo ends matches of a long text after some looks, and has those that are
// not ended find what is found without a look.
func TestMatchesEndWhenToldTo(t *testing.T) {
	text := []byte(strings.Repeat("x \n", 1<<17))
	for _, pattern := range []string{"(x| |\n)*[0-9]", "((x)( )|(x) )*(\n[01])", `(?:x(.*) \n)+y`, "(?n)^x( )$", `\mx`} {
		plain, err := CompileRegexp([]byte(pattern), RegexpFlags{})
		if err != nil {
			t.Fatal(err)
		}
		asked := plain.Until(func() bool { return false })
		want, _ := plain.FindAll(text[:1<<17])
		if got, err := asked.FindAll(text[:1<<17]); err != nil || !slices.EqualFunc(got, want, slices.Equal[[]int]) {
			t.Errorf("%s: %d matches, %d without looks (%v)", pattern, len(got), len(want), err)
		}
		looks := 0
		ends := plain.Until(func() bool { looks++; return looks > 1 })
		_, err = ends.Match(text)
		if e := new(pgerr.Error); looks > 1 && (!errors.As(err, &e) || e.Code != pgerr.QueryCanceled) || looks <= 1 && err != nil {
			t.Errorf("%s: %v after %d looks", pattern, err, looks)
		}
		if looks == 0 && pattern[0] == '(' && pattern[1] != '?' {
			t.Errorf("%s: nobody asked", pattern)
		}
	}
}
