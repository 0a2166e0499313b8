package log

import (
	"context"
	"errors"
	"io/fs"
	"path"
)

// Trim implements [Log]. Segments that hold no later record become spares, or are
// removed when there are enough of those or the disk is short. It first makes the log
// durable as far as it is written. While a Read runs nothing is dropped; the next Trim
// or Reserve does it.
func (s *Segments) Trim(ctx context.Context, shard uint16, upto uint64) error {
	s.syncs.Lock()
	defer s.syncs.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx, shard); err != nil {
		return err
	}
	if err := s.sync(); err != nil {
		return s.stop(err)
	}
	s.trimTo = max(s.trimTo, min(upto, s.last))
	if err := s.drop(); err != nil {
		return err
	}
	s.openBallast()
	return nil
}

// droppable returns how many segments at the front hold nothing above trimTo. It keeps
// one in which a record up to trimTo begins, which was durable when it was trimmed: a
// log must hold a record that cannot be lost, or its numbers would be unknown.
func (s *Segments) droppable() (n int) {
	for i, seg := range s.segs {
		if seg.first != 0 && seg.first <= s.trimTo {
			n = i // everything before belongs to records below first
		}
	}
	return n
}

// drop takes away the segments that Trim has given up. One operation on names is under
// way at a time, so that a crash never leaves a gap between the numbers.
func (s *Segments) drop() error {
	if s.readers > 0 {
		return nil
	}
	for range s.droppable() {
		gone, err := s.dropFirst()
		if err != nil {
			return err
		}
		if err := s.fs.SyncDir(s.opt.Dir); err != nil {
			return s.stop(err)
		}
		if gone != nil {
			_ = gone.file.Close() // there is nothing of it to lose
		}
	}
	return nil
}

// dropFirst makes the first segment the last spare or, when it returns it, removes it.
func (s *Segments) dropFirst() (gone *segment, err error) {
	seg := s.segs[0]
	last := s.segs[len(s.segs)-1].index
	spares := int(last - s.pos.segment)
	wanted := s.opt.Spares
	if s.checkFree(0) != nil {
		wanted = min(wanted, 1)
	}
	if spares >= wanted || int64(seg.blocks)*blockSize != s.opt.SegmentSize {
		if err := s.fs.Remove(seg.name); err != nil {
			return nil, err
		}
		s.segs = s.segs[1:]
		return seg, nil
	}
	name := segmentName(s.opt.Dir, last+1)
	if err := s.fs.Rename(seg.name, name); err != nil {
		return nil, err
	}
	s.segs = append(s.segs[1:], &segment{file: seg.file, name: name, index: last + 1, blocks: seg.blocks, head: seg.head})
	return nil, nil
}

const (
	ballastName  = "ballast"
	ballastMagic = "MLRBALST"
)

// ReleaseBallast gives the ballast's room back, so that a checkpoint fits on a full
// disk. Reserve does not let writers have it; Trim takes it again when it can.
func (s *Segments) ReleaseBallast() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ballast {
		return nil
	}
	if err := s.fs.Remove(path.Join(s.opt.Dir, ballastName)); err != nil {
		return err
	}
	s.ballast = false
	return nil
}

// openBallast takes room for the ballast if the disk has it. There is none after an
// error: Reserve then refuses earlier.
func (s *Segments) openBallast() {
	if s.ballast || s.opt.Ballast == 0 {
		return
	}
	name := path.Join(s.opt.Dir, ballastName)
	if f, err := s.fs.Open(name); err == nil {
		size, err := f.Size()
		s.ballast = err == nil && size >= s.opt.Ballast
		_ = f.Close()
		if s.ballast {
			return
		}
	}
	if err := s.fs.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return
	}
	if s.checkFree(0) == nil {
		s.ballast = s.makeBallast(name) == nil
	}
}

func (s *Segments) makeBallast(name string) (err error) {
	f, err := s.fs.Create(name)
	if err != nil {
		return err
	}
	head := make([]byte, blockSize)
	copy(head, ballastMagic)
	le.PutUint32(head[8:], segmentFormat)
	_, err = f.WriteAt(head, 0)
	err = errors.Join(err, f.Allocate(s.opt.Ballast), f.Close())
	if err != nil {
		err = errors.Join(err, s.fs.Remove(name))
	}
	return err
}
