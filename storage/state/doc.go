// Package state is what operators remember between steps: hash tables of fixed rows
// (RowTable), rows and weights by key (Arrangement), a table a window (Panes) and ordered
// bytes (Ordered). All of it lies in the chunks of a pool.Pool and holds page numbers and
// offsets, never pointers, so that a checkpoint is a copy of pages and a restored state is
// identical.
//
// Calls take batches: key vectors in canonical form (col.CanonicalOf), dense, up to
// col.StepRows of them, with their hashes by the database's one seed (col.Seed.Keys).
// Part of the format are these bits of a hash: 63-58 the vnode, 63-60 the shard, 57-26
// what a slot keeps. Of those 32 the directory takes its bits from the top and the home
// position is the low 13 (the low 9 while the only page of slots is 4 KB).
//
// A state starts with two pages of 4 KB and grows by itself; Maintain, between ticks,
// splits a table beyond 64K rows into 16 shards. Every write marks its pages first.
// What is deleted in a step is used again only after it (pool.EndStep): addresses and
// views of it stay readable until then.
//
// A state belongs to one goroutine at a time. Nothing here fails for want of memory in
// a tick (pool.Owner); errors are defects or corrupt pages.
package state
