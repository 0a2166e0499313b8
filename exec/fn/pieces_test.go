package fn

import (
	"strings"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// TestLongArgumentsComeInPieces has kernels and filters over long texts ask for the statement's
// end about once a megabyte, over short ones never, and find the same.
func TestLongArgumentsComeInPieces(t *testing.T) {
	for _, length := range []int{20, 100_000} {
		s, pattern := col.NewVector(col.Text), col.NewVector(col.Text)
		for i := range 100 {
			s.AppendString(strings.Repeat("x", length+i%2))
		}
		pattern.AppendString("(xx)*x")
		c, asked := NewCtx(nil, 0), 0
		c.Spend = func(n int64) {
			if n == 0 {
				asked++
			}
		}
		md5, err := Resolve("md5", []col.Type{col.Text}, nil)
		if err != nil {
			t.Fatal(err)
		}
		matches, err := ResolveOperator("~", []col.Type{col.Text, col.Text})
		if err != nil {
			t.Fatal(err)
		}
		digests := md5.Fn.Apply(c, []*col.Vector{s}, nil, 100, col.Text)
		found := matches.Fn.Select(c, []*col.Vector{s, pattern}, nil, 100, c.Sel(100)[:0])
		if digests.N != 100 || digests.String(0) != digests.String(2) || digests.String(0) == digests.String(1) || len(found) != 100 || found[99] != 99 {
			t.Errorf("%d bytes: %d digests, %d matches", length, digests.N, len(found))
		}
		if most := 2 * (100*length>>20 + 2); (asked > 0) != (length > 1000) || asked > most {
			t.Errorf("%d bytes: asked %d times", length, asked)
		}
	}
}

// TestOneLongValueEnds has a statement end in the middle of one long value, which comes out whole otherwise, and before the next.
func TestOneLongValueEnds(t *testing.T) {
	text := []byte(strings.Repeat("äb", 2<<20))
	done := make(chan struct{})
	c := NewCtx(nil, 0)
	c.Done = done
	calls := 0
	keep := func(dst, s []byte) []byte { calls++; return append(dst, s...) }
	if whole, err := c.byPieces(nil, text, keep); err != nil || string(whole) != string(text) || calls < 6 {
		t.Fatalf("%d pieces make %d bytes of %d: %v", calls, len(whole), len(text), err)
	}
	calls = 0
	_, err := c.byPieces(nil, text, func(dst, s []byte) []byte {
		if calls == 1 {
			close(done)
		}
		return keep(dst, s)
	})
	if pgerr.CodeOf(err) != pgerr.QueryCanceled || calls != 2 {
		t.Errorf("ended after %d pieces with %v", calls, err)
	}
}
