package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// scores inserts a row at a time, durably, into a table whose rows a view scores with a model: the
// row is in the view when the insert is acknowledged. Beside it, the same without a view; and how
// many rows a second a view is filled with.
func (b *bench) scores(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "millrace-models")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if out, err := exec.CommandContext(ctx, b.binary, "bench", "models", "--write", dir).CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	t, err := b.millrace("scores", "--model-folders", dir)
	if err != nil {
		return err
	}
	defer t.close()
	for _, m := range []string{"", "trees-100x32-lightgbm.lightgbm", "trees-1000x64-lightgbm.lightgbm", "logistic-30.linear"} {
		if err := b.scored(ctx, t, m); err != nil {
			return err
		}
	}
	return nil
}

// scored measures one model of a file; none for an empty name.
func (b *bench) scored(ctx context.Context, t *target, file string) error {
	const features = 30
	name := "no_model"
	columns, some := make([]string, features), "id bigint PRIMARY KEY"
	for i := range columns {
		columns[i] = fmt.Sprintf("f%d", i)
		some += ", " + columns[i] + " float8 DEFAULT random()"
	}
	if err := t.run(ctx, "CREATE TABLE bench_events ("+some+")",
		fmt.Sprintf("INSERT INTO bench_events (id) SELECT -i FROM generate_series(1, %d) i", b.rows), "CHECKPOINT"); err != nil {
		return err
	}
	if file != "" {
		format := strings.TrimPrefix(filepath.Ext(file), ".")
		name = strings.NewReplacer("-", "_", "."+format, "").Replace(file)
		if err := t.run(ctx, fmt.Sprintf("CREATE MODEL bench_model FROM '%s' WITH (format = '%s')", file, format)); err != nil {
			return err
		}
		inputs, err := t.number(ctx, "SELECT cardinality(string_to_array(inputs, ',')) FROM millrace.model_versions")
		if err != nil {
			return err
		}
		before := t.cpu()
		if err := t.run(ctx, fmt.Sprintf("CREATE MATERIALIZED VIEW bench_scored AS SELECT id, ml_predict('bench_model', %s) AS score FROM bench_events", strings.Join(columns[:inputs], ", "))); err != nil {
			return err
		}
		put("scores."+name+".filled_rows_per_cpu_s", float64(b.rows)/(t.cpu()-before).Seconds())
	}
	sent := int64(0)
	r, err := closedLoop(ctx, 1, b.seconds,
		func() (*line, error) { return t.open(ctx, "INSERT INTO bench_events (id) VALUES ($1)") },
		func(l *line, _, n int) error { sent++; return l.execute(0, int64(n)) })
	if err != nil {
		return err
	}
	put("scores."+name+".insert.p50_us", r.quantile(0.5))
	put("scores."+name+".insert.p99_us", r.quantile(0.99))
	if file == "" {
		return t.run(ctx, "DROP TABLE bench_events")
	}
	there, err := t.number(ctx, "SELECT count(*) FROM bench_scored WHERE score IS NOT NULL")
	if err == nil && there != sent+b.rows {
		err = fmt.Errorf("%d rows were acknowledged, %d are scored", sent, there-b.rows)
	}
	if err != nil {
		return err
	}
	return t.run(ctx, "DROP TABLE bench_events CASCADE", "DROP MODEL bench_model")
}
