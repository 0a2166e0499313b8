//go:build !unix

package wire

// Alive reports whether the client is still there; this system tells it only by a failing
// read or write.
func (c *Conn) Alive() bool { return true }
