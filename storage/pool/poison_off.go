//go:build !invariants

package pool

// poison: freed memory keeps its contents until it is used again.
const poison = false
