package exec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sync/atomic"
	"syscall"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/disk"
)

// tempFolder holds what statements write aside. Nothing in it outlives its statement; what a
// crash leaves goes at the next start.
const tempFolder = "temp"

const (
	tempRows  = 64 << 10 // bytes of rows that are encoded together
	tempBytes = 64 << 10 // encoded bytes that are written together
)

// spilling is what the operators of a statement share that write rows to temporary files.
type spilling struct {
	e    *Engine
	most int64 // bytes that an operator keeps in memory: work_mem
	open map[*tempFile]struct{}
}

// Spilled counts what statements have written to temporary files since the start.
type Spilled struct{ Files, Bytes atomic.Uint64 }

// sweepTemp removes what a crash left.
func (e *Engine) sweepTemp() error {
	names, err := e.opt.FS.List(tempFolder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, name := range names {
		if failed := e.opt.FS.Remove(path.Join(tempFolder, name)); err == nil {
			err = failed
		}
	}
	return err
}

// close removes the files that are left when a statement ends.
func (s *spilling) close() {
	for f := range s.open {
		f.drop()
	}
}

// create begins a file of rows of some types, for who tells u what it uses.
func (s *spilling) create(types []col.Type, u *Usage) (*tempFile, error) {
	f := &tempFile{of: s, used: u, rows: col.NewBatch(types...), types: types}
	f.name = path.Join(tempFolder, fmt.Sprint(s.e.spilled.Files.Add(1)))
	err := s.e.opt.FS.MkdirAll(tempFolder)
	if err == nil {
		f.file, err = s.e.opt.FS.Create(f.name)
	}
	if err != nil {
		return nil, f.failed("create", err)
	}
	s.open[f] = struct{}{}
	return f, nil
}

// tempFile is batches of rows in a temporary file: first they are added, then read, in order.
type tempFile struct {
	of    *spilling
	used  *Usage
	name  string
	types []col.Type
	file  disk.File
	rows  *col.Batch // not encoded yet
	bytes int64      // of them
	buf   []byte     // not written yet
	at    int64

	blocks []fileBlock // the batches, in order
	sealed int64       // rows in them
}

// fileBlock is where a batch of a file stands, and how many rows stand before it.
type fileBlock struct{ at, first int64 }

// add appends the rows of a batch that count.
func (f *tempFile) add(b *col.Batch) error {
	f.rows.AppendBatch(b)
	if f.bytes += bytesOf(b); f.bytes < tempRows && f.rows.N < col.BatchRows {
		return nil
	}
	return f.seal()
}

// bytesOf is about the memory of the rows of a batch that count.
func bytesOf(b *col.Batch) int64 {
	if b.N == 0 {
		return 0
	}
	return b.Bytes() * int64(b.Len()) / int64(b.N)
}

// seal ends a batch of the file.
func (f *tempFile) seal() error {
	if f.rows.N == 0 {
		return nil
	}
	at := len(f.buf)
	f.blocks = append(f.blocks, fileBlock{f.at + int64(at), f.sealed})
	f.sealed += int64(f.rows.N)
	f.buf = col.AppendBatchTo(append(f.buf, 0, 0, 0, 0), f.rows)
	binary.LittleEndian.PutUint32(f.buf[at:], uint32(len(f.buf)-at-4))
	f.rows, f.bytes = col.NewBatch(f.types...), 0
	if len(f.buf) < tempBytes {
		return nil
	}
	return f.write()
}

func (f *tempFile) write() error {
	if _, err := f.file.WriteAt(f.buf, f.at); err != nil {
		return f.failed("write to", err)
	}
	f.at += int64(len(f.buf))
	f.of.e.spilled.Bytes.Add(uint64(len(f.buf)))
	f.used.Disk += int64(len(f.buf))
	f.buf = f.buf[:0]
	return nil
}

// finish ends the file, which is only read from here on.
func (f *tempFile) finish() error {
	err := f.seal()
	if err == nil && len(f.buf) > 0 {
		err = f.write()
	}
	f.rows, f.buf = nil, nil
	return err
}

// next reads the batch at a position, in memory of its own, and returns the position of the
// next; nil at the end.
func (f *tempFile) next(at int64) (*col.Batch, int64, error) {
	if at == f.at {
		return nil, at, nil
	}
	var head [4]byte
	if _, err := f.file.ReadAt(head[:], at); err != nil {
		return nil, at, f.failed("read", err)
	}
	b := make([]byte, binary.LittleEndian.Uint32(head[:]))
	if _, err := f.file.ReadAt(b, at+4); err != nil {
		return nil, at, f.failed("read", err)
	}
	rows, _, err := col.DecodeBatch(b)
	if err != nil {
		return nil, at, f.failed("read", err)
	}
	rows.Step = true
	return rows, at + 4 + int64(len(b)), nil
}

// each hands the file's batches to f.
func (f *tempFile) each(do func(b *col.Batch) error) error {
	for at := int64(0); ; {
		b, next, err := f.next(at)
		if b == nil || err != nil {
			return err
		}
		if err := do(b); err != nil {
			return err
		}
		at = next
	}
}

// drop removes the file.
func (f *tempFile) drop() {
	delete(f.of.open, f)
	if err := errors.Join(f.file.Close(), f.of.e.opt.FS.Remove(f.name)); err != nil {
		f.of.e.opt.Logger.Warn("a temporary file stays until the next start", "file", f.name, "error", err)
	}
}

func (f *tempFile) failed(what string, err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return pgerr.New(pgerr.DiskFull, "could not %s file %q: No space left on device", what, f.name).
			WithHint("The rows of the query exceed work_mem. Make room, or let it keep more in memory with SET work_mem.")
	}
	return pgerr.New(pgerr.IOError, "could not %s file %q: %v", what, f.name, err)
}
