package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"time"
)

// record is what a query came to in one run.
type record struct {
	Query        string
	Events, Rate int64
	At           time.Time // of the beginning
	Load         string    // of the machine then
	Repeats      int
	Pinned       bool
	Rows         string // of the answer over the events that the answers were compared on
	// Measures are the engines', by name.
	Measures map[string][]measure
}

func (r *record) add(e *engine, m measure) {
	if r.Measures == nil {
		r.Measures = map[string][]measure{}
	}
	r.Measures[e.name] = append(r.Measures[e.name], m)
}

// median is the middle one of an engine's rates; 0 when there is none.
func (r *record) median(engine string, rate func(measure) float64) float64 {
	var rates []float64
	for _, m := range r.Measures[engine] {
		rates = append(rates, rate(m))
	}
	if len(rates) == 0 {
		return 0
	}
	slices.Sort(rates)
	return rates[len(rates)/2]
}

// kept are the records of all runs, one a query.
type kept struct {
	file    string
	Records []*record
}

func load(file string) (*kept, error) {
	k := &kept{file: file}
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return k, nil
	}
	if err != nil {
		return nil, err
	}
	return k, json.Unmarshal(b, k)
}

// has tells whether a query over these events is measured on all of the engines.
func (k *kept) has(query string, ev events, on []*engine) bool {
	return slices.ContainsFunc(k.Records, func(r *record) bool {
		missing := slices.ContainsFunc(on, func(e *engine) bool { return len(r.Measures[e.name]) == 0 })
		return r.Query == query && r.Events == ev.n && r.Rate == ev.rate && !missing
	})
}

// keep puts a record in the place of the query's former one and writes all.
func (k *kept) keep(r *record) error {
	k.Records = slices.DeleteFunc(k.Records, func(old *record) bool { return old.Query == r.Query })
	k.Records = append(k.Records, r)
	slices.SortStableFunc(k.Records, func(a, b *record) int {
		return slices.Index(queries, a.Query) - slices.Index(queries, b.Query)
	})
	b, err := json.MarshalIndent(k, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(k.file, b, 0o644)
}
