package wire

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// Alive reports whether the client is still there, as far as can be told without waiting:
// false once it has closed or reset the connection, whatever it sent before and nobody has
// read yet. Any goroutine may call it, also while a statement is executed.
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
		p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
		n, err := unix.Poll(p, 0)
		alive = err != nil || n == 0
	})
	return alive && err == nil
}
