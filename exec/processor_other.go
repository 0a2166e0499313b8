//go:build !linux

package exec

import "runtime"

// yield lets another goroutine that waits for the processor have it.
func yield() { runtime.Gosched() }

// processor is the number of the processor that runs the caller; here nobody says.
func processor() int32 { return -1 }

// leave moves the caller's thread to another processor; here it cannot be asked for.
func leave(int32) {}
