//go:build !invariants

package state

// poison: freed slots and rows keep their contents until they are used again.
const poison = false
