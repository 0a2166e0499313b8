package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"

	"github.com/millracedb/millrace/cmd/millrace/internal/nexbench"
)

// benchCommand measures the engine.
type benchCommand struct {
	Nexmark nexmarkCommand `cmd:"" help:"Run Nexmark queries through parser, planner and engine."`
}

var _ = command("bench", "Measure the engine.", &benchCommand{})

type nexmarkCommand struct {
	Query   string `help:"The query, or several with commas." default:"q0,q3,q4,q5,q6,q7,q8,q9,q11,q12,q13,q15,q16,q17,q18,q19,q20,q23"`
	Events  int64  `help:"How many events." default:"20000000"`
	Rate    int64  `help:"Events a second of event time." default:"10000"`
	Sink    string `help:"discard, view or both." default:"both" enum:"discard,view,both"`
	Workers int    `help:"How many workers share a step." default:"1"`
	Profile string `help:"Write a CPU profile to this file."`
}

// Run prints one line a query and sink.
func (c *nexmarkCommand) Run(p *process) error {
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
			if c.Sink != "both" && c.Sink != sink {
				continue
			}
			r, err := nexbench.Run(nexbench.Options{Query: q, Events: c.Events, Rate: c.Rate, View: sink == "view", Workers: c.Workers})
			if err != nil {
				return fmt.Errorf("%s: %w", q, err)
			}
			fmt.Fprintln(p.Out, r)
		}
	}
	return nil
}
