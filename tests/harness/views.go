package harness

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// CheckViews compares every materialized view without history with its own query, asked
// now with the view's schema first in the
// search path, and in its time zone, and says what is different. Rows that the view could not compute are left out of
// the query too.
func CheckViews(ctx context.Context, c *pgconn.PgConn) (differences []string, err error) {
	views, err := table(ctx, c, `SET on_row_error = 'skip';
		SELECT '"' || schema || '"."' || name || '"', 'SET search_path = "' || schema || '", public; ' || definition, coalesce(time_zone, 'UTC') FROM millrace.views WHERE kind LIKE 'materialized%' AND NOT history ORDER BY oid`)
	if err != nil {
		return nil, err
	}
	for _, v := range views {
		zone := "SET TIME ZONE '" + v[2] + "'; "
		name, query := v[0], zone+strings.TrimRight(v[1], "; \n")
		has, err := lines(ctx, c, zone+"SELECT * FROM "+name)
		if err != nil {
			return nil, fmt.Errorf("reading view %s: %w", name, err)
		}
		wants, err := lines(ctx, c, query)
		if err != nil {
			return nil, fmt.Errorf("asking the query of view %s: %w", name, err)
		}
		if !slices.Equal(has, wants) {
			differences = append(differences, fmt.Sprintf("view %s holds\n%sbut its query says\n%s", name, indent(strings.Join(has, "")), indent(strings.Join(wants, ""))))
		}
	}
	return differences, nil
}

// table reads a result whose values are not NULL.
func table(ctx context.Context, c *pgconn.PgConn, sql string) (rows [][]string, err error) {
	results, err := c.Exec(ctx, sql).ReadAll()
	if err != nil {
		return nil, err
	}
	for _, r := range results[len(results)-1].Rows {
		row := make([]string, len(r))
		for i, v := range r {
			row[i] = string(v)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// lines are the rows of a result as they are printed, sorted.
func lines(ctx context.Context, c *pgconn.PgConn, sql string) (rows []string, err error) {
	results, err := c.Exec(ctx, sql).ReadAll()
	if err != nil {
		return nil, err
	}
	for _, r := range results[len(results)-1].Rows {
		rows = append(rows, line(r))
	}
	slices.Sort(rows)
	return rows, nil
}
