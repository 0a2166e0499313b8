package log

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/disk"
)

// Segments is the log of one shard, number 0, in segment files. Its methods may be
// called by any goroutine; one Commit runs at a time, and Read does not hold it up. A record may be
// written while those before it are synced.
type Segments struct {
	fs   disk.FS
	opt  Options
	head segmentHead

	syncs   sync.Mutex // held during a sync, and taken before mu
	mu      sync.Mutex
	segs    []*segment // live ones, then spares; consecutive, never empty
	pos     place      // where the next record begins
	last    uint64     // number of the last record
	hash    uint64     // its chain value
	dirty   []*segment // written and not synced, in order
	syncing bool       // some that were dirty are being synced
	writer  writer
	stopped error
	closed  bool

	readers int    // running Reads: no segment is recycled
	trimTo  uint64 // what Trim was last asked for

	making  sync.WaitGroup // the goroutine that makes a spare
	busy    bool           // it runs
	made    uint64         // spares made, for their names
	ballast bool           // the ballast file is in place
}

var _ Log = (*Segments)(nil)

// Commit implements [Log].
func (s *Segments) Commit(ctx context.Context, shard uint16, expect uint64, frames []Frame) (uint64, error) {
	seq, err := s.Write(ctx, shard, expect, frames)
	if err != nil || s.opt.SyncOff {
		return seq, err
	}
	return seq, s.Sync(context.WithoutCancel(ctx))
}

// Admit implements [Log]. It makes segments that Reserve has not made, and refuses as Reserve
// does for a full disk; it does not look at MaxBytes and MinFree.
func (s *Segments) Admit(ctx context.Context, shard uint16, expect uint64, frames []Frame) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.admit(ctx, shard, expect, frames)
	return err
}

// admit is Admit, and returns the bytes of the frames.
func (s *Segments) admit(ctx context.Context, shard uint16, expect uint64, frames []Frame) (uint64, error) {
	if err := s.usable(ctx, shard); err != nil {
		return 0, err
	}
	if expect != s.last {
		return 0, fmt.Errorf("%w: record %d was to follow %d, the last one is %d", ErrFenced, expect+1, expect, s.last)
	}
	length, err := framesLength(frames)
	if err != nil {
		return 0, err
	}
	return length, s.room(blocksFor(length))
}

// Write implements [Log]. It allocates no memory once its buffers have grown to the record, at most
// 1 MB each, but for a channel for each of a longer one.
func (s *Segments) Write(ctx context.Context, shard uint16, expect uint64, frames []Frame) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	length, err := s.admit(ctx, shard, expect, frames)
	if err != nil {
		return 0, err
	}
	if err := s.append(frames, length); err != nil {
		return 0, s.stop(err)
	}
	s.prepare()
	return s.last, nil
}

// append writes the record. After an error the log stops.
func (s *Segments) append(frames []Frame, length uint64) error {
	begin, segBegin := s.nextPlace()
	flags := uint8(0)
	if s.opt.SyncOff {
		flags |= flagRelaxed
	}
	if len(s.dirty) > 0 || s.syncing {
		flags |= flagFloating
	}
	hash, err := s.writer.write(s, frames, recordHeader{
		header: header{number: s.last + 1, count: uint32(blocksFor(length)), flags: flags},
		prev:   s.hash, length: length, frames: uint32(len(frames)),
	})
	if err != nil {
		return err
	}
	s.last++
	s.hash = hash
	if segBegin.first == 0 {
		segBegin.first, segBegin.firstAt = s.last, begin.block
	}
	return nil
}

// nextPlace returns where the next record begins; room has been made for it.
func (s *Segments) nextPlace() (place, *segment) {
	seg := s.segment(s.pos.segment)
	if s.pos.block < seg.blocks {
		return s.pos, seg
	}
	return place{s.pos.segment + 1, firstBlock}, s.segment(s.pos.segment + 1)
}

func (s *Segments) segment(index uint64) *segment { return s.segs[index-s.segs[0].index] }

// put writes whole blocks at the end of the log, past the system's cache or into it.
func (s *Segments) put(b []byte, direct bool) error {
	write := func(f disk.File, b []byte, off int64) error { _, err := f.WriteAt(b, off); return err }
	if direct {
		write = disk.WriteDirect
	}
	for len(b) > 0 {
		at, seg := s.nextPlace()
		n := min(len(b), int(seg.blocks-at.block)*blockSize)
		if len(s.dirty) == 0 || s.dirty[len(s.dirty)-1] != seg {
			s.dirty = append(s.dirty, seg)
		}
		if err := write(seg.file, b[:n], int64(at.block)*blockSize); err != nil {
			return err
		}
		s.pos = place{at.segment, at.block + uint32(n/blockSize)}
		b = b[n:]
	}
	return nil
}

// sync makes everything written durable while nothing is written.
func (s *Segments) sync() error {
	err := syncAll(s.dirty)
	if err == nil {
		s.dirty = nil
	}
	return err
}

func syncAll(segs []*segment) error {
	for _, seg := range segs {
		if err := seg.file.Sync(); err != nil {
			return err
		}
	}
	return nil
}

// Sync implements [Log]. A checkpoint calls it before it becomes durable itself, also with
// syncing off: state must never be ahead of the log.
func (s *Segments) Sync(ctx context.Context) error {
	s.syncs.Lock()
	defer s.syncs.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx, 0); err != nil {
		return err
	}
	written := s.dirty
	s.dirty, s.syncing = nil, true
	s.mu.Unlock()
	err := syncAll(written)
	s.mu.Lock()
	if s.syncing = false; err != nil {
		return s.stop(err)
	}
	return nil
}

// usable says whether the log may be written to.
func (s *Segments) usable(ctx context.Context, shard uint16) error {
	switch {
	case s.closed:
		return ErrClosed
	case s.stopped != nil:
		return s.stopped
	case shard != 0:
		return fmt.Errorf("%w: %d", ErrShard, shard)
	}
	return ctx.Err()
}

// stop is what follows a failed write or sync.
func (s *Segments) stop(err error) error {
	s.stopped = fmt.Errorf("%w: %w", ErrStopped, err)
	return s.stopped
}

// Tip returns the number of the last record, the Base if there is none, and its chain
// value. A checkpoint keeps both; the record that is read first after it must have the
// value as its Prev, or the log is of another history.
func (s *Segments) Tip() (seq, chain uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last, s.hash
}

// First returns the number of the first record that Read can return; it is one above
// the last one's when there is none.
func (s *Segments) First() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return firstRecord(s.segs, s.last)
}

func firstRecord(segs []*segment, last uint64) uint64 {
	for _, seg := range segs {
		if seg.first != 0 {
			return seg.first
		}
	}
	return last + 1
}

// Size returns the bytes of the live log: from its first segment to its end.
func (s *Segments) Size() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.size()
}

func (s *Segments) size() (n int64) {
	for _, seg := range s.segs {
		if seg.index == s.pos.segment {
			break
		}
		n += int64(seg.blocks) * blockSize
	}
	return n + int64(s.pos.block)*blockSize
}

// Close implements [Log]. After a stop it returns nil: the error has been told. Reads
// that are running fail.
func (s *Segments) Close() error {
	s.syncs.Lock()
	defer s.syncs.Unlock()
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	s.making.Wait() // nothing begins after closed is set
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.stopped == nil {
		err = s.sync()
	}
	return errors.Join(err, closeSegments(s.segs))
}

// framesLength returns the bytes of the frames in a record.
func framesLength(frames []Frame) (length uint64, err error) {
	for i := range frames {
		if frames[i].Kind == 0 {
			return 0, fmt.Errorf("frame %d has no kind", i)
		}
		size := frames[i].size()
		if size > math.MaxUint32 {
			return 0, tooLong()
		}
		length += framed(size)
	}
	if len(frames) > math.MaxUint32 || blocksFor(length) > math.MaxUint32 {
		return 0, tooLong()
	}
	return length, nil
}

func tooLong() error {
	return pgerr.New(pgerr.ProgramLimitExceeded, "the changes of one transaction are too many for the log").
		WithHint("Split the transaction.")
}
