package config

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"
)

// LeastMemory is the smallest budget with which a server starts.
const LeastMemory = 64 << 20

// units of sizes. As in PostgreSQL's settings a kilobyte has 1024 bytes, however it is spelt.
var units = map[string]float64{
	"": 1, "b": 1,
	"k": 1 << 10, "kb": 1 << 10, "kib": 1 << 10,
	"m": 1 << 20, "mb": 1 << 20, "mib": 1 << 20,
	"g": 1 << 30, "gb": 1 << 30, "gib": 1 << 30,
	"t": 1 << 40, "tb": 1 << 40, "tib": 1 << 40,
}

// ParseSize reads "4GB", "512 MiB", "1.5g" or a number of bytes.
func ParseSize(s string) (int64, error) {
	trimmed := strings.TrimSpace(s)
	digits := len(trimmed) - len(strings.TrimLeft(trimmed, "0123456789."))
	number, err := strconv.ParseFloat(trimmed[:digits], 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a size such as 4GB, 512MB or 60%%", s)
	}
	unit, ok := units[strings.ToLower(strings.TrimSpace(trimmed[digits:]))]
	if !ok {
		return 0, fmt.Errorf("%q has an unknown unit: the units are B, kB, MB, GB and TB", s)
	}
	bytes := number * unit
	if bytes >= math.MaxInt64 {
		return 0, fmt.Errorf("%q is too much", s)
	}
	return int64(bytes), nil
}

func readMemory(c *Config, v string, root fs.FS) error {
	var n int64
	if part, ok := strings.CutSuffix(strings.TrimSpace(v), "%"); ok {
		percent, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || !(percent > 0 && percent <= 100) {
			return fmt.Errorf("%q is not a part between 0%% and 100%%", v)
		}
		have, err := MachineMemory(root)
		if err != nil {
			return err
		}
		n = int64(float64(have) * percent / 100)
	} else {
		var err error
		if n, err = ParseSize(v); err != nil {
			return err
		}
	}
	if n < LeastMemory {
		return fmt.Errorf("%d bytes are too few: at least %d MB are needed", n, LeastMemory>>20)
	}
	c.Memory = n
	return nil
}

var errUnknownMemory = errors.New("cannot find out how much memory this machine has: give --memory in bytes")

// MachineMemory is the bytes that a process may use: those of the machine, or the least limit
// of the control groups (version 1 and 2) that it is in. root is the machine's root folder.
func MachineMemory(root fs.FS) (int64, error) {
	total, ok := memTotal(root)
	if !ok {
		if total, ok = systemMemory(); !ok {
			return 0, errUnknownMemory
		}
	}
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return total, nil // no control groups here
	}
	for line := range strings.Lines(string(groups)) {
		// "0::/path" is the unified hierarchy, "4:cpu,memory:/path" one of version 1.
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		switch {
		case fields[0] == "0" && fields[1] == "":
			total = min(total, groupLimit(root, "sys/fs/cgroup", fields[2], "memory.max"))
		case hasWord(fields[1], "memory"):
			total = min(total, groupLimit(root, "sys/fs/cgroup/memory", fields[2], "memory.limit_in_bytes"))
		}
	}
	return total, nil
}

// groupLimit is the least limit of a group and of those that it is in. In a container the
// group's own path is often not mounted; then its ancestors that are count.
func groupLimit(root fs.FS, mount, group, name string) int64 {
	least := int64(math.MaxInt64)
	for at := path.Clean("/" + group); ; at = path.Dir(at) {
		if text, err := fs.ReadFile(root, path.Join(mount, at, name)); err == nil {
			// "max" is no number, and no limit.
			if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n > 0 {
				least = min(least, n)
			}
		}
		if at == "/" {
			return least
		}
	}
}

func memTotal(root fs.FS) (int64, bool) {
	text, err := fs.ReadFile(root, "proc/meminfo")
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "MemTotal:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kb << 10, err == nil && kb > 0 && kb < math.MaxInt64>>10
		}
	}
	return 0, false
}

func hasWord(list, word string) bool {
	for w := range strings.SplitSeq(list, ",") {
		if w == word {
			return true
		}
	}
	return false
}
