//go:build !linux

package exec

import "runtime"

// yield lets another goroutine that waits for the processor have it.
func yield() { runtime.Gosched() }
