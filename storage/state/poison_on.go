//go:build invariants

package state

// poison: freed slots and rows are scribbled over, so that a stale view shows.
const poison = true

// minGeneration is the rows below which no new generation is begun: few, so that small
// tests see rows forgotten.
const minGeneration = 2
