// Package table keeps the rows of one relation (a table, a stream or a view's contents)
// as versions: a row is born at a tick, dies at a tick, and is never changed in between.
//
// The nouns:
//
//   - Store: one relation's versions, read by At (the contents as of a tick), Changes
//     (what happened in a span of ticks), Lookup (by an index) and Count.
//   - segment: up to 64K versions in order of arrival. The open one is plain vectors of a
//     fixed capacity, written by appending only; a sealed one is encoded by column.
//   - Ref: where a version lies, valid until the next Apply or Maintain.
//   - index: a hash table that readers probe while the tick writes.
//   - Pins: which ticks somebody still reads; the oldest is the horizon. Versions dead at or
//     before the horizon may go.
//
// The invariants:
//
//   - One goroutine writes: that of the tick. Readers never block it and are never blocked:
//     what they see is decided by the tick number that they bring. A version is visible at T
//     when its birth is at most T and its death is open or after T.
//   - Nothing is published per relation. A segment's length is stored atomically after its
//     rows and births; deaths are single atomic words; lists, index pages and encodings are
//     replaced by an atomic pointer, and an old one stays right for the readers that hold it.
//   - Births never descend along the slots of a segment, nor from segment to segment, so the
//     rows visible at T are a prefix of each segment less its dead.
//   - The floor is raised before anything that older readers need is let go. Every read looks
//     at the floor after it has collected its rows: so it answers for its tick, or it says
//     ErrSnapshotTooOld, and nothing in between.
package table
