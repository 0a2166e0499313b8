package disk

import (
	"fmt"
	"maps"
	"slices"
)

// Calls returns how many calls that change something have been made, failed ones
// included.
func (m *Mem) Calls() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls
}

// CrashAfter lets n more calls that change something happen; the next one, and all
// calls after it, return [ErrCrashed] and change nothing.
func (m *Mem) CrashAfter(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.crashAt = m.calls + n
}

// Crash takes the power away now.
func (m *Mem) Crash() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead = true
}

// Fail lets n more calls that change something happen and the one after them fail,
// once, with err.
func (m *Mem) Fail(n int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failAt, m.failErr = m.calls+n, err
}

// Hook has f decide on every call whether it fails; nil takes the hook away. f runs
// while m is locked and must not call it.
func (m *Mem) Hook(f func(Call) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.hook = f
}

// SetCapacity sets the size of the disk in bytes.
func (m *Mem) SetCapacity(bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.capacity = bytes
}

// FlipBit inverts one bit of a file, on disk and in the cache: bit 0 is the lowest
// bit of the first byte. It panics when the file has no such bit.
func (m *Mem) FlipBit(name string, bit int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f, err := m.find("flip", name)
	if err != nil || bit < 0 || bit/8 >= f.size {
		panic(fmt.Sprintf("no bit %d in file %q", bit, name))
	}
	at, mask := bit/8, byte(1)<<(bit%8)
	f.written(at + 1)[at] ^= mask
	if s := f.dirty[at/SectorSize*SectorSize]; s != nil {
		for i := range s.versions {
			s.versions[i][at%SectorSize] ^= mask
		}
	}
}

// Bytes returns a copy of what a reader of the file would see, nil if there is none.
func (m *Mem) Bytes(name string) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	f, err := m.find(OpRead, name)
	if err != nil {
		return nil
	}
	b := make([]byte, f.size)
	f.read(b, 0)
	return b
}

// Recover takes the power away and returns the data folder as the machine would find
// it when it is started again; m stays dead. Calling it again gives what another
// crash at the same moment could have left. Faults asked for are forgotten.
func (m *Mem) Recover() *Mem {
	c := m.Restart()
	// Some crashes keep nearly everything and some nearly nothing.
	keep := []float64{0, 0.1, 0.5, 0.9, 1}[c.rng.IntN(5)]
	done := map[*memFile]bool{}
	for _, name := range slices.Sorted(maps.Keys(c.dirs)) {
		d := c.dirs[name]
		d.lose(c.rng, keep)
		for _, name := range slices.Sorted(maps.Keys(d.now)) {
			if f := d.now[name]; !done[f] {
				done[f] = true
				f.lose(c.rng, keep)
			}
		}
	}
	return c
}

// Restart kills the process, as kill −9 does, and returns the data folder as the next
// process finds it: every write is seen, and what was not synced is still not safe
// from a crash of the machine. m stays dead. Faults asked for are forgotten.
func (m *Mem) Restart() *Mem {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead = true
	c := NewMem(m.rng.Uint64())
	c.capacity = m.capacity
	files := map[*memFile]*memFile{}
	for name, d := range m.dirs {
		c.dirs[name] = d.clone(files)
	}
	return c
}
