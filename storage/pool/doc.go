// Package pool is the off-heap memory of operator state: chunks of one reserved address
// range, which the garbage collector never sees and whose pages know whether they were
// written since the last checkpoint.
//
// Its nouns:
//
//   - A page is 4 KB: the unit of the dirty bit, of the checkpoint and of reading back.
//     Pages are numbered from the start of the range; page 0 is never handed out, so that
//     0 means "none" everywhere.
//   - A frame is 2 MB of the range, one huge page. The frame's number is the arena number
//     of a string view (col.Str), and Arenas is the table those views lead through.
//   - A Chunk is what Alloc hands out: a power-of-two run of pages inside a frame, named
//     by its first page's number. An extent is a run of whole frames, for long values.
//   - An Owner is who pays: a view, a query or a session.
//
// Invariants: memory never moves and holds no Go pointers, only page numbers and offsets,
// so it can be written to a file and read back elsewhere. Contents of a new chunk are
// undefined. Who writes into a chunk marks the pages first (Mark). What is freed is used
// again only after the step of its owner ends (EndStep), so that views of it stay good
// for the rest of the step.
//
// Memory comes ahead of need: the frames that are next are made accessible and faulted in by
// goroutines of the pool's, without its lock, so that neither a tick nor who allocates beside it
// waits for a system that gives memory slowly (warm.go).
package pool
