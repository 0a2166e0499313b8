//go:build !invariants

package state

// poison: freed slots and rows keep their contents until they are used again.
const poison = false

// minGeneration is the rows below which no new generation is begun.
const minGeneration = 4096
