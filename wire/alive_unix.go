//go:build unix

package wire

import "syscall"

// Alive reports whether the client is still there, as far as can be told without waiting:
// false once it has closed or reset the connection; on Linux whatever it sent before and
// nobody has read yet, elsewhere only if it left nothing unread. Any goroutine may call it,
// also while a statement is executed.
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
	err = raw.Control(func(fd uintptr) { alive = stillOpen(int(fd)) })
	return alive && err == nil
}
