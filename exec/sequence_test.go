package exec

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSequenceTakes(t *testing.T) {
	up := SequenceRule{Increment: 1, Min: 1, Max: math.MaxInt64}
	for _, c := range []struct {
		name     string
		at       Position
		rule     SequenceRule
		group, n int
		want     []int64
		spare    int64
	}{
		{"the first", Position{Last: 1}, up, 1, 1, []int64{1}, 32},
		{"several", Position{Last: 1}, up, 1, 3, []int64{1, 2, 3}, 30},
		{"a reservation more", Position{Last: 1}, up, 1, 34, nil, 32},
		{"a group", Position{Last: 1}, up, 10, 1, []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 32},
		{"the end", Position{Last: 8, Called: true}, SequenceRule{Increment: 1, Min: 1, Max: 10}, 1, 5, []int64{9, 10}, 0},
		{"nothing left", Position{Last: 10, Called: true}, SequenceRule{Increment: 1, Min: 1, Max: 10}, 1, 1, []int64{}, 0},
		{"around", Position{Last: 9, Called: true}, SequenceRule{Increment: 3, Min: 1, Max: 10, Cycle: true}, 1, 3, []int64{1, 4, 7}, 1},
		{"a group ends with the rule", Position{Last: 2}, SequenceRule{Increment: -1, Min: 1, Max: 5, Cycle: true}, 4, 3, []int64{2, 1, 5, 4, 3, 2}, 1},
		{"without overflow", Position{Last: math.MaxInt64 - 1}, SequenceRule{Increment: math.MaxInt64, Min: 1, Max: math.MaxInt64}, 1, 2, []int64{math.MaxInt64 - 1}, 0},
		{"the widest step", Position{Last: -1}, SequenceRule{Increment: math.MinInt64, Min: math.MinInt64, Max: -1}, 1, 2, []int64{-1}, 0},
		{"from end to end", Position{Last: math.MinInt64, Called: true}, SequenceRule{Increment: math.MaxInt64, Min: math.MinInt64, Max: math.MaxInt64}, 1, 3, []int64{-1, math.MaxInt64 - 1}, 0},
	} {
		s := NewSequence(1, c.at)
		got := s.Take(c.rule, c.group, c.n, []int64{})
		if _, spare := s.Position(); c.want != nil && !slices.Equal(got, c.want) || spare != c.spare {
			t.Errorf("%s: got %v with %d reserved, want %v with %d", c.name, got, spare, c.want, c.spare)
		}
	}
}

// TestSequenceAfterCrash lets a counter live through random histories of takings, entries that become
// durable or are lost, checkpoints and crashes: what follows a value that somebody could see is never
// given again.
func TestSequenceAfterCrash(t *testing.T) {
	for seed := range uint64(2000) {
		rng := rand.New(rand.NewPCG(seed, 7))
		rule := SequenceRule{Increment: 1 + rng.Int64N(3), Min: 1, Max: math.MaxInt64}
		s := NewSequence(1, Position{Last: 1})
		durable := Position{Last: 1} // what recovery reads
		var written []reservation    // not durable yet
		seen := int64(0)
		for range 60 {
			switch rng.IntN(8) {
			case 0, 1, 2:
				got := s.Take(rule, 1+rng.IntN(3), 1+rng.IntN(50), nil)
				if got[0] <= seen {
					t.Fatalf("seed %d: %d was given after %d", seed, got[0], seen)
				}
				if s.Covered() {
					seen = max(seen, got[len(got)-1])
				}
			case 3:
				if r, ok := s.reserve(rng.IntN(2) == 0); ok {
					written = append(written, r)
				}
			case 4: // the log takes them in their order
				if len(written) > 0 {
					written[0].hold()
					durable, written = written[0].at, written[1:]
				}
				if at, _ := s.Position(); s.Covered() && at.Called {
					seen = max(seen, at.Last)
				}
			case 5:
				rule.Increment = 1 + rng.Int64N(3) // ALTER SEQUENCE
			case 6: // a checkpoint, with everything written durable
				for _, r := range written {
					r.hold()
				}
				written = nil
				durable, _ = s.saved(false)
			default:
				id, at, ok := readPosition(durable.encode(nil, 9))
				if id != 9 || at != durable || !ok {
					t.Fatalf("%v is read back as %v of counter %d", durable, at, id)
				}
				s, written = NewSequence(1, at), nil
			}
		}
	}
}
