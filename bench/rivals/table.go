package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// section is the text of RESULTS.md.
func section(records []*record, processor string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# What `make rivals` measured\n\n%s, %d cores; Apache Flink %s with state on the heap, Feldera's engine dbsp %s. ",
		processor, runtime.NumCPU(), pinnedIn("bench/rivals/flink/setup.sh"), pinnedIn("bench/rivals/feldera/Cargo.toml"))
	b.WriteString("One worker each, the process on one processor, the events made beforehand; the median where a query was measured more than once. " +
		"Every row's engines gave the same answer over 50,000 events. `bench/rivals/README.md` says what is unfair to whom.\n")
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

// table shows a rate of each engine, and how many times it Millrace makes.
func table(records []*record, rate func(measure) float64) string {
	var shown []*engine
	for _, e := range engines {
		for _, r := range records {
			if len(r.Measures[e.name]) > 0 {
				shown = append(shown, e)
				break
			}
		}
	}
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
	row := []string{r.Query, fmt.Sprintf("%.3g M", float64(r.Events)/1e6)}
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
