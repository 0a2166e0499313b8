package disk

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"github.com/millracedb/millrace/base/pgerr"
)

const testMagic = "MILLTEST"

func TestCheckedFile(t *testing.T) {
	both(t, func(t *testing.T, fsys FS) {
		if _, _, err := ReadFileChecked(fsys, "m", testMagic, 1); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("missing file: %v", err)
		}
		for _, body := range []string{"", "first", strings.Repeat("second ", 1000)} {
			ok(t, WriteFileAtomic(fsys, "m", testMagic, 2, []byte(body)))
			format, got, err := ReadFileChecked(fsys, "m", testMagic, 3)
			if err != nil || format != 2 || string(got) != body {
				t.Fatalf("format %d, %d bytes, %v; want 2, %d bytes", format, len(got), err, len(body))
			}
		}
		if _, _, err := ReadFileChecked(fsys, "m", testMagic, 1); pgerr.CodeOf(err) != pgerr.FeatureNotSupported {
			t.Errorf("newer format: %v", err)
		}
		if err := WriteFileAtomic(fsys, "m", "SHORT", 1, nil); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("bad magic number: %v", err)
		}
	})
}

func TestCheckedFileFormat(t *testing.T) {
	m := NewMem(1)
	ok(t, WriteFileAtomic(m, "m", testMagic, 7, []byte("body")))
	const want = "4d494c4c54455354" + "07000000" + "9f70e5b6" + "0400000000000000" + "626f6479"
	if got := hex.EncodeToString(m.Bytes("m")); got != want {
		t.Errorf("the format of a checked file changed:\n got %s\nwant %s", got, want)
	}
}

func TestCheckedFileEveryBitAndLength(t *testing.T) {
	m := NewMem(1)
	ok(t, WriteFileAtomic(m, "m", testMagic, 1, []byte("some body")))
	whole := m.Bytes("m")
	for bit := range int64(len(whole) * 8) {
		m.FlipBit("m", bit)
		if _, _, err := ReadFileChecked(m, "m", testMagic, 1); pgerr.CodeOf(err) != pgerr.DataCorrupted || !strings.Contains(err.Error(), `"m"`) {
			t.Fatalf("bit %d: %v", bit, err)
		}
		m.FlipBit("m", bit)
	}
	for n := range whole {
		m := NewMem(1)
		create(t, m, "m", whole[:n])
		if _, _, err := ReadFileChecked(m, "m", testMagic, 1); pgerr.CodeOf(err) != pgerr.DataCorrupted {
			t.Fatalf("%d of %d bytes: %v", n, len(whole), err)
		}
	}
}

func TestCheckedFileCrashAtEveryCall(t *testing.T) {
	old, young := bytes.Repeat([]byte("old"), 500), bytes.Repeat([]byte("young"), 900)
	for seed := range uint64(20) {
		for n := 0; ; n++ {
			m := NewMem(seed)
			ok(t, WriteFileAtomic(m, "m", testMagic, 1, old))
			m.CrashAfter(n)
			failed := WriteFileAtomic(m, "m", testMagic, 1, young)
			for range 3 {
				r := m.Recover()
				_, got, err := ReadFileChecked(r, "m", testMagic, 1)
				switch {
				case err != nil:
					t.Fatalf("seed %d, crash after %d calls: %v", seed, n, err)
				case bytes.Equal(got, young):
				case failed != nil && bytes.Equal(got, old):
				default:
					t.Fatalf("seed %d, crash after %d calls: neither the old nor the new file", seed, n)
				}
				ok(t, WriteFileAtomic(r, "m", testMagic, 1, young))
			}
			if failed == nil {
				break
			}
		}
	}
}

func TestCheckedFileFaultAtEveryCall(t *testing.T) {
	for n := 0; ; n++ {
		m := NewMem(uint64(n))
		ok(t, WriteFileAtomic(m, "m", testMagic, 1, []byte("old")))
		m.Fail(n, syscall.ENOSPC)
		err := WriteFileAtomic(m, "m", testMagic, 1, []byte("new"))
		if _, got, readErr := ReadFileChecked(m, "m", testMagic, 1); readErr != nil || err == nil && string(got) != "new" {
			t.Fatalf("fault %d (%v): %q, %v", n, err, got, readErr)
		}
		if err == nil {
			if n < 5 {
				t.Fatalf("only %d calls", n)
			}
			break
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("fault %d: %v", n, err)
		}
	}
}

func FuzzReadFileChecked(f *testing.F) {
	m := NewMem(1)
	if err := WriteFileAtomic(m, "m", testMagic, 1, []byte("body")); err != nil {
		f.Fatal(err)
	}
	f.Add(m.Bytes("m"))
	f.Add([]byte(testMagic))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, file []byte) {
		m := NewMem(1)
		create(t, m, "m", file)
		if _, body, err := ReadFileChecked(m, "m", testMagic, 1); err == nil && len(body)+checkedHead != len(file) {
			t.Errorf("%d bytes of body in a file of %d", len(body), len(file))
		}
	})
}
