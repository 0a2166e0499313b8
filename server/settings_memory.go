package server

import (
	"math"
	"strconv"
	"strings"

	"github.com/millracedb/millrace/base/pgerr"
)

var _ = define(setting{name: "work_mem", value: "256MB", unit: "kB", check: memory("work_mem", 64), doc: "What a sort, join or grouping of a query keeps in memory before it writes rows to temporary files; at most an eighth of what the query may keep."})
var _ = define(setting{name: "query_memory_limit", value: "0", unit: "kB", check: memory("query_memory_limit", 0), doc: "What a query may keep in memory, then it ends with 53200; 0: half of what the server may use."})

var memoryUnits = []struct {
	name string
	kB   float64
}{{"TB", 1 << 30}, {"GB", 1 << 20}, {"MB", 1 << 10}, {"kB", 1}, {"B", 1.0 / 1024}}

// memory reads a number of kB, or a number with a unit, as PostgreSQL does.
func memory(name string, least int64) func(string) (string, error) {
	return func(v string) (string, error) {
		kB, err := parseMemory(v)
		if err != nil {
			e := badValue(name, v)
			if first := strings.TrimLeft(v, " -"); first == "" || first[0] < '0' || first[0] > '9' {
				return "", e
			}
			return "", e.WithHint("Valid units for this parameter are \"B\", \"kB\", \"MB\", \"GB\", and \"TB\".")
		}
		if kB < least || kB > math.MaxInt32 {
			return "", pgerr.New(pgerr.InvalidParameterValue, "%d kB is outside the valid range for parameter %q (%d .. %d)", kB, name, least, math.MaxInt32)
		}
		return memoryText(kB), nil
	}
}

// memoryText is a number of kB in the greatest unit of which it is a whole number.
func memoryText(kB int64) string {
	for _, u := range memoryUnits[:4] {
		if kB != 0 && kB%int64(u.kB) == 0 {
			return strconv.FormatInt(kB/int64(u.kB), 10) + u.name
		}
	}
	return "0"
}

func parseMemory(v string) (kB int64, err error) {
	v = strings.TrimSpace(v)
	digits, unit := strings.TrimRight(v, "TGMkB"), 1.0
	if word := v[len(digits):]; word != "" {
		unit = 0
		for _, u := range memoryUnits {
			if u.name == word {
				unit = u.kB
			}
		}
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if err != nil || unit == 0 {
		return 0, badValue("memory", v)
	}
	return int64(math.RoundToEven(n * unit)), nil
}

// memorySetting is the value of a setting of memory, in bytes.
func (s *Session) memorySetting(name string) int64 {
	v, _ := s.Setting(name)
	kB, _ := parseMemory(v)
	return kB << 10
}
