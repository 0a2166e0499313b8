package metamorphic

import (
	"errors"
	"os"
	"strconv"
	"testing"
	"time"
)

// fixed is how many seeds, from 1 on, a plain run goes through.
const fixed = 20

// TestHistories carries out histories of seeds.
func TestHistories(t *testing.T) {
	if s := os.Getenv("MILLRACE_METAMORPHIC_SEED"); s != "" {
		seed, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		runSeed(t, seed)
		return
	}
	s := os.Getenv("MILLRACE_METAMORPHIC")
	if s == "" {
		for seed := range uint64(fixed) {
			runSeed(t, seed+1)
		}
		return
	}
	length, err := time.ParseDuration(s)
	if err != nil {
		t.Fatal(err)
	}
	first := uint64(time.Now().UnixNano()) / 1000 % 1_000_000_000
	if s := os.Getenv("MILLRACE_METAMORPHIC_FIRST"); s != "" {
		if first, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	begin, seed := time.Now(), first
	for ; time.Since(begin) < length && !t.Failed(); seed++ {
		t.Logf("seed %d", seed)
		runSeed(t, seed)
	}
	t.Logf("%d seeds from %d on", seed-first, first)
}

func runSeed(t *testing.T, seed uint64) {
	t.Helper()
	h := newHistory(seed)
	r, err := carryOut(h, seed)
	for message, n := range r.refused {
		t.Logf("seed %d: refused %d times: %s", seed, n, message)
	}
	var m *mismatch
	if errors.As(err, &m) {
		small, last := shrink(h, seed, m)
		t.Errorf("seed %d (MILLRACE_METAMORPHIC_SEED=%d), statement %d of %d: %v\n\nshrunk:\n\n%s\n%v", seed, seed, m.at, len(h), m, small.test(seed, last), last)
		return
	}
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	if r.checks == 0 {
		t.Errorf("seed %d: nothing was compared", seed)
	}
}
