// Package long works on strings of bytes that may be as long as a gigabyte, a piece at a time. The
// runtime stops no goroutine within a copy, within a slice's growth or within a block of a digest,
// nor between two of them where no function is called; and whatever else runs then waits, a
// request to cancel the statement included, as soon as the world is to be stopped.
package long
