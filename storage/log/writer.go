package log

import "fmt"

// maxBuffer bounds what a writer gathers before it writes: longer records take several
// writes, and still one sync.
const maxBuffer = 1 << 20

// writer turns a record into blocks in a buffer that it keeps.
type writer struct {
	log  *Segments
	buf  []byte // blocks of the record; its capacity is a multiple of blockSize
	fill int    // payload bytes in the block that is being filled, which buf contains
	head header // of that block
	hash uint64
}

var padding [frameAlign]byte

// write appends the record to the log and returns its chain value.
func (w *writer) write(s *Segments, frames []Frame, r recordHeader) (uint64, error) {
	w.log, w.head, w.hash, w.fill = s, r.header, 0, 0
	w.grow(int(min(uint64(r.count)*blockSize, maxBuffer)))
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
	if err != nil {
		return 0, err
	}
	w.close()
	if err := s.put(w.buf); err != nil {
		return 0, err
	}
	return w.hash, nil
}

func (w *writer) grow(size int) {
	if cap(w.buf) < size {
		w.buf = make([]byte, 0, size)
	}
	w.buf = w.buf[:0]
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
				if err := w.log.put(w.buf); err != nil {
					return err
				}
				w.log.hasten(len(w.buf))
				w.buf = w.buf[:0]
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
