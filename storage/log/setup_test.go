package log

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/millracedb/millrace/storage/disk"
)

var ctx = context.Background()

// small makes segments of 16 blocks, so that most records of a few KB cross one.
var small = Options{SegmentSize: 16 * blockSize, Create: true, Identity: 42, Inline: true, MinFree: -1, MinFreePercent: -1, Spares: 2}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func mustOpen(t testing.TB, fsys disk.FS, o Options) *Segments {
	t.Helper()
	s, err := Open(fsys, o)
	ok(t, err)
	return s
}

// framesOf returns the frames of a test record: they follow from its number, and are
// of all lengths from nothing to several segments.
func framesOf(seq uint64) []Frame {
	rng := rand.New(rand.NewPCG(seq, 7))
	frames := []Frame{{Kind: FrameHead, Body: fmt.Appendf(nil, "tick %d", seq)}}
	for range rng.IntN(4) {
		n := rng.IntN([]int{16, 488, 3000, 12000}[rng.IntN(4)])
		body := make([]byte, n)
		for i := range body {
			body[i] = byte(rng.Uint32())
		}
		frames = append(frames, Frame{Kind: FrameKind(1 + rng.IntN(11)), Body: body})
	}
	return frames
}

// inPieces lets every other frame make its body in pieces, of which some are empty.
func inPieces(frames []Frame) []Frame {
	for i := 1; i < len(frames); i += 2 {
		body := frames[i].Body
		frames[i].Body, frames[i].Size = nil, int64(len(body))
		frames[i].Pieces = func(put func([]byte) error) error {
			for n := 0; len(body) > 0; n = 2*n + 1 {
				n = min(n, len(body))
				if err := put(body[:n]); err != nil {
					return err
				}
				body = body[n:]
			}
			return nil
		}
	}
	return frames
}

func commit(t testing.TB, s *Segments) uint64 {
	t.Helper()
	last, _ := s.Tip()
	seq, err := s.Commit(ctx, 0, last, inPieces(framesOf(last+1)))
	ok(t, err)
	if seq != last+1 {
		t.Fatalf("record %d followed %d", seq, last)
	}
	return seq
}

func sameFrames(got, want []Frame) bool {
	if len(got) != len(want) {
		return false
	}
	for i := range got {
		if got[i].Kind != want[i].Kind || !bytes.Equal(got[i].Body, want[i].Body) {
			return false
		}
	}
	return true
}

// readAll checks every record there is and returns the first and the last number.
func readAll(s *Segments, from uint64) (first, last uint64, err error) {
	for rec, err := range s.Read(ctx, 0, from) {
		if err != nil {
			return first, last, err
		}
		if first == 0 {
			first = rec.Seq
		}
		if last != 0 && rec.Seq != last+1 {
			return first, last, fmt.Errorf("record %d follows %d", rec.Seq, last)
		}
		last = rec.Seq
		if !sameFrames(rec.Frames, framesOf(rec.Seq)) {
			return first, last, fmt.Errorf("record %d is not what was committed", rec.Seq)
		}
	}
	return first, last, nil
}

func wantRecords(t testing.TB, s *Segments, first, last uint64) {
	t.Helper()
	gotFirst, gotLast, err := readAll(s, 0)
	if err != nil || gotFirst != first || gotLast != last {
		t.Fatalf("records %d to %d, %v; want %d to %d", gotFirst, gotLast, err, first, last)
	}
}
