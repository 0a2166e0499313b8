// Command rivals runs Nexmark queries on Millrace, on Apache Flink SQL and on Feldera's engine,
// in turn, over the same events from Millrace's generator; holds the answers against each other;
// and keeps the ratios in its section of bench/RESULTS.md. bench/rivals/README.md says what is
// measured, and what is unfair to whom.
//
// Its nouns: an [engine] is a system that is measured; the [rig] is what all of them share; a
// [record] is what a query came to in one run. Records are kept in bin/rivals, so that a run
// that ended early, or for the lack of a quiet hour, goes on where it was.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"

	"github.com/millracedb/millrace/bench/results"
)

func main() {
	r := &rig{folder: "bin/rivals", binary: "bin/millrace"}
	out := flag.String("out", "bench/RESULTS.md", "the file whose section the ratios are kept in")
	list := flag.String("query", strings.Join(queries, ","), "the queries")
	names := flag.String("engines", "millrace,flink,feldera", "the engines, of "+strings.Join(engineNames(), ", "))
	count := flag.Int64("events", 2_000_000, "how many events")
	rate := flag.Int64("rate", 10_000, "events a second of event time")
	again := flag.Bool("again", false, "measure what is kept already, too")
	flag.IntVar(&r.repeats, "repeats", 1, "how often an engine is measured; the median counts")
	flag.IntVar(&r.cpu, "cpu", runtime.NumCPU()-1, "the processor that every engine has for itself; -1: any")
	flag.StringVar(&r.heap, "heap", "6g", "the heap of Flink's virtual machine")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := r.choose(*names)
	if err == nil {
		err = run(ctx, r, strings.Split(*list, ","), events{n: *count, rate: *rate}, *again, *out)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "rivals:", err)
		os.Exit(1)
	}
}

// run measures the queries that are not kept yet, writes the section after each, and shows it.
func run(ctx context.Context, r *rig, list []string, ev events, again bool, out string) error {
	kept, err := load(r.path("kept.json"))
	if err != nil {
		return err
	}
	prepared := false
	for _, q := range list {
		if !again && kept.has(q, ev, r.engines) {
			fmt.Printf("%s is kept\n", q)
			continue
		}
		if !prepared {
			if err := r.prepare(ctx, ev); err != nil {
				return err
			}
			prepared = true
		}
		rec, err := r.run(ctx, q, ev)
		if err != nil {
			return fmt.Errorf("%s: %w", q, err)
		}
		if err := kept.keep(rec); err != nil {
			return err
		}
		if err := write(out, kept); err != nil {
			return err
		}
	}
	fmt.Print("\n", table(kept.Records, perCPU))
	return write(out, kept)
}

func write(out string, kept *kept) error {
	return results.Keep(out, "make rivals", section(kept.Records, results.Processor()))
}
