package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"regexp"
	"time"

	"github.com/millracedb/millrace/tests/process"
)

// bench is what all measures share.
type bench struct {
	binary   string
	postgres string        // its address; "": there is none
	seconds  time.Duration // of a step
	rounds   int
	rows     int64 // of the tables that are read
	events   int64 // Nexmark events, of which 92 % are bids
}

// measures are done in this order.
var measures = []struct {
	name string
	run  func(*bench, context.Context) error
}{
	{"empty", (*bench).empty},
	{"point", (*bench).point},
	{"insert", (*bench).insert},
	{"copy", (*bench).copies},
	{"subscribe", (*bench).subscribe},
	{"scans", (*bench).scans},
	{"fill", (*bench).fill},
	{"views", (*bench).views},
	{"scores", (*bench).scores},
}

func main() {
	b := &bench{}
	flag.StringVar(&b.binary, "server", "", "the binary of Millrace; empty: it is built")
	flag.StringVar(&b.postgres, "postgres", os.Getenv("MILLRACE_POSTGRES"), "the address of a PostgreSQL 15")
	flag.DurationVar(&b.seconds, "time", 4*time.Second, "how long a step is measured")
	flag.IntVar(&b.rounds, "rounds", 3, "how often each server has its turn")
	flag.Int64Var(&b.rows, "rows", 200_000, "rows of the tables that are read")
	flag.Int64Var(&b.events, "events", 1_000_000, "Nexmark events of which the bids are copied")
	only := flag.String("only", "", "a regular expression: which measures")
	flag.Parse()
	chosen, err := regexp.Compile(*only)
	for _, m := range measures {
		if err == nil && chosen.MatchString(m.name) {
			if err = b.watched(context.Background(), m.name, m.run); err != nil {
				err = fmt.Errorf("%s: %w", m.name, err)
			}
		}
	}
	process.Clean()
	if err != nil {
		fmt.Fprintln(os.Stderr, "wire:", err)
		os.Exit(1)
	}
}

// watched runs a measure and says how much of the machine nobody used meanwhile.
func (b *bench) watched(ctx context.Context, name string, run func(*bench, context.Context) error) error {
	before, began := idleCPU(), time.Now()
	err := run(b, ctx)
	if wall := time.Since(began); wall > 0 && before >= 0 {
		put(name+".idle_cores", (idleCPU()-before).Seconds()/wall.Seconds())
	}
	return err
}

// put prints a line.
func put(name string, value any) {
	switch v := value.(type) {
	case float64:
		fmt.Printf("%s=%.4g\n", name, v)
	case time.Duration:
		fmt.Printf("%s=%.4g\n", name, float64(v)/float64(time.Microsecond))
	default:
		fmt.Printf("%s=%v\n", name, v)
	}
}
