package log

import (
	"bytes"
	"testing"

	"github.com/millracedb/millrace/storage/disk"
)

// Long records, which go past the system's cache in pieces, lie beside short ones that do not.
func TestLongRecords(t *testing.T) {
	dir, err := disk.OS(t.TempDir())
	ok(t, err)
	for _, syncOff := range []bool{false, true} {
		for _, fsys := range []disk.FS{disk.NewMem(1), dir} {
			o := Options{SegmentSize: 4 << 20, Create: true, SyncOff: syncOff, MinFree: -1, MinFreePercent: -1, Spares: 1, Dir: map[bool]string{true: "off", false: "on"}[syncOff]}
			sizes := []int{100, directRecord, 3_000_000, 1, maxBuffer, 5_000_001, 70_000, 2*maxBuffer + 17}
			body := func(i int) []byte { return bytes.Repeat([]byte{byte(i + 1), byte(i), 7}, sizes[i]/3+1)[:sizes[i]] }
			s := mustOpen(t, fsys, o)
			for i := range sizes {
				_, err := s.Commit(ctx, 0, uint64(i), []Frame{{Kind: FrameChange, Body: body(i)}, {Kind: FrameChange, Body: []byte("end")}})
				ok(t, err)
			}
			ok(t, s.Close())
			s = mustOpen(t, fsys, o)
			n := 0
			for r, err := range s.Read(ctx, 0, 1) {
				ok(t, err)
				if len(r.Frames) != 2 || !bytes.Equal(r.Frames[0].Body, body(n)) || string(r.Frames[1].Body) != "end" {
					t.Errorf("record %d is not as it was written", n+1)
				}
				n++
			}
			if n != len(sizes) {
				t.Errorf("%d records of %d", n, len(sizes))
			}
			ok(t, s.Close())
		}
	}
}
