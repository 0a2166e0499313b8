package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millracedb/millrace/examples/flights"
)

// demo is one showing of the flights: a client of the server like any other.
type demo struct {
	*process
	address string
	data    fs.FS
	speed   float64 // hours of flights a second; 0: no pause

	conn  *pgx.Conn
	views []standing
	show  *screen
}

func (d *demo) url() string { return "postgres://millrace@" + d.address + "/millrace" }

// run carries the showing out, from the schema to the check.
func (d *demo) run(ctx context.Context) (err error) {
	if d.conn, err = pgx.Connect(ctx, d.url()); err != nil {
		return err
	}
	defer func() { _ = d.conn.Close(context.WithoutCancel(ctx)) }()
	hours, err := readHours(d.data)
	if err != nil {
		return err
	}
	if err := d.create(ctx); err != nil {
		return err
	}
	if err := d.stream(ctx, hours); err != nil {
		return err
	}
	if err := d.correct(ctx); err != nil {
		return err
	}
	return d.check(ctx)
}

// create makes the schema, fills the tables, and leaves the views running.
func (d *demo) create(ctx context.Context) error {
	schema, err := d.script(ctx, "schema.sql")
	if err != nil {
		return err
	}
	fmt.Fprintf(d.Out, "schema.sql: %d tables and a stream.", schema-1)
	for _, table := range []string{"airlines", "airports", "planes", "weather"} {
		n, err := d.copyFile(ctx, table)
		if err != nil {
			return err
		}
		fmt.Fprintf(d.Out, " %s %s.", group(n), table)
	}
	fmt.Fprintln(d.Out)
	if err := d.model(ctx); err != nil {
		return err
	}
	checks, err := fs.ReadFile(flights.Files, "checks.sql")
	if err != nil {
		return err
	}
	for _, name := range []string{"views.sql", "scores.sql"} {
		if _, err := d.script(ctx, name); err != nil {
			return err
		}
		text, err := fs.ReadFile(flights.Files, name)
		if err != nil {
			return err
		}
		views := readViews(string(text), string(checks))
		fmt.Fprintf(d.Out, "%s: %d materialized views, running.\n", name, len(views))
		d.views = append(d.views, views...)
	}
	return nil
}

// model makes the features and brings the model that takes them.
func (d *demo) model(ctx context.Context) error {
	if _, err := d.script(ctx, "features.sql"); err != nil {
		return err
	}
	file, err := flights.Files.Open("delay.txt")
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := d.conn.PgConn().CopyFrom(ctx, file, "COPY MODEL delay FROM STDIN WITH (format = 'lightgbm')"); err != nil {
		return fmt.Errorf("delay.txt: %w", err)
	}
	_, err = fmt.Fprintln(d.Out, "delay.txt: the model delay, which says how probable it is that a flight arrives late.")
	return err
}

// script carries out a file of the example and answers how many statements it has.
func (d *demo) script(ctx context.Context, name string) (int, error) {
	text, err := fs.ReadFile(flights.Files, name)
	if err != nil {
		return 0, err
	}
	all := statements(string(text))
	for _, s := range all {
		if _, err := d.conn.PgConn().Exec(ctx, s).ReadAll(); err != nil {
			return 0, fmt.Errorf("%s: %w", name, explained(err, s))
		}
	}
	return len(all), nil
}

// explained shows where in its statement an error stands.
func explained(err error, statement string) error {
	pg, ok := err.(*pgconn.PgError)
	if !ok {
		return err
	}
	return fmt.Errorf("%s", strings.TrimSpace(errorText(pg, statement)))
}

// copyFile fills a table from the file of its name.
func (d *demo) copyFile(ctx context.Context, table string) (int64, error) {
	in, err := openCSV(d.data, table)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	return d.copy(ctx, table, "true", in)
}

func (d *demo) copy(ctx context.Context, relation, header string, in io.Reader) (int64, error) {
	statement := "COPY " + relation + " FROM STDIN WITH (FORMAT csv, HEADER " + header + ", NULL 'NA')"
	tag, err := d.conn.PgConn().CopyFrom(ctx, in, statement)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", relation, err)
	}
	return tag.RowsAffected(), nil
}

// redraw is how often a terminal is drawn anew.
const redraw = 250 * time.Millisecond

// stream sends the flights, hour after hour, each in a COPY of its own: when it is
// acknowledged, every view has it.
func (d *demo) stream(ctx context.Context, hours []hour) error {
	d.show = newScreen(d.process, hours)
	defer d.show.end()
	began, drawn := time.Now(), time.Time{}
	for i := range hours {
		if err := d.pause(ctx, began, i); err != nil {
			return err
		}
		at := time.Now()
		if _, err := d.copy(ctx, "flights", "false", strings.NewReader(hours[i].rows)); err != nil {
			return err
		}
		d.show.sent(i, time.Since(at))
		last := i == len(hours)-1
		if last || d.Terminal && time.Since(drawn) >= redraw || !d.Terminal && d.show.newDay(i) {
			if err := d.show.draw(ctx, d.conn.PgConn()); err != nil {
				return err
			}
			drawn = time.Now()
		}
	}
	return nil
}

// pause waits until hour i is due.
func (d *demo) pause(ctx context.Context, began time.Time, i int) error {
	if d.speed == 0 {
		return ctx.Err()
	}
	due := began.Add(time.Duration(float64(i) / d.speed * float64(time.Second)))
	timer := time.NewTimer(time.Until(due))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// invite says how to go on.
func (d *demo) invite() {
	fmt.Fprintf(d.Out, `
The server goes on. Connect with

    psql %[1]s
    bin/millrace sql %[1]s

and try

 1. SELECT * FROM worst_destinations;
 2. SUBSCRIBE TO carriers;          -- in one terminal, and in another:
    UPDATE airlines SET name = 'Blue' WHERE carrier = 'B6';
 3. CREATE MATERIALIZED VIEW by_maker AS
      SELECT p.manufacturer, count(*) AS flights FROM flights f JOIN planes p USING (tailnum) GROUP BY 1;
    SELECT * FROM by_maker ORDER BY flights DESC LIMIT 5;
 4. SELECT * FROM running_auc;      -- how good the model of delays is; and on which flights:
    SELECT * FROM calibration ORDER BY tenth;

examples/flights/README.md goes on from there: alerts, and a second version of the model.

Ctrl-C stops it.
`, d.url())
}
