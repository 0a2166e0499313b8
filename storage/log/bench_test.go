package log

import (
	"fmt"
	"testing"

	"github.com/millracedb/millrace/storage/disk"
)

// BenchmarkCommit commits one-frame records; a tenth of a second's worth of the log is
// kept, so that segments are recycled as they are behind checkpoints.
func BenchmarkCommit(b *testing.B) {
	for _, sync := range []string{"on", "off"} {
		for _, size := range []int{64, 4 << 10, 256 << 10} {
			b.Run(fmt.Sprintf("sync=%s/%d", sync, size), func(b *testing.B) {
				dir, err := disk.OS(b.TempDir())
				ok(b, err)
				o := Options{Create: true, SyncOff: sync == "off", Spares: 2}
				s := mustOpen(b, dir, o)
				frames := []Frame{{Kind: FrameChange, Body: make([]byte, size)}}
				b.SetBytes(int64(size))
				b.ReportAllocs()
				var seq uint64
				for b.Loop() {
					seq, err = s.Commit(ctx, 0, seq, frames)
					ok(b, err)
					if s.size() > 128<<20 {
						ok(b, s.Trim(ctx, 0, seq))
					}
				}
				ok(b, s.Close())
			})
		}
	}
}

// BenchmarkRead reads what the cache of the operating system holds.
func BenchmarkRead(b *testing.B) {
	dir, err := disk.OS(b.TempDir())
	ok(b, err)
	s := mustOpen(b, dir, Options{Create: true, SyncOff: true})
	frames := []Frame{{Kind: FrameChange, Body: make([]byte, 256<<10)}}
	for seq := range uint64(128) {
		_, err := s.Commit(ctx, 0, seq, frames)
		ok(b, err)
	}
	b.SetBytes(128 * 256 << 10)
	for b.Loop() {
		for _, err := range s.Read(ctx, 0, 1) {
			ok(b, err)
		}
	}
	ok(b, s.Close())
}
