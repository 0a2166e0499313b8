//go:build !linux

package server

import "golang.org/x/sys/unix"

const hangup = unix.POLLHUP
