// Package checkpoint writes the pages of a pool to files and reads them back: operator
// state as of a tick, so that recovery need only replay the log after it.
//
// A checkpoint is taken between two ticks. Pages written since the last one are
// compressed and appended to new page files; then the manifest, which names every page's
// place and carries opaque sections (the headers of the states, the catalog, horizons,
// the hash seed), replaces the last one in one atomic step. A crash at any moment leaves
// the old checkpoint or the new one. A page file of which less than half is still live is
// written anew by the next checkpoint, and files that no manifest names are removed.
//
// Restoring: Load fills a new pool with the pages, each state claims its chunks
// (state.RowTable.Restore and its like), then pool.Sweep frees the rest.
//
// Everything is under CRC-32C. What is not as it was written is an error of SQLSTATE
// XX001 that names the file and the offset, never a wrong answer.
package checkpoint
