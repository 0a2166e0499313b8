package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// section is the text of RESULTS.md.
func section(records []*record, processor string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# What `make rivals` measured\n\n%s, %d cores", processor, runtime.NumCPU())
	for _, e := range shown(records) {
		if e.pinnedIn != "" {
			fmt.Fprintf(&b, "; %s %s", e.title, pinnedIn(e.pinnedIn))
		}
	}
	b.WriteString(". One worker each, the process on one processor, the events made beforehand; the median where a query was measured more than once. " +
		"Every row's engines gave the same answer over 50,000 events. `bench/rivals/README.md` says what is unfair to whom. " +
		"A star marks a row that is provisional: fewer than a million events, or a load above 2 when it began.\n")
	b.WriteString("\nM events per second of processor time, which holds on a busy machine too:\n\n" + table(records, perCPU))
	b.WriteString("\nM events per second by the clock, of the same runs, to be read where the load was below 1:\n\n" + table(records, perSecond))
	return b.String()
}

func pinnedIn(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return "of an unknown version"
	}
	return version(string(text))
}

// shown are the engines that something is known of.
func shown(records []*record) (list []*engine) {
	for _, e := range engines {
		if slices.ContainsFunc(records, func(r *record) bool { return len(r.Measures[e.name]) > 0 }) {
			list = append(list, e)
		}
	}
	return list
}

// table shows a rate of each engine, and how many times it Millrace makes.
func table(records []*record, rate func(measure) float64) string {
	shown := shown(records)
	head := []string{"query", "events"}
	for _, e := range shown {
		head = append(head, e.title)
	}
	for _, e := range shown {
		if e != engines[0] {
			head = append(head, "Millrace ÷ "+e.title)
		}
	}
	rows := [][]string{append(head, "runs", "load", "measured")}
	for _, r := range records {
		rows = append(rows, r.row(shown, rate))
	}
	return markdown(rows)
}

func (r *record) row(shown []*engine, rate func(measure) float64) []string {
	name := r.Query
	if r.provisional() {
		name += " *"
	}
	row := []string{name, fmt.Sprintf("%.3g M", float64(r.Events)/1e6)}
	for _, e := range shown {
		row = append(row, figure(r.median(e.name, rate)/1e6))
	}
	own := r.median(engines[0].name, rate)
	for _, e := range shown {
		if other := r.median(e.name, rate); e == engines[0] {
			continue
		} else if other > 0 {
			row = append(row, figure(own/other))
		} else {
			row = append(row, "")
		}
	}
	load := r.Load
	if !r.Pinned {
		load += ", not pinned"
	}
	return append(row, fmt.Sprint(r.Repeats), load, r.At.Format("2006-01-02 15:04"))
}

func (r *record) provisional() bool {
	load, err := strconv.ParseFloat(r.Load, 64)
	return r.Events < 1_000_000 || err != nil || load > 2
}

// figure has three digits; "" is for what was not measured.
func figure(v float64) string {
	switch {
	case v <= 0:
		return ""
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%#.3g", v)
}

// markdown writes rows as a table, the first its head.
func markdown(rows [][]string) string {
	var b strings.Builder
	for i, row := range rows {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			b.WriteString(strings.Repeat("|---", len(row)) + "|\n")
		}
	}
	return b.String()
}
