package log

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/millracedb/millrace/storage/disk"
)

// TestFormat notices every change of the bytes on disk. A change that is meant needs
// another segmentFormat, and code that still reads this one.
func TestFormat(t *testing.T) {
	m := disk.NewMem(1)
	var s *Segments
	datadriven.RunTest(t, "testdata/format", func(t *testing.T, d *datadriven.TestData) string {
		switch d.Cmd {
		case "open":
			o := small
			o.SegmentSize, o.Base, o.Identity = 4*blockSize, 6, 0x0123456789abcdef
			o.SyncOff = d.HasArg("sync-off")
			s = mustOpen(t, m, o)
		case "commit":
			last, _ := s.Tip()
			_, err := s.Commit(ctx, 0, last, parseFrames(t, d.Input))
			ok(t, err)
			_, chain := s.Tip()
			return fmt.Sprintf("record %d, chain %016x\n", last+1, chain)
		case "close":
			ok(t, s.Close())
		case "dump":
			var name string
			d.ScanArgs(t, "file", &name)
			return dump(m.Bytes(name))
		default:
			d.Fatalf(t, "unknown command")
		}
		return ""
	})
}

// parseFrames reads lines of a kind and a text, which ×n repeats.
func parseFrames(t *testing.T, input string) (frames []Frame) {
	for line := range strings.SplitSeq(input, "\n") {
		var f Frame
		var text string
		times := 1
		if _, err := fmt.Sscanf(line, "%d %s ×%d", &f.Kind, &text, &times); err != nil && text == "" {
			t.Fatalf("frame %q: %v", line, err)
		}
		f.Body = []byte(strings.Repeat(text, times))
		frames = append(frames, f)
	}
	return frames
}

// dump is a hex dump without the lines of zeros.
func dump(b []byte) string {
	var out strings.Builder
	for at := 0; at < len(b); at += 32 {
		line := b[at:min(at+32, len(b))]
		if strings.Trim(string(line), "\x00") != "" {
			fmt.Fprintf(&out, "%04x  %s\n", at, hex.EncodeToString(line))
		}
	}
	return out.String()
}
