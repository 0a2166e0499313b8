//go:build unix && !linux

package wire

import (
	"errors"
	"syscall"
)

// Alive reports whether the client is still there, as far as can be told without waiting:
// false once it has closed or reset the connection and left nothing unread. Any goroutine
// may call it, also while a statement is executed.
func (c *Conn) Alive() bool {
	s, ok := c.raw.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return false
	}
	alive := true
	err = raw.Control(func(fd uintptr) {
		var b [1]byte
		n, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		switch {
		case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EINTR):
		case err != nil:
			alive = false
		default:
			alive = n > 0
		}
	})
	return alive && err == nil
}
