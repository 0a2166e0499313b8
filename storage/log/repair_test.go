package log

import (
	"errors"
	"testing"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/disk"
)

// damagedLog returns a trimmed log of 60 records and its live segments.
func damagedLog(t *testing.T, seed uint64) (*disk.Mem, []string, []int64, uint64) {
	t.Helper()
	m := disk.NewMem(seed)
	s := mustOpen(t, m, small)
	for range 60 {
		if seq := commit(t, s); seq%20 == 0 {
			ok(t, s.Trim(ctx, 0, seq-10))
		}
	}
	names, sizes := bitsOfRecords(s)
	first := s.First()
	ok(t, s.Close())
	return m, names, sizes, first
}

func TestInspectAndCut(t *testing.T) {
	m, names, sizes, first := damagedLog(t, 1)
	r, err := Inspect(m, small)
	if err != nil || r.Damage != nil || r.First != first || r.Last != 60 {
		t.Fatalf("a sound log: %+v, %v", r, err)
	}
	for i, name := range names {
		for _, at := range []int64{3, blockSize + 77, sizes[i] - 9} {
			m := m.Restart()
			m.FlipBit(name, at*8)
			calls := m.Calls()
			r, err := Inspect(m, small)
			if err != nil {
				if i == 0 && pgerr.CodeOf(err) == pgerr.DataCorrupted {
					continue // nothing can be read behind it
				}
				t.Fatalf("byte %d of %s: %v", at, name, err)
			}
			if pgerr.CodeOf(r.Damage) != pgerr.DataCorrupted || m.Calls() != calls {
				t.Fatalf("byte %d of %s: %v, %d calls", at, name, r.Damage, m.Calls()-calls)
			}
			if err := Cut(m, small, r.Last+1); err == nil {
				t.Fatalf("a cut behind the damage")
			}
			if r.Last < r.First {
				continue
			}
			cutAndGoOn(t, m, r.Last)
		}
	}
}

// cutAndGoOn cuts, crashes, and then uses the log.
func cutAndGoOn(t *testing.T, m *disk.Mem, keep uint64) {
	t.Helper()
	ok(t, Cut(m, small, keep))
	m = m.Recover()
	s := mustOpen(t, m, small)
	if last, _ := s.Tip(); last != keep {
		t.Fatalf("after the cut the last record is %d, want %d", last, keep)
	}
	for range 10 {
		commit(t, s)
	}
	wantRecords(t, s, s.First(), keep+10)
	ok(t, s.Close())
	s = mustOpen(t, m, small)
	wantRecords(t, s, s.First(), keep+10)
	ok(t, s.Close())
}

func TestCutAnywhere(t *testing.T) {
	m, _, _, first := damagedLog(t, 2)
	for keep := first; keep <= 60; keep++ {
		cutAndGoOn(t, m.Restart(), keep)
	}
	if err := Cut(m.Restart(), small, first-1); err == nil {
		t.Error("a cut of every record of a trimmed log")
	}
	m = disk.NewMem(1)
	s := mustOpen(t, m, small)
	commit(t, s)
	ok(t, s.Close())
	cutAndGoOn(t, m, 0)
}

func TestCrashInCut(t *testing.T) {
	for n := 0; ; n++ {
		m, names, _, first := damagedLog(t, 3)
		m.FlipBit(names[len(names)-1], 8) // a head: the segment is removed
		m.CrashAfter(n)
		err := Cut(m, small, first+1)
		if err != nil && !errors.Is(err, disk.ErrCrashed) {
			t.Fatal(err)
		}
		done := err == nil
		m = m.Recover()
		if s, err := Open(m, small); err == nil {
			ok(t, s.Close())
		} else if pgerr.CodeOf(err) != pgerr.DataCorrupted {
			t.Fatal(err)
		}
		cutAndGoOn(t, m, first+1)
		if done {
			return
		}
	}
}
