package wire

import "golang.org/x/sys/unix"

// stillOpen reports that the other end of a socket has neither closed nor reset it.
func stillOpen(fd int) bool {
	p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
	n, err := unix.Poll(p, 0)
	return err != nil || n == 0
}
