package log

import (
	"errors"
	"io"
	"syscall"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/disk"
)

// diskError is what a client is told about a call of the disk that failed, and the
// call's own error.
type diskError struct {
	told  *pgerr.Error
	cause error
}

func (e diskError) Error() string   { return e.told.Message }
func (e diskError) Unwrap() []error { return []error{e.told, e.cause} }

// corrupt is XX001 that names the block where the log is not as it was written.
func corrupt(file string, block uint32, format string, args ...any) error {
	return disk.Corrupt(file, int64(block)*blockSize, format, args...).
		WithHint("Restore a backup, or cut the log there with \"millrace repair --cut\" and lose what follows.")
}

// readError is the error for a read of a segment that did not give all its bytes.
func readError(file string, offset int64, err error) error {
	if errors.Is(err, io.EOF) {
		return corrupt(file, uint32(offset/blockSize), "the file ends there")
	}
	return diskError{pgerr.New(pgerr.IOError, "could not read file %q at offset %d: %v", file, offset, err), err}
}

// allocateError is the error for a segment that could not be made: nothing happened.
func allocateError(file string, err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return diskError{pgerr.New(pgerr.DiskFull, "could not extend the log: %v", err).WithHint("Check free disk space."), err}
	}
	return diskError{pgerr.New(pgerr.IOError, "could not create file %q: %v", file, err), err}
}
