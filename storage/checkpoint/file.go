package checkpoint

import (
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"slices"

	"github.com/klauspost/compress/s2"

	"github.com/millracedb/millrace/storage/disk"
	"github.com/millracedb/millrace/storage/pool"
)

const writeSize = 1 << 20 // bytes written at a time

// pageWriter appends records, in order of pages, to page files and notes their places.
type pageWriter struct {
	fs      disk.FS
	ix      *index
	f       disk.File
	no      uint32
	off     int64 // in the file, of buf
	buf     []byte
	scratch []byte
	files   []pageFile
	written int64
}

// all writes pages and makes them durable.
func (w *pageWriter) all(p *pool.Pool, pages []uint32) error {
	for _, pg := range pages {
		if err := w.add(pg, p.Page(pg)); err != nil {
			return err
		}
	}
	return w.finish()
}

func (w *pageWriter) add(page uint32, content []byte) error {
	if w.f != nil && w.off+int64(len(w.buf))+maxRecord > maxFile {
		if err := w.close(); err != nil {
			return err
		}
	}
	if w.f == nil {
		if err := w.open(); err != nil {
			return err
		}
	}
	from := len(w.buf)
	w.buf = appendRecord(w.buf, page, content, w.scratch)
	w.ix.places = append(w.ix.places, place{page, w.no, uint32(w.off + int64(from)), uint32(len(w.buf) - from)})
	if len(w.buf) >= writeSize {
		return w.flush()
	}
	return nil
}

func (w *pageWriter) open() error {
	w.no = w.ix.nextFile
	w.ix.nextFile++
	f, err := w.fs.Create(pagePath(w.no))
	for errors.Is(err, fs.ErrExist) { // left by a checkpoint that no manifest tells of
		w.no = w.ix.nextFile
		w.ix.nextFile++
		f, err = w.fs.Create(pagePath(w.no))
	}
	if err != nil {
		return err
	}
	if w.scratch == nil {
		w.scratch = make([]byte, s2.MaxEncodedLen(pool.PageSize))
		w.buf = make([]byte, 0, writeSize+maxRecord)
	}
	w.f, w.off, w.buf = f, 0, appendFileHead(w.buf[:0])
	return nil
}

func (w *pageWriter) flush() error {
	if _, err := w.f.WriteAt(w.buf, w.off); err != nil {
		return errors.Join(err, w.f.Close())
	}
	w.off += int64(len(w.buf))
	w.written += int64(len(w.buf))
	w.buf = w.buf[:0]
	return nil
}

// close makes the file durable.
func (w *pageWriter) close() error {
	if err := w.flush(); err != nil {
		return err
	}
	err := errors.Join(w.f.Sync(), w.f.Close())
	w.files = append(w.files, pageFile{w.no, w.off})
	w.f = nil
	return err
}

// finish makes all files and their names durable.
func (w *pageWriter) finish() error {
	if w.f == nil && len(w.files) == 0 {
		return nil
	}
	if w.f != nil {
		if err := w.close(); err != nil {
			return err
		}
	}
	return w.fs.SyncDir(Folder)
}

// loadFile reads the pages of one file, in windows.
func (s *Store) loadFile(p *pool.Pool, pf pageFile, places []place) (err error) {
	name := pagePath(pf.no)
	f, err := s.fs.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return disk.Corrupt(name, 0, "the file is missing")
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	size, err := f.Size()
	if err != nil {
		return err
	}
	if size < pf.size {
		return disk.Corrupt(name, size, "the file is %d bytes long, not %d", size, pf.size)
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Compare(a.off, b.off) })
	r := &windowReader{f: f, size: pf.size, buf: make([]byte, min(4<<20, pf.size))}
	if err := checkHead(r, name); err != nil {
		return err
	}
	for _, pl := range places {
		rec, err := r.at(int64(pl.off), int(pl.size))
		if err != nil {
			return err
		}
		dst, err := p.Fill(pl.page)
		if err != nil {
			return err
		}
		if err := decodeRecord(dst, pl.page, rec); err != nil {
			return disk.Corrupt(name, int64(pl.off), "%v", err)
		}
		p.SetStored(pl.page)
		s.au.note(p, pl.page)
	}
	return nil
}

func checkHead(r *windowReader, name string) error {
	head, err := r.at(0, fileHead)
	if err != nil {
		return err
	}
	if string(head[:8]) != pageMagic {
		return disk.Corrupt(name, 0, "it does not begin with %q", pageMagic)
	}
	if v := binary.LittleEndian.Uint32(head[8:]); v != pageFormat {
		return disk.NewerFormat(name, v, pageFormat)
	}
	return nil
}

// windowReader reads records in ascending order through a buffer.
type windowReader struct {
	f    disk.File
	size int64
	buf  []byte
	off  int64 // of the window
	n    int   // bytes in it
}

// at returns n bytes at an offset, good until the next call.
func (r *windowReader) at(off int64, n int) ([]byte, error) {
	if off < r.off || off+int64(n) > r.off+int64(r.n) {
		want := int(min(int64(len(r.buf)), r.size-off))
		if got, err := r.f.ReadAt(r.buf[:want], off); got < want {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		r.off, r.n = off, want
	}
	return r.buf[off-r.off:][:n], nil
}
