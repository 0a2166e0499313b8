// Package blob keeps byte strings that are too large for a record of the log and never change,
// such as the files of models: each in a file of its own, compressed, under the SHA-256 of what
// it holds. A string is durable before the record that names it is written, as staged data is,
// and goes when a checkpoint names it no more.
package blob

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"path"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/millracedb/millrace/storage/disk"
)

const (
	folder = "blobs"
	magic  = "MRBLOBS\n"
	format = 1
)

// Sum is the name of a string: its SHA-256 in hexadecimal.
func Sum(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// Store is the strings of one database. Its methods may be called by any goroutine.
type Store struct {
	fs disk.FS

	mu     sync.Mutex
	staged map[string]int // strings that transactions hold which are not decided yet, by how many
}

// New returns the store in a file system.
func New(fsys disk.FS) *Store { return &Store{fs: fsys, staged: map[string]int{}} }

// Put makes a string durable and returns its name. It stays until release is called, and as long
// as Sweep is told of it.
func (s *Store) Put(body []byte) (sum string, release func(), err error) {
	sum = Sum(body)
	s.mu.Lock()
	defer s.mu.Unlock() // two calls must not write one file
	if err := s.write(sum, body); err != nil {
		return "", nil, err
	}
	s.staged[sum]++
	return sum, sync.OnceFunc(func() { s.release(sum) }), nil
}

func (s *Store) write(sum string, body []byte) error {
	if err := s.fs.MkdirAll(folder); err != nil {
		return err
	}
	if _, err := s.read(sum, int64(len(body))); err == nil {
		return nil // the same bytes are there
	}
	w, err := zstd.NewWriter(nil)
	if err != nil {
		return err
	}
	return disk.WriteFileAtomic(s.fs, folder+"/"+sum, magic, format, w.EncodeAll(body, nil))
}

func (s *Store) release(sum string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.staged[sum]--; s.staged[sum] == 0 {
		delete(s.staged, sum)
	}
}

// Get returns the string of a name, which is so many bytes long. One that is missing or not as
// it was written is XX001 with its file.
func (s *Store) Get(sum string, size int64) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.read(sum, size)
}

func (s *Store) read(sum string, size int64) ([]byte, error) {
	name := folder + "/" + sum
	_, packed, err := disk.ReadFileChecked(s.fs, name, magic, format)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, disk.Corrupt(name, 0, "the file is missing")
	}
	if err != nil {
		return nil, err
	}
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(max(size, 1<<10))))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	body, err := r.DecodeAll(packed, nil)
	if err != nil || int64(len(body)) != size || Sum(body) != sum {
		return nil, disk.Corrupt(name, 0, "it does not hold what its name says")
	}
	return body, nil
}

// Sweep removes the strings that are not in live and that no transaction holds.
func (s *Store) Sweep(live []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	keep := map[string]bool{}
	for _, sum := range live {
		keep[sum] = true
	}
	names, err := s.fs.List(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, n := range names {
		if sum := path.Base(n); err == nil && !keep[sum] && s.staged[sum] == 0 {
			if err = s.fs.Remove(folder + "/" + sum); errors.Is(err, fs.ErrNotExist) {
				err = nil
			}
		}
	}
	return err
}
