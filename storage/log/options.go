package log

import (
	"fmt"
	"math"

	"github.com/millracedb/millrace/storage/disk"
)

const (
	defaultSegment = 64 << 20
	defaultMinFree = 512 << 20
	defaultPercent = 5
	defaultSpares  = 4
)

// Options say how a log is kept. The zero value of each field is its default.
type Options struct {
	Dir         string // folder of the segments in the data folder; "log"
	SegmentSize int64  // bytes of a new segment, a multiple of 512; 64 MB
	Spares      int    // recycled segments kept behind the end; 4, at least 1
	SyncOff     bool   // acknowledge after the write, before the sync
	Inline      bool   // start no goroutine: spares are made when they are needed

	MaxBytes       int64 // Reserve refuses above this much live log; 0: no limit
	MinFree        int64 // Reserve refuses below this much free disk; 512 MB, negative: none
	MinFreePercent int   // or below this part of the disk if that is more; 5, negative: none
	Ballast        int64 // bytes of the file that ReleaseBallast gives back; 0: none

	// Create allows a folder without segments: it becomes a new log with this Identity,
	// whose first record will be Base+1. Without Create a missing log is XX001.
	Create   bool
	Identity uint64 // 0: a random one
	Base     uint64
}

func (o Options) withDefaults() (Options, error) {
	if o.Dir == "" {
		o.Dir = "log"
	}
	if o.SegmentSize == 0 {
		o.SegmentSize = defaultSegment
	}
	if o.Spares == 0 {
		o.Spares = defaultSpares
	}
	if o.MinFree == 0 {
		o.MinFree = defaultMinFree
	}
	if o.MinFreePercent == 0 {
		o.MinFreePercent = defaultPercent
	}
	blocks := o.SegmentSize / blockSize
	if o.SegmentSize%blockSize != 0 || blocks < 2 || blocks > math.MaxUint32 {
		return o, fmt.Errorf("log segment size %d is not a multiple of %d in the allowed range", o.SegmentSize, blockSize)
	}
	return o, nil
}

// floor returns how many bytes must stay free on the disk.
func (o Options) floor(s disk.Space) int64 {
	floor := max(o.MinFree, 0)
	if o.MinFreePercent > 0 {
		floor = max(floor, s.Total/100*int64(o.MinFreePercent))
	}
	return floor
}
