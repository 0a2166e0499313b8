package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/millracedb/millrace/examples/flights"
)

// contents are the rows of a relation as text, sorted: a bag that can be compared.
type contents []string

// read answers the rows of query, its fields with " | " between.
func (d *demo) read(ctx context.Context, query string) (contents, error) {
	results, err := d.conn.PgConn().Exec(ctx, query).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%w\nin %s", err, query)
	}
	rows := contents{}
	for _, r := range results {
		for _, row := range r.Rows {
			fields := make([]string, len(row))
			for i, v := range row {
				fields[i] = string(v)
				if v == nil {
					fields[i] = "∅"
				}
			}
			rows = append(rows, strings.Join(fields, " | "))
		}
	}
	slices.Sort(rows)
	return rows, nil
}

// difference is what a has and b has not, as bags.
func difference(a, b contents) (only contents) {
	j := 0
	for _, row := range a {
		for j < len(b) && b[j] < row {
			j++
		}
		if j < len(b) && b[j] == row {
			j++
			continue
		}
		only = append(only, row)
	}
	return only
}

// correct carries out corrections.sql and shows which rows of which views changed.
func (d *demo) correct(ctx context.Context) error {
	text, err := fs.ReadFile(flights.Files, "corrections.sql")
	if err != nil {
		return err
	}
	fmt.Fprint(d.Out, "\nNow two rows of tables are corrected. The views follow:\n")
	before, err := d.all(ctx)
	if err != nil {
		return err
	}
	for _, s := range statements(string(text)) {
		results, err := d.conn.PgConn().Exec(ctx, s).ReadAll()
		if err != nil {
			return fmt.Errorf("corrections.sql: %w", explained(err, s))
		}
		tag := results[0].CommandTag
		fmt.Fprintf(d.Out, "\n%s\n%s\n", s, tag)
		after, err := d.all(ctx)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 1 && !d.changes(before, after) {
			return errors.New("no view followed the correction")
		}
		before = after
	}
	return nil
}

// all are the contents of every view.
func (d *demo) all(ctx context.Context) ([]contents, error) {
	every := make([]contents, len(d.views))
	for i, v := range d.views {
		var err error
		if every[i], err = d.read(ctx, "SELECT * FROM "+v.name); err != nil {
			return nil, err
		}
	}
	return every, nil
}

// shownChanges is how many rows that left a view, and how many that came, are printed.
const shownChanges = 4

// changes prints the first rows that left and came, and answers whether there were any.
func (d *demo) changes(before, after []contents) (any bool) {
	for i, v := range d.views {
		gone, came := difference(before[i], after[i]), difference(after[i], before[i])
		if len(gone)+len(came) == 0 {
			continue
		}
		any = true
		fmt.Fprintf(d.Out, "  %s\n", v.name)
		for _, row := range first(gone, shownChanges) {
			fmt.Fprintf(d.Out, "    - %s\n", row)
		}
		for _, row := range first(came, shownChanges) {
			fmt.Fprintf(d.Out, "    + %s\n", row)
		}
		if more := max(len(gone), len(came)) - shownChanges; more > 0 {
			fmt.Fprintf(d.Out, "    and %d more\n", more)
		}
	}
	return any
}

// check compares every view with its own query, both read in one transaction, hence at one
// instant.
func (d *demo) check(ctx context.Context) error {
	fmt.Fprintln(d.Out, "\nIs every view what its query says now?")
	if _, err := d.conn.PgConn().Exec(ctx, "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ").ReadAll(); err != nil {
		return err
	}
	wrong := 0
	for _, v := range d.views {
		shown, err := d.read(ctx, "SELECT * FROM "+v.name)
		if err != nil {
			return err
		}
		asked, err := d.read(ctx, v.query)
		if err != nil {
			return err
		}
		if !slices.Equal(shown, asked) {
			wrong++
			fmt.Fprintf(d.Out, "  %-20s DIFFERS: %d rows, its query has %d\n", v.name, len(shown), len(asked))
			for _, row := range first(difference(shown, asked), 3) {
				fmt.Fprintf(d.Out, "    only in the view:  %s\n", row)
			}
			for _, row := range first(difference(asked, shown), 3) {
				fmt.Fprintf(d.Out, "    only in the query: %s\n", row)
			}
			continue
		}
		fmt.Fprintf(d.Out, "  %-20s yes, all %s rows\n", v.name, group(int64(len(shown))))
	}
	if _, err := d.conn.PgConn().Exec(ctx, "COMMIT").ReadAll(); err != nil {
		return err
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d views differ from their queries", wrong, len(d.views))
	}
	_, err := fmt.Fprintf(d.Out, "Every view equals its query.\n")
	return err
}

func first(rows contents, n int) contents { return rows[:min(n, len(rows))] }
