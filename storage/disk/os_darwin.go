package disk

import (
	"errors"
	"os"
)

// datasync uses os.File's Sync, which asks the drive to empty its cache (F_FULLFSYNC).
func datasync(f *os.File) error { return f.Sync() }

// fallocate has the caller write zeros: F_PREALLOCATE gives room but no length.
func fallocate(f *os.File, _ int64) error {
	return pathError("fallocate", f, errors.ErrUnsupported)
}
