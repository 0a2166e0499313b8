package log

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"math"
	"path"
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/disk"
)

// Open opens the log in the data folder, which the caller has locked, or makes one
// where Options allow it. It reads the whole live log, cuts what may be cut (see the
// package's text), and makes the rest durable, so that every record that Read returns
// stays. A damaged log is XX001 and is left as it is. It needs no free disk.
func Open(fsys disk.FS, o Options) (*Segments, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	segs, err := openSegments(fsys, o)
	if err != nil {
		return nil, errors.Join(err, closeSegments(segs))
	}
	s := &Segments{fs: fsys, opt: o, segs: segs, head: segs[0].head}
	if err := s.recover(); err != nil {
		return nil, errors.Join(err, closeSegments(segs))
	}
	s.openBallast()
	return s, nil
}

// openSegments opens the segments in order, after making the first one of a new log.
// With an error it returns those before the one that could not be opened.
func openSegments(fsys disk.FS, o Options) ([]*segment, error) {
	indexes, err := listSegments(fsys, o.Dir)
	if err != nil {
		return nil, err
	}
	if len(indexes) == 0 {
		if !o.Create {
			return nil, pgerr.New(pgerr.DataCorrupted, "the log is missing: folder %q has no segments", o.Dir)
		}
		return createLog(fsys, o)
	}
	var segs []*segment
	for i, index := range indexes {
		if want := indexes[0] + uint64(i); index != want {
			return segs, corrupt(segmentName(o.Dir, want), 0, "the file is missing")
		}
		seg, err := openSegment(fsys, o.Dir, index)
		if err != nil {
			return segs, err
		}
		if i > 0 && seg.head != segs[0].head {
			return segs, errors.Join(corrupt(seg.name, 0, "the file is of another log than file %q", segs[0].name), seg.file.Close())
		}
		segs = append(segs, seg)
	}
	return segs, nil
}

// listSegments returns the numbers of the segments, sorted. A missing folder has none.
func listSegments(fsys disk.FS, dir string) ([]uint64, error) {
	names, err := fsys.List(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var indexes []uint64
	for _, name := range names {
		if index, ok := segmentIndex(name); ok {
			indexes = append(indexes, index)
		}
	}
	slices.Sort(indexes)
	return indexes, nil
}

func createLog(fsys disk.FS, o Options) ([]*segment, error) {
	head := segmentHead{identity: o.Identity, base: o.Base}
	if head.identity == 0 {
		var b [8]byte
		_, _ = rand.Read(b[:]) // it never fails
		head.identity = le.Uint64(b[:])
	}
	if err := fsys.MkdirAll(o.Dir); err != nil {
		return nil, err
	}
	tmp := path.Join(o.Dir, "first"+tmpSuffix)
	seg, err := makeSegment(fsys, tmp, uint32(o.SegmentSize/blockSize), head, false)
	if err != nil {
		return nil, allocateError(tmp, err)
	}
	seg.index, seg.name = 1, segmentName(o.Dir, 1)
	if err := fsys.Rename(tmp, seg.name); err != nil {
		return nil, errors.Join(err, seg.file.Close())
	}
	return []*segment{seg}, nil // settle makes the name durable
}

func closeSegments(segs []*segment) (err error) {
	for _, seg := range segs {
		err = errors.Join(err, seg.file.Close())
	}
	return err
}

// recover finds the end of the log, overwrites what is cut off and makes the rest safe.
func (s *Segments) recover() error {
	w := walker{in: newScanner(s.segs)}
	if err := w.walk(s.head, math.MaxUint64); err != nil {
		return err
	}
	cut, err := tail(w.in, w.at, w.atBlock, w.next)
	if err != nil {
		return err
	}
	if err := s.removeLeftovers(); err != nil {
		return err
	}
	s.pos = place{s.segs[w.at].index, w.atBlock}
	s.last, s.hash = w.next-1, w.hash
	return s.settle(cut)
}

// walk goes over the records, and notes in each segment where its first one begins, up
// to record last or to the first that is not whole; behind it at stands.
func (w *walker) walk(head segmentHead, last uint64) error {
	if err := w.begin(head); err != nil {
		return err
	}
	for w.next <= last {
		whole, err := w.step(nil)
		if err != nil {
			return err
		}
		if !whole {
			return nil
		}
		if seg := w.in.segs[w.at]; seg.first == 0 {
			seg.first, seg.firstAt = w.next-1, w.atBlock
		}
	}
	w.at, w.atBlock = w.in.place()
	return nil
}

// settle overwrites the spans and makes all segments durable: what was read may have
// come from the cache of the operating system alone.
func (s *Segments) settle(cut []span) error {
	for _, c := range cut {
		if err := writeZeros(s.segs[c.segment].file, c.from, c.to); err != nil {
			return err
		}
	}
	for _, seg := range s.segs {
		if err := seg.file.Sync(); err != nil {
			return err
		}
	}
	return s.fs.SyncDir(s.opt.Dir)
}

// removeLeftovers removes files that were being made when the process ended.
func (s *Segments) removeLeftovers() error {
	names, err := s.fs.List(s.opt.Dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if strings.HasSuffix(name, tmpSuffix) {
			if err := s.fs.Remove(path.Join(s.opt.Dir, name)); err != nil {
				return err
			}
		}
	}
	return nil
}
