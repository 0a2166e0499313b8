// Package log is the durable order of ticks: the [Log] interface and its embedded form,
// segment files ([Segments]).
//
// # Nouns
//
//   - A record is one tick: what is written by one Commit, wholly there or wholly
//     absent for ever. Its number is one above the record before.
//   - A frame is one relation's part of a tick, or an entry. The log reads neither
//     kinds nor bodies.
//   - A segment is a preallocated file. Segments are numbered without gaps; those
//     before the end of the log are live, those behind it are spares. A live segment
//     whose records are all trimmed becomes the last spare by a rename: its old blocks
//     stay in it.
//   - A block is 512 bytes, what a disk writes whole. A record is a run of blocks and
//     begins a new one; it may run over several segments.
//   - A block is old when it is zero or has a valid checksum and the number of a record
//     before the one that is looked for: it has not been written yet.
//
// # The format, 1 (little-endian)
//
// Segment file `0123456789abcdef.seg` (its number in hex). Block 0:
//
//	0 magic "MLRLOG\r\n" · 8 format u32 · 12 CRC-32C u32 of the block with this field
//	zero · 16 blocks in the file u32 · 20 zero · 24 identity of the log u64 · 32 number
//	of the record before the log's first u64 · 40 zero
//
// It does not change when a segment is recycled. Every other block:
//
//	0 CRC-32C u32 of the rest · 4 blocks in the record u32 · 8 record number u64 ·
//	16 index in the record u32 · 20 flags u8 · 21 zero · 24 payload [488]
//
// Flags: 1 relaxed, the record was acknowledged after its write, before its sync;
// 2 floating, when it was written an earlier record was not known to be durable.
// The payloads of a record, one after the other:
//
//	0 chain value of the record before u64 · 8 length of the frames u64 · 16 number of
//	frames u32 · 20 zero · 24 frames, each: kind u8, zero [3], length of body u32, body,
//	zeros up to a multiple of 8 · zeros up to the end of the block
//
// The chain value of a record is [chain] over its blocks, of the log's begin its
// identity: two histories that differ in a record never join again.
//
// # How the end is found
//
// [Open] reads every live block. A bad checksum, or an old block, in a record that was
// acknowledged is XX001 with file and offset. Only what may be a record that was never
// acknowledged is cut: the last one, when some of its blocks are old and none is bad;
// with syncing off, everything from the first old block on, unless a block behind it
// proves that it was durable: one of a later record that is not floating. What is cut
// is overwritten with zeros, durably, before anything is written behind it, so a record
// number is never in two histories. A bit flipped in a block that no record has reached
// does no harm and is overwritten in the same way.
//
// # Failures
//
// A write or sync that failed is never retried: the log stops, and every later call
// that writes returns an error that wraps [ErrStopped]. What was in flight may or may
// not be found when the log is opened again. A full disk is seen before anything is
// written, as 53100 ([Segments.Reserve]).
//
// # How it is used
//
// Start: lock the data folder, read the manifest (checkpoint at tick T with chain value
// C), [Open] with Create where there is no manifest, Read from T+1; the first record's
// Prev, or Tip's value when there is none, must be C. A tick: Reserve, resolve, Commit
// behind the last number, apply, publish. A checkpoint at tick T: Sync, write its files,
// swap the manifest, Trim up to T; on 53100 ReleaseBallast first.
package log
