//go:build invariants

package state

// poison: freed slots and rows are scribbled over, so that a stale view shows.
const poison = true
