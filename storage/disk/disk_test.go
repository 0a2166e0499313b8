package disk

import (
	"bytes"
	"errors"
	"io/fs"
	"slices"
	"syscall"
	"testing"
)

// both runs a test on the real file system and on its twin.
func both(t *testing.T, test func(t *testing.T, fsys FS)) {
	t.Run("os", func(t *testing.T) {
		fsys, err := OS(t.TempDir() + "/made/here")
		if err != nil {
			t.Fatal(err)
		}
		test(t, fsys)
	})
	t.Run("mem", func(t *testing.T) { test(t, NewMem(1)) })
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func create(t *testing.T, fsys FS, name string, data []byte) File {
	t.Helper()
	f, err := fsys.Create(name)
	ok(t, err)
	_, err = f.WriteAt(data, 0)
	ok(t, err)
	return f
}

func contents(t *testing.T, fsys FS, name string) []byte {
	t.Helper()
	f, err := fsys.Open(name)
	ok(t, err)
	size, err := f.Size()
	ok(t, err)
	b := make([]byte, size)
	if size > 0 {
		_, err = f.ReadAt(b, 0)
		ok(t, err)
	}
	ok(t, f.Close())
	return b
}

func TestFilesAndNames(t *testing.T) {
	both(t, func(t *testing.T, fsys FS) {
		ok(t, fsys.MkdirAll("a/b"))
		ok(t, fsys.MkdirAll("a/b"))
		f := create(t, fsys, "a/b/one", []byte("hello"))
		_, err := f.WriteAt([]byte("!"), 7)
		ok(t, err)
		ok(t, f.Sync())
		if got := contents(t, fsys, "a/b/one"); string(got) != "hello\x00\x00!" {
			t.Errorf("contents %q", got)
		}
		ok(t, f.Allocate(1000))
		ok(t, f.Allocate(10))
		if size, err := f.Size(); err != nil || size != 1000 {
			t.Errorf("size %d, %v after Allocate", size, err)
		}
		if n, err := f.ReadAt(make([]byte, 10), 995); n != 5 || err == nil {
			t.Errorf("read at the end: %d, %v", n, err)
		}
		ok(t, create(t, fsys, "a/b/two", []byte("2")).Close())
		ok(t, fsys.Rename("a/b/one", "a/b/two"))
		_, err = f.WriteAt([]byte("J"), 0)
		ok(t, err)
		if got := contents(t, fsys, "a/b/two"); string(got[:5]) != "Jello" {
			t.Errorf("contents %q after a rename over it", got[:5])
		}
		ok(t, fsys.SyncDir("a/b"))
		ok(t, fsys.SyncDir("."))
		if names, err := fsys.List("a/b"); err != nil || !slices.Equal(names, []string{"two"}) {
			t.Errorf("List: %q, %v", names, err)
		}
		if names, err := fsys.List("a"); err != nil || !slices.Equal(names, []string{"b"}) {
			t.Errorf("List: %q, %v", names, err)
		}
		ok(t, f.Close())
		ok(t, fsys.Remove("a/b/two"))
		if names, err := fsys.List("a/b"); err != nil || len(names) != 0 {
			t.Errorf("List: %q, %v", names, err)
		}
	})
}

func TestErrorsOfNames(t *testing.T) {
	both(t, func(t *testing.T, fsys FS) {
		ok(t, fsys.MkdirAll("d"))
		ok(t, create(t, fsys, "f", nil).Close())
		_, open := fsys.Open("none")
		_, list := fsys.List("none")
		_, inNone := fsys.Create("none/f")
		_, again := fsys.Create("f")
		_, up := fsys.Open("../f")
		_, abs := fsys.Create("/f")
		for _, c := range []struct {
			what      string
			err, want error
		}{
			{"open", open, fs.ErrNotExist}, {"list", list, fs.ErrNotExist}, {"create in none", inNone, fs.ErrNotExist},
			{"remove", fsys.Remove("none"), fs.ErrNotExist}, {"rename", fsys.Rename("none", "x"), fs.ErrNotExist},
			{"syncdir", fsys.SyncDir("none"), fs.ErrNotExist}, {"create again", again, fs.ErrExist},
			{"up", up, fs.ErrInvalid}, {"absolute", abs, fs.ErrInvalid}, {"mkdir", fsys.MkdirAll("../d"), fs.ErrInvalid},
			{"other folder", fsys.Rename("f", "d/f"), fs.ErrInvalid}, {"file as folder", fsys.MkdirAll("f/g"), syscall.ENOTDIR},
		} {
			if !errors.Is(c.err, c.want) {
				t.Errorf("%s: %v, want %v", c.what, c.err, c.want)
			}
		}
	})
}

func TestLock(t *testing.T) {
	both(t, func(t *testing.T, fsys FS) {
		l, err := fsys.Lock()
		ok(t, err)
		if _, err := fsys.Lock(); !errors.Is(err, ErrLocked) {
			t.Errorf("second Lock: %v", err)
		}
		ok(t, l.Close())
		l, err = fsys.Lock()
		ok(t, err)
		ok(t, l.Close())
	})
}

func TestFree(t *testing.T) {
	both(t, func(t *testing.T, fsys FS) {
		s, err := fsys.Free()
		ok(t, err)
		if s.Free <= 0 || s.Total < s.Free {
			t.Errorf("%+v", s)
		}
	})
}

func TestCrashKeepsWhatWasSynced(t *testing.T) {
	kept, lost, gone := 0, 0, 0
	for seed := range uint64(200) {
		m := NewMem(seed)
		f := create(t, m, "f", bytes.Repeat([]byte{1}, 4*SectorSize))
		ok(t, f.Sync())
		ok(t, m.SyncDir("."))
		_, err := f.WriteAt(bytes.Repeat([]byte{2}, 2*SectorSize), SectorSize)
		ok(t, err)
		create(t, m, "unsynced", nil)
		r := m.Recover()
		got := contents(t, r, "f")
		for s := range 4 {
			sector := got[s*SectorSize:][:SectorSize]
			switch {
			case bytes.Count(sector, sector[:1]) != SectorSize:
				t.Fatalf("seed %d: sector %d is torn", seed, s)
			case sector[0] == 1 && (s == 1 || s == 2):
				lost++
			case sector[0] == 2 && (s == 1 || s == 2):
				kept++
			case sector[0] != 1:
				t.Fatalf("seed %d: sector %d has %d", seed, s, sector[0])
			}
		}
		if r.Bytes("unsynced") == nil {
			gone++
		}
		if _, err := f.WriteAt([]byte{3}, 0); !errors.Is(err, ErrCrashed) {
			t.Fatalf("write to the machine that crashed: %v", err)
		}
		again := r.Recover()
		if !bytes.Equal(contents(t, again, "f"), got) {
			t.Fatalf("seed %d: what a crash left was not durable", seed)
		}
	}
	if kept == 0 || lost == 0 || gone == 0 || gone == 200 {
		t.Errorf("kept %d, lost %d sectors, %d names gone: not random", kept, lost, gone)
	}
}

func TestCrashOfNames(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(200) {
		m := NewMem(seed)
		ok(t, m.MkdirAll("d"))
		create(t, m, "d/old", []byte("old"))
		ok(t, m.SyncDir("d"))
		create(t, m, "d/tmp", nil)
		ok(t, m.Rename("d/tmp", "d/old"))
		create(t, m, "d/other", nil)
		names, err := m.Recover().List("d")
		ok(t, err)
		for _, n := range names {
			seen[n]++
		}
		if !slices.Contains(names, "old") {
			t.Fatalf("seed %d: a rename lost the name it replaced: %q", seed, names)
		}
	}
	if seen["old"] != 200 || seen["tmp"] == 0 || seen["other"] == 0 || seen["other"] == 200 {
		t.Errorf("%v", seen)
	}
}

func TestRestartKeepsTheCache(t *testing.T) {
	m := NewMem(3)
	f := create(t, m, "f", []byte("written"))
	r := m.Restart()
	if got := r.Bytes("f"); string(got) != "written" {
		t.Fatalf("after kill -9: %q", got)
	}
	if err := f.Sync(); !errors.Is(err, ErrCrashed) {
		t.Errorf("the killed process still syncs: %v", err)
	}
	lost := false
	for range 50 {
		lost = lost || r.Recover().Bytes("f") == nil
	}
	if !lost {
		t.Error("a restart of the process made its writes durable")
	}
}

func TestFailedSyncIsNotMadeGoodByALaterOne(t *testing.T) {
	m := NewMem(4)
	f := create(t, m, "f", make([]byte, SectorSize))
	ok(t, f.Sync())
	ok(t, m.SyncDir("."))
	_, err := f.WriteAt([]byte("x"), 0)
	ok(t, err)
	m.Fail(0, syscall.EIO)
	if err := f.Sync(); !errors.Is(err, syscall.EIO) {
		t.Fatal(err)
	}
	ok(t, f.Sync())
	lost := false
	for range 50 {
		lost = lost || m.Recover().Bytes("f")[0] == 0
	}
	if !lost {
		t.Error("the second Sync saved what the first had lost")
	}
}

func TestFaults(t *testing.T) {
	m := NewMem(5)
	f := create(t, m, "f", nil)
	m.CrashAfter(2)
	ok(t, f.Sync())
	ok(t, m.SyncDir("."))
	if _, err := f.WriteAt([]byte("x"), 0); !errors.Is(err, ErrCrashed) {
		t.Errorf("third call: %v", err)
	}
	if _, err := m.List("."); !errors.Is(err, ErrCrashed) {
		t.Errorf("a read after the crash: %v", err)
	}
	m = m.Recover()
	m.SetCapacity(100)
	f, err := m.Create("g")
	ok(t, err)
	if _, err := f.WriteAt(make([]byte, 101), 0); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("write on a full disk: %v", err)
	}
	if err := f.Allocate(101); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("allocate on a full disk: %v", err)
	}
	m.Hook(func(c Call) error {
		if c.Op == OpRead && c.Name == "g" && c.Offset == 7 {
			return syscall.EIO
		}
		return nil
	})
	if _, err := f.ReadAt(make([]byte, 1), 7); !errors.Is(err, syscall.EIO) {
		t.Errorf("hooked read: %v", err)
	}
	m.Hook(nil)
	_, err = f.WriteAt(make([]byte, 8), 0)
	ok(t, err)
	m.FlipBit("g", 17)
	if got := m.Bytes("g"); !bytes.Equal(got, []byte{0, 0, 2, 0, 0, 0, 0, 0}) {
		t.Errorf("flipped: %v", got)
	}
}
