//go:build unix && !linux

package wire

import (
	"errors"
	"syscall"
)

// stillOpen reports that the other end of a socket has neither closed nor reset it, or left
// something to read.
func stillOpen(fd int) bool {
	var b [1]byte
	n, _, err := syscall.Recvfrom(fd, b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EINTR) {
		return true
	}
	return err == nil && n > 0
}
