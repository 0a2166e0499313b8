package log

import (
	"context"
	"errors"
	"fmt"
	"path"

	"github.com/millracedb/millrace/base/pgerr"
)

// reserveSlack is room for the heads of a tick's frames, of which Reserve knows only
// the bytes of the bodies.
const reserveSlack = 16 << 10

// Reserve says whether a record of so many bytes of bodies may be committed, and makes
// the segments that it will need. It is called before a tick is accepted: 53100 when
// the disk has less room than it must keep or the log would be longer than MaxBytes,
// an error that wraps ErrStopped when the log has stopped; nothing has happened then,
// and the next call may succeed.
func (s *Segments) Reserve(ctx context.Context, bytes int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx, 0); err != nil {
		return err
	}
	if err := s.drop(); err != nil {
		return err
	}
	blocks := blocksFor(uint64(max(bytes, 0)) + reserveSlack)
	if limit := s.opt.MaxBytes; limit > 0 && s.size()+int64(blocks)*blockSize > limit {
		return pgerr.New(pgerr.DiskFull, "the log has reached its limit of %d bytes", limit).
			WithHint("Writing resumes after the next checkpoint. Raise log_max_bytes if this happens often.")
	}
	more := int64(s.missing(blocks)) * s.opt.SegmentSize
	if err := s.checkFree(more); err != nil {
		return err
	}
	return s.room(blocks)
}

// checkFree refuses when the disk would have too little room after taking more bytes.
// A released ballast is counted as taken, or its release would let writers take it.
func (s *Segments) checkFree(more int64) error {
	space, err := s.fs.Free()
	if err != nil {
		return diskError{pgerr.New(pgerr.IOError, "could not read the free disk space: %v", err), err}
	}
	if !s.ballast {
		more += s.opt.Ballast
	}
	if floor := s.opt.floor(space); space.Free-more < floor && floor > 0 {
		return pgerr.New(pgerr.DiskFull, "could not extend the log: %d bytes of disk are free, %d must stay", space.Free, floor).
			WithHint("Check free disk space.")
	}
	return nil
}

// missing returns how many segments must be made before so many blocks fit.
func (s *Segments) missing(blocks uint64) uint64 {
	have := -uint64(s.pos.block - firstBlock)
	for i := s.pos.segment - s.segs[0].index; i < uint64(len(s.segs)); i++ {
		have += uint64(s.segs[i].blocks - firstBlock)
	}
	if have >= blocks {
		return 0
	}
	each := uint64(s.opt.SegmentSize/blockSize - firstBlock)
	return (blocks - have + each - 1) / each
}

// room makes the segments that so many blocks need. An error means that nothing has
// happened, unless it wraps ErrStopped.
func (s *Segments) room(blocks uint64) error {
	for range s.missing(blocks) {
		s.made++
		name := s.tmpName(s.made)
		seg, err := makeSegment(s.fs, name, uint32(s.opt.SegmentSize/blockSize), s.head, false)
		if err != nil {
			return allocateError(name, err)
		}
		if err := s.adopt(seg); err != nil {
			return err
		}
	}
	return nil
}

func (s *Segments) tmpName(n uint64) string {
	return path.Join(s.opt.Dir, fmt.Sprintf("%x%s", n, tmpSuffix))
}

// adopt gives a made segment its number as the last spare, durably.
func (s *Segments) adopt(seg *segment) error {
	index := s.segs[len(s.segs)-1].index + 1
	name := segmentName(s.opt.Dir, index)
	if err := s.fs.Rename(seg.name, name); err != nil {
		return errors.Join(allocateError(name, err), seg.file.Close())
	}
	seg.name, seg.index = name, index
	s.segs = append(s.segs, seg)
	// Records in a file whose name may be lost would be lost with it.
	if err := s.fs.SyncDir(s.opt.Dir); err != nil {
		return s.stop(err)
	}
	return nil
}

// zeroedRecord is the bytes of a record up to which it pays to write a segment before it is used: the
// sync is shorter by as long as the disk needs for about so much. Where records of 3 MB are the rule,
// commits are 2.5 times as fast without.
const zeroedRecord = 128 << 10

// manySyncs reports whether the records that begin in a segment are so short that one like it is
// worth writing beforehand.
func (s *Segments) manySyncs(seg *segment) bool {
	written := int64(s.pos.block) * blockSize
	return seg.first != 0 && int64(s.last-seg.first+1)*zeroedRecord > written
}

// prepare has a spare made in the background once the last segment is half full. Its
// failure is no error: the segment is made when it is needed, or refused then.
func (s *Segments) prepare() {
	last := s.segs[len(s.segs)-1]
	if s.opt.Inline || s.busy || s.pos.segment != last.index || s.pos.block < last.blocks/2 ||
		s.checkFree(s.opt.SegmentSize) != nil {
		return
	}
	s.busy = true
	s.made++
	name, blocks, zero := s.tmpName(s.made), uint32(s.opt.SegmentSize/blockSize), s.manySyncs(last)
	s.making.Go(func() {
		seg, err := makeSegment(s.fs, name, blocks, s.head, zero)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.busy = false
		switch {
		case err != nil:
		case s.closed || s.stopped != nil:
			_ = seg.file.Close() // Open removes the file
		default:
			_ = s.adopt(seg) // what stops the log is told by the next Commit
		}
	})
}
