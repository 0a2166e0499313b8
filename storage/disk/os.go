//go:build linux || darwin

package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// lockName is the file that a running server holds locked; it contains its process
// number, for the message that the second server prints.
const lockName = "LOCK"

type osFS struct{ dir string }

// OS returns the data folder dir of the operating system and makes it, readable by
// its owner alone, if it is missing. Symbolic links are followed: the log may lie on
// another disk.
func OS(dir string) (FS, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := mkdirAll(abs); err != nil {
		return nil, err
	}
	return osFS{dir: abs}, nil
}

func (o osFS) path(op, name string) (string, error) {
	if err := checkName(op, name); err != nil {
		return "", err
	}
	return filepath.Join(o.dir, filepath.FromSlash(name)), nil
}

func (o osFS) open(name string, flag int) (File, error) {
	p, err := o.path("open", name)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(p, flag, 0o600)
	if err != nil {
		return nil, err
	}
	return osFile{f, new(direct)}, nil
}

func (o osFS) Create(name string) (File, error) {
	return o.open(name, os.O_RDWR|os.O_CREATE|os.O_EXCL)
}

func (o osFS) Open(name string) (File, error) { return o.open(name, os.O_RDWR) }

func (o osFS) Rename(from, to string) error {
	if err := checkRename(from, to); err != nil {
		return err
	}
	return os.Rename(filepath.Join(o.dir, from), filepath.Join(o.dir, to))
}

func (o osFS) Remove(name string) error {
	p, err := o.path("remove", name)
	if err != nil {
		return err
	}
	return os.Remove(p)
}

func (o osFS) List(dir string) ([]string, error) {
	p, err := o.path("list", dir)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(p)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	slices.Sort(names)
	return names, nil
}

func (o osFS) MkdirAll(dir string) error {
	p, err := o.path("mkdir", dir)
	if err != nil {
		return err
	}
	return mkdirAll(p)
}

// mkdirAll makes dir and its missing parents and syncs the folder above each one.
func mkdirAll(dir string) error {
	switch info, err := os.Stat(dir); {
	case err == nil && info.IsDir():
		return nil
	case err == nil:
		return &fs.PathError{Op: "mkdir", Path: dir, Err: unix.ENOTDIR}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	parent := filepath.Dir(dir)
	if err := mkdirAll(parent); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(parent)
}

func (o osFS) SyncDir(dir string) error {
	p, err := o.path("sync", dir)
	if err != nil {
		return err
	}
	return syncDir(p)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (o osFS) Free() (Space, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(o.dir, &st); err != nil {
		return Space{}, &fs.PathError{Op: "statfs", Path: o.dir, Err: err}
	}
	size := int64(st.Bsize)
	return Space{Total: int64(st.Blocks) * size, Free: int64(st.Bavail) * size}, nil
}

func (o osFS) Lock() (io.Closer, error) {
	p := filepath.Join(o.dir, lockName)
	f, err := os.OpenFile(p, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := flock(f); err != nil {
		owner := make([]byte, 32)
		n, _ := f.ReadAt(owner, 0)
		_ = f.Close()
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return nil, &fs.PathError{Op: "flock", Path: p, Err: err}
		}
		if pid := strings.TrimSpace(string(owner[:n])); pid != "" {
			return nil, fmt.Errorf("%w: %q is locked by process %s", ErrLocked, o.dir, pid)
		}
		return nil, fmt.Errorf("%w: %q", ErrLocked, o.dir)
	}
	// The number is a courtesy to the reader of the message: the lock is the flock.
	_ = f.Truncate(0)
	_, _ = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return f, nil
}

func flock(f *os.File) error {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

type osFile struct {
	*os.File
	direct *direct
}

func (f osFile) Close() error { return errors.Join(f.direct.close(), f.File.Close()) }

func (f osFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (f osFile) Sync() error { return datasync(f.File) }

func (f osFile) Allocate(size int64) error {
	have, err := f.Size()
	if err != nil || have >= size {
		return err
	}
	err = fallocate(f.File, size)
	if errors.Is(err, errors.ErrUnsupported) {
		return f.zero(have, size)
	}
	return err
}

// zero writes zeros to [from, to): the room of file systems that cannot preallocate.
func (f osFile) zero(from, to int64) error {
	z := make([]byte, 1<<20)
	for from < to {
		n, err := f.WriteAt(z[:min(int64(len(z)), to-from)], from)
		if err != nil {
			return err
		}
		from += int64(n)
	}
	return nil
}

// pathError names the file of a bare error number.
func pathError(op string, f *os.File, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: op, Path: path.Clean(f.Name()), Err: err}
}
