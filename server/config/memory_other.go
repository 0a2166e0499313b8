//go:build !darwin

package config

// systemMemory has no answer where /proc/meminfo has none.
func systemMemory() (int64, bool) { return 0, false }
