package disk

import (
	"errors"
	"io"
	"io/fs"
	"path"
)

// SectorSize is the number of bytes that a disk writes whole or not at all.
const SectorSize = 512

// ErrLocked is wrapped by the error of [FS.Lock] when another server, of this process
// or of another one, has the data folder.
var ErrLocked = errors.New("data folder is in use by another server")

// FS is one data folder. Its methods may be called by any number of goroutines. It is
// longer than our interfaces are meant to be since it stands for an operating system:
// each method is one call of it, so that a test can fail each one. Errors of missing
// and existing names match [fs.ErrNotExist] and [fs.ErrExist], a full disk matches
// syscall.ENOSPC.
type FS interface {
	// Create makes a new, empty file for reading and writing. The name must not exist.
	Create(name string) (File, error)
	// Open opens an existing file for reading and writing.
	Open(name string) (File, error)
	// Rename gives a file another name in the same folder and replaces what had it.
	// Open files stay usable.
	Rename(from, to string) error
	// Remove deletes a file.
	Remove(name string) error
	// List returns the names in a folder, sorted and without the folder's own.
	List(dir string) ([]string, error)
	// MkdirAll makes a folder and its parents, durably. It may exist.
	MkdirAll(dir string) error
	// SyncDir makes the names in a folder durable; "." is the data folder itself.
	SyncDir(dir string) error
	// Free returns how much room the disk below the data folder has.
	Free() (Space, error)
	// Lock takes the data folder for this server until the Closer is closed or the
	// process ends. It never waits: the error wraps [ErrLocked].
	Lock() (io.Closer, error)
}

// File is an open file of an [FS]. ReadAt and WriteAt keep to their contracts in
// package io and may be called by several goroutines at a time, for ranges that do
// not overlap. A WriteAt past the end makes the file longer.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	// Size returns the length in bytes.
	Size() (int64, error)
	// Allocate makes the file at least size bytes long and gives it the room on disk,
	// so that later writes below size never find the disk full. New bytes are zero.
	// It is durable after Sync.
	Allocate(size int64) error
	// Sync makes the contents durable, and the length as far as reading them needs it.
	Sync() error
}

// Space is the room on a disk in bytes: all of it, and what an unprivileged process
// may still take.
type Space struct{ Total, Free int64 }

// checkName refuses a name that is not a clean path inside the data folder.
func checkName(op, name string) error {
	if !fs.ValidPath(name) {
		return &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	return nil
}

// checkRename refuses bad names and a rename from one folder to another, which no
// single SyncDir could make durable.
func checkRename(from, to string) error {
	if err := errors.Join(checkName("rename", from), checkName("rename", to)); err != nil {
		return err
	}
	if path.Dir(from) != path.Dir(to) {
		return &fs.PathError{Op: "rename", Path: to, Err: fs.ErrInvalid}
	}
	return nil
}
