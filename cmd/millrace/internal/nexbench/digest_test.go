package nexbench

import (
	"testing"

	"github.com/millracedb/millrace/base/col"
)

// The text and the hash are an agreement with programs in other languages.
func TestDigestOfARow(t *testing.T) {
	b := col.NewBatch(col.Int8, col.Varchar, col.Timestamp, col.Varchar)
	b.Cols[0].AppendI64(-7)
	b.Cols[1].AppendString("ü")
	b.Cols[2].AppendI64(1)
	b.Cols[3].AppendNull()
	b.Grow(1, 1)
	if got, want := string(appendRow(nil, b, 0)), "-7\x1fü\x1f946684800000\x1f\x00"; got != want {
		t.Errorf("%q instead of %q", got, want)
	}
	for line, want := range map[string]uint64{"": 0xf52a15e9a9b5e89b, "a": 0x02c0bdbf481420f8, "1\x1fab": 0x0ff491d9593b1502} {
		if got := hashLine([]byte(line)); got != want {
			t.Errorf("%q: %#x instead of %#x", line, got, want)
		}
	}
}

// PostgreSQL 15's answers have so many rows; a digest does not depend on how the rows are
// divided among workers, but on each of them.
func TestDigests(t *testing.T) {
	for q, rows := range map[string]int64{"q3": 247, "q4": 5, "q5": 55, "q8": 151} {
		var sums []uint64
		for _, workers := range []int{1, 3} {
			r, err := Run(Options{Query: q, Events: 50_000, Rate: 500, Workers: workers, Digest: true})
			if err != nil {
				t.Fatal(err)
			}
			if sums = append(sums, r.Answer); r.AnswerRows != rows {
				t.Errorf("%s, %d workers: %d rows instead of %d", q, workers, r.AnswerRows, rows)
			}
		}
		less, err := Run(Options{Query: q, Events: 40_000, Rate: 500, Digest: true})
		if err != nil {
			t.Fatal(err)
		}
		if sums[0] != sums[1] || sums[0] == less.Answer {
			t.Errorf("%s: %x, and %x of fewer events", q, sums, less.Answer)
		}
	}
}
