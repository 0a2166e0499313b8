//go:build invariants

package pool

// poison: freed memory is scribbled over, so that a stale view shows.
const poison = true
