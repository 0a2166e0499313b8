package server

import "golang.org/x/sys/unix"

const hangup = unix.POLLRDHUP // asked for, or the other end's farewell is not told
