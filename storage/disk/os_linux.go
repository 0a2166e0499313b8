package disk

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// datasync is never retried: after a failure the kernel may have dropped the pages.
func datasync(f *os.File) error {
	return pathError("fdatasync", f, unix.Fdatasync(int(f.Fd())))
}

// fallocate takes room for the first size bytes; it matches [errors.ErrUnsupported]
// on file systems that have no such call.
func fallocate(f *os.File, size int64) error {
	for {
		err := unix.Fallocate(int(f.Fd()), 0, 0, size)
		if !errors.Is(err, unix.EINTR) {
			return pathError("fallocate", f, err)
		}
	}
}
