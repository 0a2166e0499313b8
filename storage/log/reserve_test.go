package log

import (
	"errors"
	"fmt"
	"testing"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/disk"
)

func wantFull(t *testing.T, err error) {
	t.Helper()
	if pgerr.CodeOf(err) != pgerr.DiskFull || errors.Is(err, ErrStopped) {
		t.Fatalf("%v, want 53100", err)
	}
}

func TestReserveMakesTheSegments(t *testing.T) {
	m := disk.NewMem(1)
	s := mustOpen(t, m, small)
	for _, n := range []int64{0, 1, 5000, 100000} {
		ok(t, s.Reserve(ctx, n))
		m.SetCapacity(1) // nothing more can be allocated
		last, _ := s.Tip()
		_, err := s.Commit(ctx, 0, last, []Frame{{Kind: FrameChange, Body: make([]byte, n)}})
		ok(t, err)
		m.SetCapacity(1 << 30)
	}
}

func TestReserveRefusesBelowMinFree(t *testing.T) {
	m := disk.NewMem(1)
	o := small
	o.MinFree, o.MinFreePercent = 50<<10, 10
	m.SetCapacity(100 << 10)
	s := mustOpen(t, m, o)
	n := 0
	for ; ; n++ {
		if err := s.Reserve(ctx, 1000); err != nil {
			wantFull(t, err)
			break
		}
		commit(t, s)
	}
	if n == 0 {
		t.Fatal("refused at once")
	}
	if space, _ := m.Free(); space.Free < 50<<10 {
		t.Errorf("%d bytes are left", space.Free)
	}
	wantRecords(t, s, 1, uint64(n)) // reads go on
	m.SetCapacity(1 << 20)
	wantFull(t, s.Reserve(ctx, 900<<10))
	ok(t, s.Reserve(ctx, 1000)) // and writing resumes
	m.SetCapacity(600 << 10)
	o.MinFree, o.MinFreePercent = -1, 99
	ok(t, s.Close())
	s = mustOpen(t, m, o)
	wantFull(t, s.Reserve(ctx, 1000))
}

func TestCommitWithoutReserveOnAFullDisk(t *testing.T) {
	m := disk.NewMem(1)
	s := mustOpen(t, m, small)
	commit(t, s)
	m.SetCapacity(1)
	_, err := s.Commit(ctx, 0, 1, []Frame{{Kind: FrameChange, Body: make([]byte, 20000)}})
	wantFull(t, err)
	m.SetCapacity(1 << 30)
	commit(t, s)
	wantRecords(t, s, 1, 2)
}

// What Admit has taken is written even if the disk has become full since; what it refuses leaves
// nothing behind.
func TestAdmit(t *testing.T) {
	m := disk.NewMem(1)
	s := mustOpen(t, m, small)
	big := []Frame{{Kind: FrameChange, Body: make([]byte, 20000)}}
	ok(t, s.Admit(ctx, 0, 0, big))
	m.SetCapacity(1)
	commit(t, s)
	before := s.Size()
	wantFull(t, s.Admit(ctx, 0, 1, []Frame{{Kind: FrameChange, Body: make([]byte, 200_000)}}))
	if err := s.Admit(ctx, 0, 0, nil); !errors.Is(err, ErrFenced) {
		t.Error(err)
	}
	if err := s.Admit(ctx, 0, 1, []Frame{{}}); err == nil {
		t.Error("a frame without a kind was admitted")
	}
	if s.Size() != before {
		t.Errorf("the log has %d bytes instead of %d", s.Size(), before)
	}
	m.SetCapacity(1 << 30)
	commit(t, s)
	wantRecords(t, s, 1, 2)
	ok(t, s.Close())
	if err := s.Admit(ctx, 0, 2, nil); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

func TestReserveRefusesAboveMaxBytes(t *testing.T) {
	o := small
	o.MaxBytes = 100 << 10
	s := mustOpen(t, disk.NewMem(1), o)
	for s.Reserve(ctx, 1000) == nil {
		commit(t, s)
	}
	wantFull(t, s.Reserve(ctx, 1000))
	if n := s.Size(); n > o.MaxBytes || n < o.MaxBytes/2 {
		t.Errorf("the log has %d bytes, its limit is %d", n, o.MaxBytes)
	}
	last, _ := s.Tip()
	ok(t, s.Trim(ctx, 0, last))
	ok(t, s.Reserve(ctx, 1000))
}

func TestBallast(t *testing.T) {
	m := disk.NewMem(1)
	o := small
	o.Ballast, o.MinFree = 40<<10, 20<<10
	m.SetCapacity(120 << 10)
	s := mustOpen(t, m, o)
	if n := len(m.Bytes("log/ballast")); n != 40<<10 {
		t.Fatalf("the ballast has %d bytes", n)
	}
	for s.Reserve(ctx, 1000) == nil {
		commit(t, s)
	}
	before, _ := m.Free()
	ok(t, s.ReleaseBallast())
	ok(t, s.ReleaseBallast())
	if after, _ := m.Free(); after.Free != before.Free+40<<10 {
		t.Errorf("free: %d, then %d", before.Free, after.Free)
	}
	wantFull(t, s.Reserve(ctx, 1000)) // the room is the checkpoint's
	last, _ := s.Tip()
	ok(t, s.Trim(ctx, 0, last))
	if n := len(m.Bytes("log/ballast")); n != 40<<10 {
		t.Errorf("after the checkpoint the ballast has %d bytes", n)
	}
	ok(t, s.Reserve(ctx, 1000))
	commit(t, s)
	ok(t, s.Close())
	s = mustOpen(t, m, o)
	if !s.ballast {
		t.Error("the ballast was not found again")
	}
	ok(t, s.Close())
	o.Ballast = 1 << 20 // does not fit: writers are refused, the log opens
	s = mustOpen(t, m, o)
	wantFull(t, s.Reserve(ctx, 0))
}

// The disk is full from the n-th step on: what was accepted before is there, nothing
// is half done, and everything goes on when there is room.
func TestDiskFullThenRoom(t *testing.T) {
	for n := range 40 {
		m := disk.NewMem(uint64(n))
		s := mustOpen(t, m, small)
		full := 0
		for i := range 60 {
			if i == n {
				m.SetCapacity(1)
			}
			if i == n+15 {
				m.SetCapacity(1 << 30)
			}
			last, _ := s.Tip()
			if i%6 == 5 {
				ok(t, s.Trim(ctx, 0, last))
				continue
			}
			if err := s.Reserve(ctx, 4000); err != nil {
				wantFull(t, err)
				full++
				continue
			}
			if _, err := s.Commit(ctx, 0, last, framesOf(last+1)); err != nil {
				wantFull(t, err)
				full++
			}
		}
		if full == 0 {
			t.Errorf("full at step %d: never refused", n)
		}
		last, _ := s.Tip()
		r := mustOpen(t, m.Recover(), small)
		if _, got, err := readAll(r, 0); err != nil || got != last {
			t.Fatalf("full at step %d: records end at %d, %v; want %d", n, got, err, last)
		}
	}
}

func TestBigRecordIsWrittenInPieces(t *testing.T) {
	m := disk.NewMem(1)
	o := small
	o.SegmentSize = 1 << 20
	s := mustOpen(t, m, o)
	body := make([]byte, 5<<20)
	for i := range body {
		body[i] = byte(i * 7 >> 3)
	}
	want := []Frame{{Kind: FrameChange, Body: body}, {Kind: FrameHead, Body: []byte("end")}}
	_, err := s.Commit(ctx, 0, 0, want)
	ok(t, err)
	if n := cap(s.writer.buf); n > maxBuffer {
		t.Errorf("a buffer of %d bytes is kept", n)
	}
	for rec, err := range s.Read(ctx, 0, 1) {
		ok(t, err)
		if !sameFrames(rec.Frames, want) {
			t.Error("a record of several pieces was read differently")
		}
	}
	ok(t, s.Close())
	s = mustOpen(t, m, o)
	if last, _ := s.Tip(); last != 1 {
		t.Errorf("after reopening: %d", last)
	}
}

func TestFramesLength(t *testing.T) {
	for n := range 40 {
		frames := []Frame{{Kind: 1, Body: make([]byte, n)}, {Kind: 2}}
		length, err := framesLength(frames)
		if want := uint64(8 + (n+7)/8*8 + 8); err != nil || length != want {
			t.Errorf("%d bytes: %d, %v; want %d", n, length, err, want)
		}
	}
	for length, want := range map[uint64]uint64{0: 1, 464: 1, 465: 2, 464 + 488: 2, 464 + 489: 3} {
		if got := blocksFor(length); got != want {
			t.Error(fmt.Sprint(length, got, want))
		}
	}
}

// A segment is written before it is used where records are short.
func TestLongRecordsTakeSegmentsAsTheyAre(t *testing.T) {
	o := small
	o.SegmentSize = 8 << 20
	s := mustOpen(t, disk.NewMem(1), o)
	for range 10 {
		commit(t, s)
	}
	if !s.manySyncs(s.segs[0]) {
		t.Error("short records are to find their segment written")
	}
	for range 2 {
		last, _ := s.Tip()
		_, err := s.Commit(ctx, 0, last, []Frame{{Kind: FrameChange, Body: make([]byte, 3<<20)}})
		ok(t, err)
	}
	if s.manySyncs(s.segs[0]) {
		t.Error("two records of 3 MB fill most of the segment: to write it first takes longer than it saves")
	}
	ok(t, s.Close())
}
