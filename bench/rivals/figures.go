package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// figures are the words key=value of an engine's line.
type figures map[string]string

// read finds the line with that name in what an engine printed.
func read(out, name string) (figures, error) {
	for line := range strings.Lines(out) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] != name {
			continue
		}
		f := figures{}
		for _, w := range words[1:] {
			if key, value, ok := strings.Cut(w, "="); ok {
				f[key] = value
			}
		}
		return f, nil
	}
	return nil, fmt.Errorf("no line of %s in %q", name, out)
}

// measure is what an engine took for so many events.
type measure struct {
	Events  float64
	Seconds float64
	CPU     float64 // seconds of the whole process
}

func (f figures) measure() (m measure, err error) {
	for key, to := range map[string]*float64{"events": &m.Events, "seconds": &m.Seconds, "cpu_seconds": &m.CPU} {
		v, e := strconv.ParseFloat(f[key], 64)
		if e == nil && v <= 0 {
			e = fmt.Errorf("%s=%s is too little to measure: more events", key, f[key])
		}
		*to, err = v, errors.Join(err, e)
	}
	return m, err
}

func perCPU(m measure) float64    { return m.Events / m.CPU }
func perSecond(m measure) float64 { return m.Events / m.Seconds }

// answer is what an engine says of a query.
type answer struct{ engine, rows, digest string }

// agree makes sure that all engines gave the same answer.
func agree(answers []answer) error {
	for _, a := range answers {
		switch first := answers[0]; {
		case a.rows == "" || a.digest == "":
			return fmt.Errorf("%s gave no digest", a.engine)
		case a.rows != first.rows || a.digest != first.digest:
			return fmt.Errorf("the answers differ: %s has %s rows, digest %s; %s has %s rows, digest %s",
				first.engine, first.rows, first.digest, a.engine, a.rows, a.digest)
		}
	}
	return nil
}
