package log

import (
	"fmt"
	"strings"
	"testing"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/disk"
)

// bitsOfRecords returns, of each segment, how many bytes hold acknowledged records.
func bitsOfRecords(s *Segments) (names []string, bytes []int64) {
	for _, seg := range s.segs {
		if seg.index > s.pos.segment {
			break
		}
		n := seg.blocks
		if seg.index == s.pos.segment {
			n = s.pos.block
		}
		names = append(names, seg.name)
		bytes = append(bytes, int64(n)*blockSize)
	}
	return names, bytes
}

func wantDamage(t *testing.T, m *disk.Mem, o Options, name, what string) {
	t.Helper()
	s, err := Open(m, o)
	if err == nil {
		last, _ := s.Tip()
		t.Fatalf("%s: the log was opened and ends with record %d", what, last)
	}
	if pgerr.CodeOf(err) != pgerr.DataCorrupted || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "offset") {
		t.Fatalf("%s: %v", what, err)
	}
}

// A flipped bit in anything that was acknowledged is found, wherever the log ends, and
// nothing is cut: not even the last record, which looks as a torn one does.
func TestFlippedBitIsNeverCut(t *testing.T) {
	for seed := range seeds(6) {
		for _, off := range []bool{false, true} {
			o := small
			o.SyncOff = off
			crashEverywhere(t, seed, o, func(h *history, m *disk.Mem, what string) {
				left := m.Recover()
				s := mustOpen(t, left.Restart(), o)
				names, sizes := bitsOfRecords(s)
				last, _ := s.Tip()
				for range 4 {
					// Half of the bits are in the last segment, where the tail is.
					i := len(names) - 1
					if h.rng.IntN(2) == 0 {
						i = h.rng.IntN(len(names))
					}
					bit := h.rng.Int64N(sizes[i] * 8)
					damaged := s.fs.(*disk.Mem).Restart()
					s.fs = damaged
					damaged.FlipBit(names[i], bit)
					before := damaged.Calls()
					wantDamage(t, damaged, o, names[i], fmt.Sprintf("%s, %d records, bit %d of %s", what, last, bit, names[i]))
					if damaged.Calls() != before {
						t.Fatalf("%s: a damaged log was changed", what)
					}
					damaged.FlipBit(names[i], bit)
				}
			})
		}
	}
}

// Every bit of the last record, of one block and of several segments.
func TestEveryBitOfTheLastRecord(t *testing.T) {
	for _, size := range []int{0, 1400, 9000} {
		m := disk.NewMem(1)
		s := mustOpen(t, m, small)
		commit(t, s)
		_, err := s.Commit(ctx, 0, 1, []Frame{{Kind: FrameChange, Body: make([]byte, size)}})
		ok(t, err)
		names, sizes := bitsOfRecords(s)
		begin := int64(s.segs[0].firstAt) * blockSize
		ok(t, s.Close())
		for i, name := range names {
			for bit := begin * 8; bit < sizes[i]*8; bit += 7 {
				m.FlipBit(name, bit)
				wantDamage(t, m, small, name, fmt.Sprintf("bit %d of %s", bit, name))
				m.FlipBit(name, bit)
			}
			begin = 0
		}
		s = mustOpen(t, m, small)
		if last, _ := s.Tip(); last != 2 {
			t.Errorf("unharmed, the log ends with %d", last)
		}
	}
}

// A record whose first block was not written is torn, and yet a bad block among the
// others is told: it may be that the first one was lost later.
func TestFlippedBitInATornRecord(t *testing.T) {
	m := disk.NewMem(1)
	s := mustOpen(t, m, small)
	commit(t, s)
	name, at := s.segs[0].name, int64(s.pos.block)*blockSize
	_, err := s.Commit(ctx, 0, 1, []Frame{{Kind: FrameChange, Body: make([]byte, 2000)}})
	ok(t, err)
	ok(t, s.Close())
	f, err := m.Open(name)
	ok(t, err)
	_, err = f.WriteAt(zeroBlock[:], at)
	ok(t, err)
	torn := m.Restart()
	m = m.Restart()
	m.FlipBit(name, (at+2*blockSize+100)*8)
	wantDamage(t, m, small, name, "a torn record with a flipped bit")
	s = mustOpen(t, torn, small)
	wantRecords(t, s, 1, 1)
	if last, _ := s.Tip(); last != 1 {
		t.Errorf("the torn record was not cut: %d", last)
	}
}

// Two histories that begin alike never join: a segment of the other one is refused.
func TestFork(t *testing.T) {
	var ms [2]*disk.Mem
	for i := range ms {
		ms[i] = disk.NewMem(1)
		s := mustOpen(t, ms[i], small)
		for seq := range uint64(40) {
			body := make([]byte, 400)
			body[0] = byte(i) * byte(seq/5)
			_, err := s.Commit(ctx, 0, seq, []Frame{{Kind: FrameChange, Body: body}})
			ok(t, err)
		}
		ok(t, s.Close())
	}
	name := segmentName("log", 2)
	f, err := ms[0].Open(name)
	ok(t, err)
	_, err = f.WriteAt(ms[1].Bytes(name), 0)
	ok(t, err)
	wantDamage(t, ms[0], small, name, "a segment of a fork")
}

// A block that went back to an older state (a write that the disk lost after it had
// said it was durable) is a hole, not a tail, when a later record exists.
func TestHole(t *testing.T) {
	for _, off := range []bool{false, true} {
		m := disk.NewMem(1)
		o := small
		o.SyncOff = off
		s := mustOpen(t, m, o)
		for seq := range uint64(20) {
			commit(t, s)
			if seq == 10 {
				ok(t, s.Sync(ctx))
			}
		}
		names, _ := bitsOfRecords(s)
		ok(t, s.Close())
		f, err := m.Open(names[1])
		ok(t, err)
		_, err = f.WriteAt(zeroBlock[:], 5*blockSize)
		ok(t, err)
		wantDamage(t, m, o, "", "a hole")
	}
}

func TestTruncatedSegment(t *testing.T) {
	m := disk.NewMem(1)
	s := mustOpen(t, m, small)
	for range 20 {
		commit(t, s)
	}
	names, _ := bitsOfRecords(s)
	ok(t, s.Close())
	for _, name := range names {
		whole := m.Bytes(name)
		for _, n := range []int{0, 100, blockSize, 3*blockSize + 7, len(whole) - 1} {
			ok(t, m.Remove(name))
			f, err := m.Create(name)
			ok(t, err)
			_, err = f.WriteAt(whole[:n], 0)
			ok(t, err)
			wantDamage(t, m, small, name, fmt.Sprintf("%s of %d bytes", name, n))
			_, err = f.WriteAt(whole, 0)
			ok(t, err)
		}
	}
	mustOpen(t, m, small)
}

// A flipped bit behind the end harms nothing, but where the next record would begin it
// cannot be told from the flipped bit of an acknowledged record.
func TestFlippedBitBehindTheEnd(t *testing.T) {
	m := disk.NewMem(1)
	s := mustOpen(t, m, small)
	commit(t, s)
	name, block := s.segs[0].name, int64(s.pos.block)
	ok(t, s.Close())
	m.FlipBit(name, (block*blockSize+9)*8)
	wantDamage(t, m, small, name, "the next record's first block")
	m.FlipBit(name, (block*blockSize+9)*8)
	m.FlipBit(name, ((block+1)*blockSize+9)*8)
	s = mustOpen(t, m, small)
	for range 20 {
		commit(t, s)
	}
	ok(t, s.Close())
	wantRecords(t, mustOpen(t, m, small), 1, 21)
}
