package log

import (
	"errors"
	"fmt"

	"github.com/millracedb/millrace/storage/disk"
)

const (
	// maxBuffer bounds what a writer gathers before it writes: longer records take several
	// writes, and still one sync.
	maxBuffer = 1 << 20
	// directRecord is the bytes from which on a record that is to be synced goes past the system's cache.
	// Each copy of so much costs more than the wait for the disk, which the sync would wait for anyway.
	directRecord = 256 << 10
)

// writer turns a record into blocks in a buffer that it keeps.
type writer struct {
	log *Segments
	buf []byte // blocks of the record; its capacity is a multiple of blockSize
	// other is the buffer that is being written while buf is filled, until writing gets how that ended; nil:
	// nothing is.
	other   []byte
	writing chan error
	direct  bool   // the record goes past the cache
	fill    int    // payload bytes in the block that is being filled, which buf contains
	head    header // of that block
	hash    uint64
}

var padding [frameAlign]byte

// write appends the record to the log and returns its chain value.
func (w *writer) write(s *Segments, frames []Frame, r recordHeader) (uint64, error) {
	w.log, w.head, w.hash, w.fill = s, r.header, 0, 0
	size := uint64(r.count) * blockSize
	w.direct = size >= directRecord && !s.opt.SyncOff
	w.buf = emptied(w.buf, int(min(size, maxBuffer)))
	w.open()
	var h [recordHead]byte
	le.PutUint64(h[:], r.prev)
	le.PutUint64(h[8:], r.length)
	le.PutUint32(h[16:], r.frames)
	err := w.put(h[:])
	for i := range frames {
		if err == nil {
			err = w.frame(&frames[i])
		}
	}
	if err = errors.Join(err, w.wait()); err != nil {
		return 0, err
	}
	w.close()
	if err := s.put(w.buf, w.direct); err != nil {
		return 0, err
	}
	return w.hash, nil
}

// emptied is a buffer, or a new one if it has not so much room.
func emptied(buf []byte, size int) []byte {
	if cap(buf) < size {
		buf = disk.Aligned(size)
	}
	return buf[:0]
}

// turn has the full buffer written while the other one is filled.
func (w *writer) turn() error {
	if err := w.wait(); err != nil {
		return err
	}
	full, ended := w.buf, make(chan error, 1)
	w.buf, w.other, w.writing = emptied(w.other, cap(full)), full, ended
	go func() { ended <- w.log.put(full, w.direct) }()
	return nil
}

// wait returns when nothing is being written.
func (w *writer) wait() error {
	if w.writing == nil {
		return nil
	}
	err := <-w.writing
	w.writing = nil
	return err
}

func (w *writer) frame(f *Frame) error {
	var h [frameHead]byte
	h[0] = byte(f.Kind)
	size := f.size()
	le.PutUint32(h[4:], uint32(size))
	if err := w.put(h[:]); err != nil {
		return err
	}
	if err := w.body(f, size); err != nil {
		return err
	}
	return w.put(padding[:-size&(frameAlign-1)])
}

func (w *writer) body(f *Frame, size uint64) error {
	if f.Pieces == nil {
		return w.put(f.Body)
	}
	left := size
	err := f.Pieces(func(p []byte) error {
		if uint64(len(p)) > left {
			return fmt.Errorf("the pieces of a frame are more than %d bytes", size)
		}
		left -= uint64(len(p))
		return w.put(p)
	})
	if err == nil && left > 0 {
		err = fmt.Errorf("the pieces of a frame are %d bytes short of %d", left, size)
	}
	return err
}

// put copies payload into blocks. A full block stays open until more comes, so that
// the record's last block is closed once.
func (w *writer) put(p []byte) error {
	for len(p) > 0 {
		if w.fill == payload {
			w.close()
			w.head.index++
			if len(w.buf) == cap(w.buf) {
				if err := w.turn(); err != nil {
					return err
				}
			}
			w.open()
		}
		n := copy(w.buf[len(w.buf)-payload+w.fill:], p)
		w.fill += n
		p = p[n:]
	}
	return nil
}

// open begins a block at the end of the buffer.
func (w *writer) open() {
	w.buf = w.buf[:len(w.buf)+blockSize]
	w.fill = 0
}

// close pads and seals the last block of the buffer.
func (w *writer) close() {
	b := w.buf[len(w.buf)-blockSize:]
	clear(b[blockHead+w.fill:])
	w.head.seal(b)
	w.hash = chain(w.hash, b)
}
