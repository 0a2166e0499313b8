//go:build !linux

package pool

// adviseHuge does nothing: this system decides by itself.
func adviseHuge([]byte) {}

// faultIn does nothing: the first touch pays.
func faultIn([]byte) {}
