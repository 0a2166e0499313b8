package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"

	"github.com/millracedb/millrace/cmd/millrace/internal/nexbench"
	"github.com/millracedb/millrace/connect/nexmark"
)

// benchCommand measures the engine.
type benchCommand struct {
	Nexmark   nexmarkCommand   `cmd:"" help:"Run Nexmark queries through parser, planner and engine."`
	Operators operatorsCommand `cmd:"" help:"Measure what a row costs single operators, by the number of keys."`
	Models    modelsCommand    `cmd:"" help:"Measure how many rows a second models answer."`
}

var _ = command("bench", "Measure the engine.", &benchCommand{})

type nexmarkCommand struct {
	Query   string `help:"The query, or several with commas." default:"q0,q3,q4,q5,q6,q7,q8,q9,q11,q12,q13,q15,q16,q17,q18,q19,q20,q23"`
	Events  int64  `help:"How many events." default:"20000000"`
	Rate    int64  `help:"Events a second of event time." default:"10000"`
	Sink    string `help:"discard, view or both." default:"both" enum:"discard,view,both"`
	Workers int    `help:"How many workers share a step." default:"1"`
	Warm    int64  `help:"MB of memory to fault in for state before the clock starts." default:"0"`
	Write   string `help:"Write the events to this file, one a line, for other engines to read; nothing is run."`
	Digest  bool   `help:"Print how many rows the answer has and a digest of them, which other engines can make too, instead of figures."`
	Profile string `help:"Write a CPU profile to this file."`
}

// Run prints one line a query and sink.
func (c *nexmarkCommand) Run(p *process) error {
	if c.Write != "" {
		return c.write()
	}
	runtime.GOMAXPROCS(max(1, c.Workers))
	debug.SetGCPercent(400)
	if c.Profile != "" {
		f, err := os.Create(c.Profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	for q := range strings.SplitSeq(c.Query, ",") {
		for _, sink := range []string{"discard", "view"} {
			if c.Sink != "both" && c.Sink != sink || c.Digest && sink == "view" {
				continue
			}
			r, err := nexbench.Run(nexbench.Options{Query: q, Events: c.Events, Rate: c.Rate, View: sink == "view", Workers: c.Workers, Warm: c.Warm << 20, Digest: c.Digest})
			if err != nil {
				return fmt.Errorf("%s: %w", q, err)
			}
			fmt.Fprintln(p.Out, r)
		}
	}
	return nil
}

// write writes the events that a run would be fed with.
func (c *nexmarkCommand) write() error {
	f, err := os.Create(c.Write)
	if err != nil {
		return err
	}
	err = nexmark.New(nexmark.Config{Rate: c.Rate}).WriteLines(f, 0, c.Events)
	return errors.Join(err, f.Close())
}

type operatorsCommand struct {
	Keys []int64 `help:"How many keys an operator remembers." default:"100000,1000000,10000000"`
	Rows int64   `help:"How many rows are measured." default:"2000000"`
}

// Run prints a line for each operator and number of keys, and one for a row that comes alone.
func (c *operatorsCommand) Run(p *process) error {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	measure := func(name string, keys, step, rows int64) error {
		cost, err := nexbench.Operator(name, keys, step, rows)
		if err == nil {
			fmt.Fprintln(p.Out, cost)
		}
		return err
	}
	for _, name := range []string{"aggregate", "join", "top-n"} {
		for _, keys := range c.Keys {
			if err := measure(name, keys, min(c.Rows, 16_000), c.Rows); err != nil {
				return err
			}
		}
	}
	return measure("four", c.Keys[0], 1, max(1, c.Rows/40))
}
