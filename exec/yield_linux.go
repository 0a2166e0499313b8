package exec

import "golang.org/x/sys/unix"

// yield lets another thread that waits for the processor have it, of whatever process.
func yield() { _, _, _ = unix.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0) }
