package config

import "golang.org/x/sys/unix"

// systemMemory asks the kernel, for there is no /proc here.
func systemMemory() (int64, bool) {
	n, err := unix.SysctlUint64("hw.memsize")
	return int64(n), err == nil && n > 0 && n < 1<<62
}
