// Package results keeps what programs measured in a text file, a section each between marks,
// so that one of them can be run without losing what the others found; and it says what the
// figures are to be read with, the machine and its load.
package results

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
)

// Keep writes text as the section of that name into a file, in place of what the section held
// before or, when there is none yet, at the end.
func Keep(file, name, text string) error {
	old, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	all, err := put(string(old), name, text)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, []byte(all), 0o644)
}

func put(all, name, text string) (string, error) {
	begin, end := "<!-- begin: "+name+" -->\n", "<!-- end: "+name+" -->\n"
	section := begin + "\n" + strings.Trim(text, "\n") + "\n\n" + end
	before, rest, found := strings.Cut(all, begin)
	if !found {
		if all != "" {
			all = strings.TrimRight(all, "\n") + "\n\n"
		}
		return all + section, nil
	}
	_, after, found := strings.Cut(rest, end)
	if !found {
		return "", fmt.Errorf("the section %s has no end", name)
	}
	return before + section + after, nil
}

// Processor is the CPU's name as the system tells it.
func Processor() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(b)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.TrimSpace(strings.TrimLeft(name, " \t:"))
		}
	}
	return runtime.GOARCH
}

// Load is the mean number of runnable processes of the last minute, or "unknown".
func Load() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	word, _, _ := strings.Cut(string(b), " ")
	return word
}
