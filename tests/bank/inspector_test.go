package bank

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// inspect follows the changes of a view and looks at it after each tick.
func (r *round) inspect(view string) {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, r.server.URL())
	if err != nil {
		r.fault(nil, err)
		return
	}
	defer c.Close(ctx)
	in, out := io.Pipe()
	go func() {
		_, err := c.PgConn().CopyTo(ctx, out, "COPY (SUBSCRIBE "+view+") TO STDOUT")
		out.CloseWithError(err)
	}()
	w := &inspector{view: view, rows: map[string]int64{}}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if err := w.change(lines.Text()); err != nil {
			r.t.Error(err)
			_ = r.server.Kill()
			_ = in.Close()
			return
		}
	}
	r.fault(c, lines.Err())
}

// inspector holds a view as its subscriber sees it.
type inspector struct {
	view string
	tick string
	rows map[string]int64 // weights
}

// change takes a line: tick, weight, columns. The first line of a later tick completes the one
// before.
func (w *inspector) change(line string) error {
	tick, rest, _ := strings.Cut(line, "\t")
	diff, row, _ := strings.Cut(rest, "\t")
	if tick != w.tick && w.tick != "" {
		if err := w.look(); err != nil {
			return fmt.Errorf("%s after tick %s: %w", w.view, w.tick, err)
		}
	}
	n, err := strconv.ParseInt(diff, 10, 64)
	if err != nil {
		return fmt.Errorf("%q: %w", line, err)
	}
	w.tick = tick
	if w.rows[row] += n; w.rows[row] == 0 {
		delete(w.rows, row)
	}
	return nil
}

// look says what is wrong with the view as it is.
func (w *inspector) look() error {
	sum := int64(0)
	for row, weight := range w.rows {
		if weight != 1 {
			return fmt.Errorf("%q has weight %d", row, weight)
		}
		f := strings.Split(row, "\t")
		at := map[string]int{"total": 0, "branch_total": 0, "regions": 1, "hours": 1, "drift": 0}[w.view]
		n, err := strconv.ParseInt(f[at], 10, 64)
		if err != nil {
			return err
		}
		sum += n
	}
	switch {
	case w.view == "drift" && len(w.rows) > 0:
		return fmt.Errorf("%v", w.rows)
	case w.view == "hours" && sum != 0, w.view != "hours" && w.view != "drift" && sum != money:
		return fmt.Errorf("the money is %d: %v", sum, w.rows)
	}
	return nil
}
