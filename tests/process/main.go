package process

import (
	"os"
	"strconv"
	"testing"
)

// Main is a TestMain that removes at the end what [Build] made.
func Main(m *testing.M) {
	status := m.Run()
	Clean()
	os.Exit(status)
}

// Setting reads a number of the environment: a seed, or how long a test goes on.
func Setting(t *testing.T, name string, otherwise uint64) uint64 {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}
