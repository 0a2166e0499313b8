package log

import (
	"context"
	"errors"
	"math"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/disk"
)

func TestCommitReadReopen(t *testing.T) {
	dir, err := disk.OS(t.TempDir())
	ok(t, err)
	for _, fsys := range []disk.FS{disk.NewMem(1), dir} {
		s := mustOpen(t, fsys, small)
		wantRecords(t, s, 0, 0)
		if s.First() != 1 {
			t.Errorf("First of an empty log: %d", s.First())
		}
		for range 60 {
			commit(t, s)
		}
		wantRecords(t, s, 1, 60)
		seq, chain := s.Tip()
		ok(t, s.Close())
		ok(t, s.Close())
		s = mustOpen(t, fsys, small)
		if gotSeq, gotChain := s.Tip(); gotSeq != seq || gotChain != chain {
			t.Fatalf("after reopening the tip is %d %x, was %d %x", gotSeq, gotChain, seq, chain)
		}
		commit(t, s)
		wantRecords(t, s, 1, 61)
		ok(t, s.Close())
	}
}

func TestReadFrom(t *testing.T) {
	s := mustOpen(t, disk.NewMem(1), small)
	for range 40 {
		commit(t, s)
	}
	for from := uint64(1); from <= 40; from++ {
		if first, last, err := readAll(s, from); err != nil || first != from || last != 40 {
			t.Fatalf("from %d: %d to %d, %v", from, first, last, err)
		}
	}
	if first, _, err := readAll(s, 41); err != nil || first != 0 {
		t.Errorf("from the next record: %d, %v", first, err)
	}
	if _, _, err := readAll(s, 42); pgerr.CodeOf(err) != pgerr.DataCorrupted {
		t.Errorf("from behind the next record: %v", err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	defer cancel()
	n := 0
	for _, err := range s.Read(cancelled, 0, 1) {
		if n++; n == 3 {
			cancel()
		}
		if err != nil && (n != 4 || !errors.Is(err, context.Canceled)) {
			t.Fatal(err)
		}
	}
	if n != 4 {
		t.Errorf("%d turns of a loop that was cancelled in the third", n)
	}
}

func TestReadLinksTheChain(t *testing.T) {
	s := mustOpen(t, disk.NewMem(1), small)
	_, begin := s.Tip()
	if begin != small.Identity {
		t.Errorf("the chain begins with %x", begin)
	}
	var tips []uint64
	for range 20 {
		_, chain := s.Tip()
		tips = append(tips, chain)
		commit(t, s)
	}
	for rec, err := range s.Read(ctx, 0, 1) {
		ok(t, err)
		if rec.Prev != tips[rec.Seq-1] {
			t.Errorf("record %d follows %x, the tip was %x", rec.Seq, rec.Prev, tips[rec.Seq-1])
		}
		for _, f := range rec.Frames {
			if uintptr(unsafe.Pointer(unsafe.SliceData(f.Body)))%8 != 0 && len(f.Body) > 0 {
				t.Errorf("a body of record %d is not aligned", rec.Seq)
			}
			if cap(f.Body) != len(f.Body) {
				t.Errorf("an append to a body of record %d would overwrite the next frame", rec.Seq)
			}
		}
	}
}

func TestReadWhileCommitting(t *testing.T) {
	s := mustOpen(t, disk.NewMem(1), small)
	for range 10 {
		commit(t, s)
	}
	n := 0
	for rec, err := range s.Read(ctx, 0, 1) {
		ok(t, err)
		n++
		if !sameFrames(rec.Frames, framesOf(rec.Seq)) {
			t.Fatalf("record %d", rec.Seq)
		}
		commit(t, s)
		ok(t, s.Trim(ctx, 0, rec.Seq+5)) // must not take what is being read
	}
	if n != 10 {
		t.Errorf("%d records, 10 were there when the loop began", n)
	}
	ok(t, s.Trim(ctx, 0, 0))
	if s.First() < 5 {
		t.Errorf("what was trimmed during the loop is still there: %d", s.First())
	}
}

func TestFenceAndMisuse(t *testing.T) {
	s := mustOpen(t, disk.NewMem(1), small)
	commit(t, s)
	for _, expect := range []uint64{0, 2, math.MaxUint64} {
		if _, err := s.Commit(ctx, 0, expect, nil); !errors.Is(err, ErrFenced) {
			t.Errorf("expect %d: %v", expect, err)
		}
	}
	if _, err := s.Commit(ctx, 1, 1, nil); !errors.Is(err, ErrShard) {
		t.Errorf("another shard: %v", err)
	}
	if _, err := s.Commit(ctx, 0, 1, []Frame{{}}); err == nil {
		t.Error("a frame without a kind")
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := s.Commit(cancelled, 0, 1, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled commit: %v", err)
	}
	for _, err := range s.Read(ctx, 9, 1) {
		if !errors.Is(err, ErrShard) {
			t.Errorf("reading another shard: %v", err)
		}
	}
	seq, err := s.Commit(ctx, 0, 1, nil)
	if err != nil || seq != 2 {
		t.Errorf("a record without frames: %d, %v", seq, err)
	}
	ok(t, s.Close())
	if _, err := s.Commit(ctx, 0, 2, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	for _, err := range s.Read(ctx, 0, 1) {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("reading after Close: %v", err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	m := disk.NewMem(1)
	o := small
	o.Create = false
	if _, err := Open(m, o); pgerr.CodeOf(err) != pgerr.DataCorrupted {
		t.Errorf("a missing log: %v", err)
	}
	o.SegmentSize = 1000
	if _, err := Open(m, o); err == nil {
		t.Error("a bad segment size")
	}
	s := mustOpen(t, m, small)
	for range 30 {
		commit(t, s)
	}
	ok(t, s.Close())
	ok(t, m.Remove("log/0000000000000003.seg"))
	if _, err := Open(m, small); pgerr.CodeOf(err) != pgerr.DataCorrupted || !strings.Contains(err.Error(), "0000000000000003.seg") {
		t.Errorf("a missing segment: %v", err)
	}
	other := small
	other.Identity = 43
	m2 := disk.NewMem(2)
	s2 := mustOpen(t, m2, other)
	for range 30 {
		commit(t, s2)
	}
	ok(t, s2.Close())
	f, err := m.Create("log/0000000000000003.seg")
	ok(t, err)
	_, err = f.WriteAt(m2.Bytes("log/0000000000000003.seg"), 0)
	ok(t, err)
	if _, err := Open(m, small); pgerr.CodeOf(err) != pgerr.DataCorrupted {
		t.Errorf("a segment of another log: %v", err)
	}
}

func TestBase(t *testing.T) {
	m := disk.NewMem(1)
	o := small
	o.Base = 1000
	s := mustOpen(t, m, o)
	for range 3 {
		commit(t, s)
	}
	ok(t, s.Close())
	s = mustOpen(t, m, small)
	wantRecords(t, s, 1001, 1003)
	if _, _, err := readAll(s, 5); pgerr.CodeOf(err) != pgerr.DataCorrupted {
		t.Errorf("reading before the base: %v", err)
	}
}

func TestTrimRecycles(t *testing.T) {
	m := disk.NewMem(1)
	s := mustOpen(t, m, small)
	lastName := ""
	for range 300 {
		seq := commit(t, s)
		if seq%7 == 0 {
			ok(t, s.Trim(ctx, 0, seq-3))
		}
		if seq%50 == 0 {
			ok(t, s.Close())
			s = mustOpen(t, m, small)
		}
		if f := s.First(); f > seq || f+30 < seq {
			t.Fatalf("after record %d the first one is %d", seq, f)
		}
		if n := s.Size(); n > 80*16*blockSize {
			t.Fatalf("the live log has %d bytes", n)
		}
		wantRecords(t, s, s.First(), seq)
		lastName = s.segs[len(s.segs)-1].name
	}
	ok(t, s.Trim(ctx, 0, math.MaxUint64))
	first := s.First()
	wantRecords(t, s, first, 300)
	if _, _, err := readAll(s, first-1); pgerr.CodeOf(err) != pgerr.DataCorrupted {
		t.Errorf("reading what was trimmed: %v", err)
	}
	if m.Bytes(lastName) == nil {
		t.Errorf("the last segment %s is gone", lastName)
	}
	names, err := m.List("log")
	ok(t, err)
	if spares := len(s.segs) - 1 - int(s.pos.segment-s.segs[0].index); len(names) != len(s.segs) || spares > small.Spares {
		t.Errorf("%d files, %d segments, %d spares", len(names), len(s.segs), spares)
	}
}

func TestSegmentSizeMayChange(t *testing.T) {
	m := disk.NewMem(1)
	for i := range 12 {
		o := small
		o.SegmentSize = int64(4+i*5) * blockSize
		s := mustOpen(t, m, o)
		for range 10 {
			commit(t, s)
		}
		ok(t, s.Trim(ctx, 0, uint64(i*8)))
		ok(t, s.Close())
	}
	s := mustOpen(t, m, small)
	wantRecords(t, s, s.First(), 120)
}

func TestFailedWriteOrSyncStops(t *testing.T) {
	stopped := map[disk.Op]bool{}
	for n := 0; ; n++ {
		m := disk.NewMem(uint64(n))
		s := mustOpen(t, m, small)
		commit(t, s)
		before, _ := s.Tip()
		var op disk.Op
		seen := 0
		m.Hook(func(c disk.Call) error {
			if seen++; seen == n+1 {
				op = c.Op
				return syscall.EIO
			}
			return nil
		})
		_, err := s.Commit(ctx, 0, before, framesOf(before+1))
		if err == nil {
			break
		}
		if !errors.Is(err, ErrStopped) {
			if last, _ := s.Tip(); last != before {
				t.Errorf("fault %d: the tip moved to %d", n, last)
			}
			if _, err := s.Commit(ctx, 0, before, framesOf(before+1)); err != nil {
				t.Errorf("fault %d: after an error before the write: %v", n, err)
			}
			continue
		}
		stopped[op] = true
		for _, err := range []error{s.Reserve(ctx, 1), s.Sync(ctx), s.Trim(ctx, 0, 1)} {
			if !errors.Is(err, ErrStopped) || !errors.Is(err, syscall.EIO) {
				t.Errorf("fault %d: %v", n, err)
			}
		}
		calls := m.Calls()
		if _, err := s.Commit(ctx, 0, before, nil); !errors.Is(err, ErrStopped) || m.Calls() != calls {
			t.Errorf("fault %d: %v, %d more calls", n, err, m.Calls()-calls)
		}
		last, _ := s.Tip() // the record is there when only the sync failed
		wantRecords(t, s, 1, last)
		ok(t, s.Close())
	}
	if !stopped[disk.OpWrite] || !stopped[disk.OpSync] {
		t.Errorf("only %v stopped the log", stopped)
	}
}

func TestOneSyncARecord(t *testing.T) {
	m := disk.NewMem(1)
	o := small
	o.SegmentSize = 1 << 20
	s := mustOpen(t, m, o)
	for range 20 {
		before := m.Calls()
		commit(t, s)
		if n := m.Calls() - before; n != 2 {
			t.Fatalf("%d calls, want one write and one sync", n)
		}
	}
}

func TestCommitDoesNotAllocate(t *testing.T) {
	dir, err := disk.OS(t.TempDir())
	ok(t, err)
	o := small
	o.SegmentSize, o.SyncOff = 64<<20, true
	s := mustOpen(t, dir, o)
	frames := []Frame{{Kind: FrameHead, Body: make([]byte, 24)}, {Kind: FrameChange, Body: make([]byte, 3000)}}
	seq := uint64(0)
	if n := testing.AllocsPerRun(200, func() {
		seq, err = s.Commit(ctx, 0, seq, frames)
		ok(t, err)
	}); n != 0 {
		t.Errorf("%v allocations a commit", n)
	}
	ok(t, s.Close())
}

// The lengths of a record stand before its pieces: others than were announced must not
// become a record.
func TestPiecesOfAnotherSizeStopTheLog(t *testing.T) {
	for _, pieces := range [][]string{{"abc", "de"}, {"abc", "defg"}, {}} {
		m := disk.NewMem(1)
		s := mustOpen(t, m, small)
		commit(t, s)
		_, err := s.Commit(ctx, 0, 1, []Frame{{Kind: FrameChange, Size: 6, Pieces: func(put func([]byte) error) error {
			for _, p := range pieces {
				if err := put([]byte(p)); err != nil {
					return err
				}
			}
			return nil
		}}})
		if !errors.Is(err, ErrStopped) {
			t.Errorf("%q as six bytes: %v", pieces, err)
		}
		ok(t, s.Close())
		s = mustOpen(t, m, small)
		wantRecords(t, s, 1, 1)
		ok(t, s.Close())
	}
}

func TestSparesInTheBackground(t *testing.T) {
	dir, err := disk.OS(t.TempDir())
	ok(t, err)
	for _, fsys := range []disk.FS{disk.NewMem(1), dir} {
		o := small
		o.Inline = false
		s := mustOpen(t, fsys, o)
		for range 100 {
			if seq := commit(t, s); seq%10 == 0 {
				ok(t, s.Trim(ctx, 0, seq-5))
			}
		}
		ok(t, s.Close())
		s = mustOpen(t, fsys, o)
		wantRecords(t, s, s.First(), 100)
		ok(t, s.Close())
	}
}
