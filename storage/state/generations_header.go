package state

import "github.com/millracedb/millrace/storage/pool"

// gensFormat is the format of the headers of Generations; those of headFormat have no waiting
// rows.
const gensFormat = 3

// Header is what Restore needs beside the pages.
func (s *Generations) Header() []byte {
	w := &writer{}
	w.u8(headGens)
	w.u8(gensFormat)
	w.u32(uint32(len(s.gens)))
	for i := range s.gens {
		w.u64(uint64(s.gens[i].first))
		w.u64(uint64(s.gens[i].last))
		s.gens[i].write(w)
	}
	w.u64(uint64(s.waiting.credit))
	w.u32(uint32(len(s.waiting.blocks)))
	for i := range s.waiting.blocks {
		s.waiting.blocks[i].write(w)
	}
	return w.b
}

func (b *waitingBlock) write(w *writer) {
	w.u32(uint32(b.chunk))
	w.u8(uint8(b.class))
	w.u32(uint32(b.n))
	w.u64(uint64(b.first))
	w.u64(uint64(b.last))
	w.u32(uint32(b.stale))
	b.heap.write(w)
}

// Restore is RowTable's.
func (s *Generations) Restore(header []byte) error {
	r := &reader{b: header}
	format := uint8(headFormat)
	if len(header) > 1 && header[0] == headGens && header[1] == gensFormat {
		format = gensFormat
		r.take(2)
	} else {
		r.kind(headGens)
	}
	for range r.count(16) {
		g := s.add()
		g.first, g.last = int64(r.u64()), int64(r.u64())
		if err := g.read(r); err != nil {
			return err
		}
	}
	if format == gensFormat {
		if err := s.readWaiting(r); err != nil {
			return err
		}
	}
	return r.done()
}

func (s *Generations) readWaiting(r *reader) error {
	w := &s.waiting
	w.credit = int64(r.u64())
	for range r.count(29) {
		b := waitingBlock{chunk: pool.Chunk(r.u32()), class: pool.Class(r.u8()), n: int(r.u32()), heap: NewHeap(s.p, s.o)}
		b.first, b.last, b.stale = int64(r.u64()), int64(r.u64()), int(r.u32())
		if b.class > pool.Class2M {
			return damaged("rows that wait")
		}
		b.room = b.class.Bytes() / w.width &^ 7
		if b.n > b.room {
			return damaged("rows that wait")
		}
		if err := s.p.Claim(s.o, b.chunk, b.class); err != nil {
			return err
		}
		if err := b.heap.read(r); err != nil {
			return err
		}
		w.rows += int64(b.n)
		w.blocks = append(w.blocks, b)
	}
	return nil
}
