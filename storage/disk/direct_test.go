package disk

import (
	"bytes"
	"testing"
)

// What is written past the cache is read as if it had gone through it, whatever lies beside it, and under
// whatever name the file has by then.
func TestWriteDirect(t *testing.T) {
	both(t, func(t *testing.T, fsys FS) {
		want := make([]byte, 64*SectorSize)
		f := create(t, fsys, "a", want)
		ok(t, fsys.Rename("a", "b"))
		memory := Aligned(len(want))
		for i := range memory {
			memory[i] = byte(i*7 + i>>8)
		}
		write := func(from, to int) {
			t.Helper()
			ok(t, WriteDirect(f, memory[from:to], int64(from)))
			copy(want[from:], memory[from:to])
		}
		write(8*SectorSize, 40*SectorSize)
		write(40*SectorSize, 41*SectorSize) // a part of a page
		write(3, 700)                       // neither memory nor place are a sector's
		write(0, 0)
		_, err := f.WriteAt(memory[:SectorSize], 41*SectorSize)
		ok(t, err)
		copy(want[41*SectorSize:], memory[:SectorSize])
		write(48*SectorSize, 56*SectorSize)
		ok(t, f.Sync())
		if !bytes.Equal(contents(t, fsys, "b"), want) {
			t.Error("what was written is not what is read")
		}
		ok(t, f.Close())
	})
}
