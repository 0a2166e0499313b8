package long

import (
	"bytes"
	"crypto/md5"
	"runtime"
	"sync/atomic"
	"testing"
)

func TestPieces(t *testing.T) {
	all := make([]byte, 3*piece+17)
	for i := range all {
		all[i] = byte(i * 7 / 5)
	}
	for _, n := range []int{0, 1, piece - 1, piece, piece + 1, 2 * piece, len(all)} {
		b := all[:n]
		to := make([]byte, n)
		if Copy(to, b); !bytes.Equal(to, b) {
			t.Errorf("%d bytes are copied wrongly", n)
		}
		for _, before := range []int{0, 5, 2 * piece} {
			head := append(make([]byte, 0, before+3), all[:before]...)
			if got, want := Append(head, b), append(bytes.Clone(head), b...); !bytes.Equal(got, want) {
				t.Errorf("%d bytes behind %d are appended wrongly", n, before)
			}
			if got := Grow(head, n); !bytes.Equal(got, head) || cap(got) < before+n {
				t.Errorf("grown by %d, %d bytes are %d with room for %d", n, before, len(got), cap(got))
			}
		}
		if !bytes.Equal(Clone(b), b) {
			t.Errorf("the clone of %d bytes differs", n)
		}
		want := md5.Sum(b)
		if got := Sum(md5.New(), b); !bytes.Equal(got, want[:]) {
			t.Errorf("the digest of %d bytes differs", n)
		}
	}
}

// TestCopyCanBeStopped stops the world again and again while a goroutine copies: many a time, where a copy
// that cannot be stopped has the first one wait for its end.
func TestCopyCanBeStopped(t *testing.T) {
	src, dst := make([]byte, 128*piece), make([]byte, 128*piece)
	const copies, times = 40, 8
	good := 0
	for range copies {
		var begun, over atomic.Bool
		go func() {
			begun.Store(true)
			Copy(dst, src)
			over.Store(true)
		}()
		stops := 0
		for m := new(runtime.MemStats); !over.Load(); {
			if begun.Load() {
				stops++
			}
			runtime.ReadMemStats(m) // stops the world
		}
		if stops >= times {
			good++
		}
	}
	if good < 3 {
		t.Errorf("%d of %d copies were stopped %d times before they ended", good, copies, times)
	}
}
