package log

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/millracedb/millrace/base/pgerr"
)

// Read implements [Log]. Its memory is one record's and 256 KB.
func (s *Segments) Read(ctx context.Context, shard uint16, from uint64) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		segs, last, err := s.beginRead(shard)
		if err != nil {
			yield(Record{}, err)
			return
		}
		defer s.endRead()
		first := firstRecord(segs, last)
		if from == 0 {
			from = first
		}
		switch {
		case from < first:
			yield(Record{}, pgerr.New(pgerr.DataCorrupted, "the log begins with record %d, record %d is no longer there", first, from))
		case from > last+1:
			yield(Record{}, pgerr.New(pgerr.DataCorrupted, "the log ends with record %d, before record %d", last, from-1))
		case from <= last:
			read(ctx, segs, from, last, yield)
		}
	}
}

func (s *Segments) beginRead(shard uint16) ([]*segment, uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, 0, ErrClosed
	}
	if shard != 0 {
		return nil, 0, fmt.Errorf("%w: %d", ErrShard, shard)
	}
	s.readers++
	segs := make([]*segment, len(s.segs))
	for i, seg := range s.segs {
		c := *seg // Commit sets first while we read
		segs[i] = &c
	}
	return segs, s.last, nil
}

func (s *Segments) endRead() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readers--
}

// read yields the records from to last, which the segments hold.
func read(ctx context.Context, segs []*segment, from, last uint64, yield func(Record, error) bool) {
	w := walker{in: newScanner(segs)}
	for i, seg := range segs {
		if seg.first != 0 && seg.first <= from {
			w.next = seg.first
			w.in.seek(i, seg.firstAt)
		}
	}
	var buf recordBuffer
	for w.next <= last {
		if err := ctx.Err(); err != nil {
			yield(Record{}, err)
			return
		}
		buf.data = buf.data[:0]
		sink := buf.add
		if w.next < from {
			sink = nil
		}
		whole, err := w.step(sink)
		if err == nil && !whole {
			err = corrupt(segs[w.at].name, w.atBlock, "record %d is not whole, and was", w.next)
		}
		if err != nil {
			yield(Record{}, err)
			return
		}
		if sink == nil {
			continue
		}
		rec, err := buf.decode(w.head)
		if err != nil {
			yield(Record{}, corrupt(segs[w.at].name, w.atBlock, "record %d: %v", w.head.number, err))
			return
		}
		if !yield(rec, nil) {
			return
		}
	}
}

// recordBuffer gathers a record's payload; it is used again for the next one.
type recordBuffer struct {
	data   []byte
	frames []Frame
}

func (b *recordBuffer) add(p []byte) { b.data = append(b.data, p...) }

// decode cuts the gathered payload into frames.
func (b *recordBuffer) decode(h recordHeader) (Record, error) {
	p := b.data[recordHead : recordHead+h.length]
	b.frames = slices.Grow(b.frames[:0], int(h.frames))
	for i := range h.frames {
		if len(p) < frameHead {
			return Record{}, fmt.Errorf("%d frames of %d are there", i, h.frames)
		}
		n := uint64(le.Uint32(p[4:]))
		size := frameHead + (n+frameAlign-1)/frameAlign*frameAlign
		if p[0] == 0 || size > uint64(len(p)) {
			return Record{}, fmt.Errorf("frame %d of kind %d has %d bytes, %d are left", i, p[0], n, len(p)-frameHead)
		}
		end := frameHead + int(n)
		b.frames = append(b.frames, Frame{Kind: FrameKind(p[0]), Body: p[frameHead:end:end]})
		p = p[size:]
	}
	if len(p) > 0 {
		return Record{}, fmt.Errorf("%d bytes follow the last frame", len(p))
	}
	return Record{Seq: h.number, Frames: b.frames, Prev: h.prev}, nil
}
