package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"time"

	"github.com/millracedb/millrace/tests/process"
)

// queries are what is measured. Their answers are small, so that nobody's client counts.
var queries = []struct{ name, sql string }{
	{"few_groups", "SELECT few, count(*), sum(v) FROM facts GROUP BY few ORDER BY few"},
	{"text_groups", "SELECT city, count(*), sum(v) FROM facts GROUP BY city ORDER BY city"},
	{"many_groups", "SELECT count(*), max(n), max(s) FROM (SELECT many, count(*) AS n, sum(v) AS s FROM facts GROUP BY many) AS g"},
	{"join", "SELECT d.class, count(*), sum(f.v) FROM facts AS f JOIN dim AS d ON f.dim = d.id GROUP BY d.class ORDER BY d.class"},
	{"distinct", "SELECT count(*) FROM (SELECT DISTINCT many FROM facts) AS g"},
	{"filter", "SELECT count(*), sum(v) FROM facts WHERE v < 100000 AND few = 7"},
	{"top_n", "SELECT v, id FROM facts ORDER BY v DESC, id LIMIT 10"},
}

// engine is one of the two.
type engine interface {
	// query carries out a statement and returns its rows and the processor time it took.
	query(ctx context.Context, sql string) (rows []string, took time.Duration, err error)
	close()
}

func main() {
	rows := flag.Int("rows", 10_000_000, "rows of the greater table")
	rounds := flag.Int("rounds", 3, "how often each query has its turn")
	binary := flag.String("server", "bin/millrace", "the binary of Millrace")
	duckdb := flag.String("duckdb", "bin/duckdb", "where DuckDB lies or is installed; empty: without it")
	only := flag.String("only", "", "a regular expression: which queries")
	flag.Parse()
	err := measure(context.Background(), *rows, *rounds, *binary, *duckdb, *only)
	process.Clean()
	if err != nil {
		fmt.Fprintln(os.Stderr, "adhoc:", err)
		os.Exit(1)
	}
}

func measure(ctx context.Context, rows, rounds int, binary, duckdb, only string) error {
	chosen, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	m, err := startMillrace(ctx, binary)
	if err != nil {
		return err
	}
	defer m.close()
	engines := []engine{m}
	if duckdb != "" {
		d, err := startDuck(duckdb)
		if err != nil {
			return err
		}
		defer d.close()
		engines = append(engines, d)
	}
	for _, e := range engines {
		if err := load(ctx, e, rows); err != nil {
			return err
		}
	}
	for _, q := range queries {
		if !chosen.MatchString(q.name) {
			continue
		}
		if err := inTurns(ctx, engines, rounds, q.name, q.sql); err != nil {
			return fmt.Errorf("%s: %w", q.name, err)
		}
	}
	return nil
}

// inTurns measures a query and prints the best of the rounds.
func inTurns(ctx context.Context, engines []engine, rounds int, name, sql string) error {
	best := make([]time.Duration, len(engines))
	var answer []string
	for round := range rounds {
		for i, e := range engines {
			rows, took, err := repeated(ctx, e, sql)
			if err != nil {
				return err
			}
			if answer == nil {
				answer = rows
			}
			if !slices.Equal(rows, answer) {
				return fmt.Errorf("the answers differ: %q and %q", answer, rows)
			}
			if round == 0 || took < best[i] {
				best[i] = took
			}
		}
	}
	fmt.Printf("%s.millrace_ms=%.3g\n", name, 1000*best[0].Seconds())
	if len(best) > 1 {
		fmt.Printf("%s.duckdb_ms=%.3g\n%s.ratio=%.3g\n", name, 1000*best[1].Seconds(), name, best[1].Seconds()/best[0].Seconds())
	}
	return nil
}

// enough is the processor time that is measured at once: the system counts it in hundredths of a second.
const enough = 300 * time.Millisecond

// repeated asks a query again and again, and returns its rows and the processor time it took on average.
func repeated(ctx context.Context, e engine, sql string) (rows []string, took time.Duration, err error) {
	times := time.Duration(0)
	for took < enough && times < 100 {
		var one time.Duration
		if rows, one, err = e.query(ctx, sql); err != nil {
			return nil, 0, err
		}
		took, times = took+one, times+1
	}
	return rows, took / times, nil
}

// load makes the tables: the rows are spread so that neighbours differ.
func load(ctx context.Context, e engine, rows int) error {
	statements := []string{
		"CREATE TABLE dim (id bigint, class bigint)",
		"INSERT INTO dim SELECT i, i % 25 FROM generate_series(0::bigint, 9999::bigint) AS t(i)",
		"CREATE TABLE facts (id bigint, few bigint, many bigint, dim bigint, v bigint, city text)",
	}
	const chunk = 500_000
	for from := 0; from < rows; from += chunk {
		statements = append(statements, fmt.Sprintf("INSERT INTO facts SELECT i, i * 7919 %% 100, i * 48271 %% %d, i * 69621 %% 10000, i * 16807 %% 10000019, "+
			"'city number ' || (i * 31 %% 50) FROM generate_series(%d::bigint, %d::bigint) AS t(i)", max(rows/10, 1), from, min(from+chunk, rows)-1))
	}
	for _, sql := range statements {
		if _, _, err := e.query(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}
