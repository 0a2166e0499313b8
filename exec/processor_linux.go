package exec

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// yield lets another thread that waits for the processor have it, of whatever process.
func yield() { _, _, _ = unix.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0) }

// processor is the number of the processor that runs the caller.
func processor() int32 {
	var cpu uint32
	_, _, _ = unix.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&cpu)), 0, 0)
	return int32(cpu)
}

// leave moves the caller's thread to another processor than the one it is on, if there is one
// that it may use. Where it runs afterwards is the system's choice again.
func leave(from int32) {
	runtime.LockOSThread() // else a thread begun meanwhile would be kept from the processor, too
	defer runtime.UnlockOSThread()
	var all, others unix.CPUSet
	if unix.SchedGetaffinity(0, &all) != nil {
		return
	}
	others = all
	if others.Clear(int(from)); others.Count() == 0 || unix.SchedSetaffinity(0, &others) != nil {
		return
	}
	_ = unix.SchedSetaffinity(0, &all)
}
