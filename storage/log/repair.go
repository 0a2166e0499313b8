package log

import (
	"errors"
	"fmt"
	"math"

	"github.com/millracedb/millrace/storage/disk"
)

// Report is what Inspect found.
type Report struct {
	First, Last uint64 // whole records before the damage, if any; Last+1 = First: none
	Damage      error  // what Open would say; nil: Open would succeed
}

// Inspect reads the log without changing it. The caller has locked the data folder.
// The error is for a log of which nothing can be read.
func Inspect(fsys disk.FS, o Options) (Report, error) {
	_, segs, damage, err := openForRepair(fsys, o)
	if err != nil {
		return Report{}, err
	}
	w := walker{in: newScanner(segs)}
	walked := w.walk(segs[0].head, math.MaxUint64)
	if walked == nil && damage == nil {
		_, walked = tail(w.in, w.at, w.atBlock, w.next)
	}
	if w.next == 0 {
		return Report{}, errors.Join(walked, closeSegments(segs))
	}
	r := Report{First: firstRecord(segs, w.next-1), Last: w.next - 1, Damage: walked}
	if walked == nil {
		r.Damage = damage
	}
	return r, closeSegments(segs)
}

// Cut forgets for ever every record after record keep, and with them the damage behind
// it: the operator's choice after reading a [Report], whose First ≤ keep ≤ Last must
// hold; keep may be the Base, too, while nothing has been trimmed. The caller has locked the data folder. When it fails it can be run again.
func Cut(fsys disk.FS, o Options, keep uint64) (err error) {
	o, segs, damage, err := openForRepair(fsys, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeSegments(segs)) }()
	w := walker{in: newScanner(segs)}
	if err := w.walk(segs[0].head, keep); err != nil {
		return err
	}
	if w.next != keep+1 {
		return fmt.Errorf("record %d is not in the log, or is not whole", keep)
	}
	if segs[0].index > 1 && firstRecord(segs, keep) > keep {
		return fmt.Errorf("no record would be left of the log, which has been trimmed: its numbers would be unknown")
	}
	if damage != nil {
		if err := removeBehind(fsys, o.Dir, segs[len(segs)-1].index); err != nil {
			return err
		}
	}
	r, err := survey(w.in, w.at, w.atBlock, w.next)
	if err != nil {
		return err
	}
	s := Segments{fs: fsys, opt: o, segs: segs}
	return s.settle(r.cut)
}

// openForRepair opens the segments before the first one that cannot be opened, which
// is the damage.
func openForRepair(fsys disk.FS, given Options) (o Options, segs []*segment, damage, err error) {
	given.Create = false
	if o, err = given.withDefaults(); err != nil {
		return o, nil, nil, err
	}
	segs, damage = openSegments(fsys, o)
	if len(segs) == 0 {
		return o, nil, nil, damage
	}
	return o, segs, damage, nil
}

// removeBehind removes the segments behind an index, the last one first, so that what
// stays has no gap.
func removeBehind(fsys disk.FS, dir string, index uint64) error {
	indexes, err := listSegments(fsys, dir)
	if err != nil {
		return err
	}
	for i := len(indexes) - 1; i >= 0 && indexes[i] > index; i-- {
		if err := fsys.Remove(segmentName(dir, indexes[i])); err != nil {
			return err
		}
		if err := fsys.SyncDir(dir); err != nil {
			return err
		}
	}
	return nil
}
