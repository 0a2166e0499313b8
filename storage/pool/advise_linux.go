package pool

import "golang.org/x/sys/unix"

// adviseHuge asks for huge pages. Without them everything is only slower.
func adviseHuge(b []byte) { _ = unix.Madvise(b, unix.MADV_HUGEPAGE) }

// faultIn gives memory its pages before they are touched. Where the kernel cannot, the
// first touch does.
func faultIn(b []byte) { _ = unix.Madvise(b, unix.MADV_POPULATE_WRITE) }
