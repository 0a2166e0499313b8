// Command record runs the benchmarks that make bench names, shows what they print, and keeps
// it in its section of bench/RESULTS.md with the machine and the date. Figures are read as ratios: the load
// of the machine stands beside them.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/millracedb/millrace/bench/results"
	"github.com/millracedb/millrace/connect/nexmark/queries"
)

// divided are the queries that two workers share as well.
var divided = []string{"q3", "q4", "q5", "q7", "q8", "q9", "q18", "q20"}

// warmMB is the memory that queries need for their state, where it is much: it is faulted in
// before the clock starts. A virtual machine may get memory from its host at the first touch
// only, at 5 ms for 2 MB instead of 0.3, and then that is all that a run measures.
var warmMB = map[string]string{"q4": "2000", "q6": "4000", "q9": "4000", "q16": "3000", "q18": "4000", "q19": "6000", "q20": "7000", "q23": "8000"}

// nexmarkRun is the command that measures a query.
func nexmarkRun(query, events string, more ...string) []string {
	warm, much := warmMB[query]
	if !much {
		warm = "500"
	}
	return append([]string{"bin/millrace", "bench", "nexmark", "--query", query, "--events", events, "--warm", warm}, more...)
}

// modelRuns are the commands that measure models, of which the second needs Python with onnxruntime.
func modelRuns() [][]string {
	runs := [][]string{{"bin/millrace", "bench", "models"}}
	dir := os.Getenv("MILLRACE_MODELS")
	if dir == "" {
		dir = "bin/models"
	}
	python := filepath.Join(dir, "venv", "bin", "python")
	if here, err := os.Getwd(); err == nil { // what is recorded names no folder of this machine
		if near, err := filepath.Rel(here, python); err == nil && filepath.IsLocal(near) {
			python = near
		}
	}
	if exec.Command(python, "-c", "import onnxruntime").Run() == nil {
		runs = append(runs, []string{python, "bench/models/speed.py", "bin/millrace"})
	}
	return runs
}

func main() {
	out := flag.String("out", "bench/RESULTS.md", "the file to keep the figures in")
	events := flag.String("events", "20000000", "Nexmark events a query")
	nexmark := flag.Bool("nexmark", true, "measure the Nexmark queries")
	wire := flag.Bool("wire", true, "measure over the wire too")
	adhoc := flag.Bool("adhoc", true, "measure ad hoc queries beside DuckDB too")
	operators := flag.Bool("operators", true, "measure single operators too")
	models := flag.Bool("models", true, "measure how many rows models answer too, beside onnxruntime where make models has installed it")
	durable := flag.Bool("durable", true, "measure Nexmark queries through the log of a database on disk too")
	flag.Parse()
	var runs [][]string // a process each: what one leaves in memory slows the next
	for _, q := range queries.Held {
		viewed := *events
		if q == "q23" { // its rows would take more than the 24 GB that the machine has
			viewed = "4000000"
		}
		runs = append(runs, nexmarkRun(q, *events, "--sink", "discard"), nexmarkRun(q, viewed, "--sink", "view"),
			nexmarkRun(q, *events, "--rate", "1000000", "--sink", "discard"))
	}
	for _, q := range divided {
		runs = append(runs, nexmarkRun(q, *events, "--sink", "discard", "--workers", "2"))
	}
	var err error
	if *nexmark {
		err = record(*out, "make bench", runs)
	}
	if *operators {
		err = errors.Join(err, record(*out, "make bench, operators", [][]string{{"bin/millrace", "bench", "operators"}}))
	}
	if *models {
		err = errors.Join(err, record(*out, "make bench, models", modelRuns()))
	}
	if *durable {
		err = errors.Join(err, record(*out, "make bench, through the log", [][]string{{"go", "test", "./server", "-run", "^$", "-bench", "Durable", "-benchtime", "3x"}}))
	}
	if *wire {
		err = errors.Join(err, record(*out, "make bench, over the wire", [][]string{{"go", "run", "./bench/wire", "--server", "bin/millrace"}}))
	}
	if *adhoc {
		err = errors.Join(err, record(*out, "make bench, ad hoc", [][]string{{"go", "run", "./bench/adhoc"}}))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(1)
	}
}

// record runs the commands and writes a section of the file, also when one of them fails.
func record(file, name string, runs [][]string) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# What `%s` measured\n\n%s, %s, %d cores, %s; load at the start %s.\n", name, time.Now().UTC().Format("2006-01-02 15:04 UTC"), results.Processor(), runtime.NumCPU(), runtime.Version(), results.Load())
	var failed error
	for _, r := range runs {
		fmt.Fprintf(&b, "\n`%s`\n\n```\n", strings.Join(r, " "))
		c := exec.Command(r[0], r[1:]...)
		c.Stdout, c.Stderr = io.MultiWriter(os.Stdout, &b), os.Stderr
		if err := c.Run(); err != nil {
			failed = fmt.Errorf("%s: %w", strings.Join(r, " "), err)
			fmt.Fprintln(&b, "failed:", err)
		}
		b.WriteString("```\n")
	}
	fmt.Fprintf(&b, "\nLoad at the end %s.\n", results.Load())
	return errors.Join(results.Keep(file, name, b.String()), failed)
}
