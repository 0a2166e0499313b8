package log

import (
	"context"
	"errors"
	"iter"
)

// Log is the durable order of ticks of the shards. A shard's log and its fence are one
// thing: a commit names the record it follows. The slices and bodies handed to Commit
// are read during the call only.
type Log interface {
	// Commit appends the frames as one record behind record number expect, atomically,
	// and returns the new record's number, expect+1. When it returns nil the record is
	// durable (or written, with syncing off). When the shard's last record is another
	// one the error wraps ErrFenced and nothing happened; when it wraps ErrStopped the
	// outcome is unknown until the log is opened again; after any other error nothing
	// happened. The context is looked at before the first write only.
	Commit(ctx context.Context, shard uint16, expect uint64, frames []Frame) (uint64, error)
	// Admit says whether Write of the same would be refused, and makes the room that it needs.
	// After nil, and as long as nothing else is written, Write fails only by stopping the log.
	Admit(ctx context.Context, shard uint16, expect uint64, frames []Frame) error
	// Write is Commit but for the sync: the record is durable when Sync has returned nil,
	// and Read returns it before. Work that nobody sees until then goes on beside the sync, and
	// so may the next Write.
	Write(ctx context.Context, shard uint16, expect uint64, frames []Frame) (uint64, error)
	// Sync makes every record durable that is written. When it fails the outcome of those
	// that no Sync made durable is unknown until the log is opened again: the error wraps
	// ErrStopped.
	Sync(ctx context.Context) error
	// Read returns the shard's records from number from to the last one committed when
	// the loop begins, in order, each checked; from 0 is the first there is. A Record
	// and its bodies are valid until the loop asks for the next one. An error ends the
	// loop; a record asked for that is no longer or not yet there, and is not just the
	// next one, is an error.
	Read(ctx context.Context, shard uint16, from uint64) iter.Seq2[Record, error]
	// Trim allows the log to forget the records up to upto: a durable checkpoint holds
	// their effects. It may keep them.
	Trim(ctx context.Context, shard uint16, upto uint64) error
	// Close makes everything written durable and releases the log.
	Close() error
}

// Frame is one relation's part of a tick, or an entry.
type Frame struct {
	Kind FrameKind
	Body []byte // at most 4 GiB - 1; begins at a multiple of 8 bytes when read

	// Pieces, if it is set, makes the body in place of Body, so that a large one need not
	// stand in memory: it hands put one piece after the other, Size bytes together, and
	// returns the first error of put. It is called once, on Commit's goroutine, and a
	// piece is read during put only. More or fewer bytes stop the log. Read sets Body.
	Pieces func(put func(piece []byte) error) error
	Size   int64
}

// size is the bytes of the body.
func (f *Frame) size() uint64 {
	if f.Pieces != nil {
		return uint64(max(f.Size, 0))
	}
	return uint64(len(f.Body))
}

// Record is one tick.
type Record struct {
	Seq    uint64 // the record's number; the tick's number while there is one shard
	Frames []Frame
	Prev   uint64 // chain value of the record before: see Segments.Tip
}

// FrameKind says what a frame's body is. The numbers are part of the format: they are
// never used again for something else. Zero is no kind.
type FrameKind uint8

const (
	FrameHead         FrameKind = 1  // the tick's number, its now, how it was synced
	FrameChange       FrameKind = 2  // net changes of one relation by identity, columnar
	FrameTruncate     FrameKind = 3  // a relation was emptied
	FrameWatermark    FrameKind = 4  // a stream's watermark advanced
	FramePartition    FrameKind = 5  // a partition of a stream was opened, closed or idled
	FrameOffsets      FrameKind = 6  // how far a connector has read its source
	FrameSequence     FrameKind = 7  // a sequence reserved values
	FrameCatalog      FrameKind = 8  // difference between two versions of the catalog
	FrameQuarantine   FrameKind = 9  // a view or state was taken out of the graph
	FrameStagedFile   FrameKind = 10 // a file beside the log that belongs to the tick
	FrameSinkPosition FrameKind = 11 // how far a sink has delivered a relation's changes
	FrameFill         FrameKind = 12 // in which rounds a view was filled before the tick attached it
)

var (
	// ErrFenced is wrapped by Commit's error when another record than the expected one
	// is the last.
	ErrFenced = errors.New("log is fenced: another writer has committed")
	// ErrStopped is wrapped by every error of a log that stopped since a write or sync
	// failed: it is the caller's 08007, and only opening the log again helps.
	ErrStopped = errors.New("log has stopped")
	// ErrClosed is returned by every call after Close.
	ErrClosed = errors.New("log is closed")
	// ErrShard is wrapped by the error of a call that names a shard this log has not.
	ErrShard = errors.New("log has no such shard")
)
