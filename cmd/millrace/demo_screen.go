package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// panel is one of the tables on the screen: a question to a view, asked at each drawing.
type panel struct {
	title string
	query string // $hour stands for the present hour
}

var panels = []panel{
	{"departures, this hour", `SELECT origin, scheduled, cancelled, mean_delay FROM departures WHERE hour = '$hour' ORDER BY origin`},
	{"worst carriers", `SELECT name, flights, mean_delay FROM carriers WHERE flights >= 20 ORDER BY mean_delay DESC NULLS LAST, name LIMIT 5`},
	{"delay by wind and visibility", `SELECT wind, visibility, flights, mean_delay FROM delay_by_weather ORDER BY mean_delay DESC NULLS LAST, wind, visibility LIMIT 5`},
	{"aircraft that carry their delay on", `SELECT tailnum, manufacturer, pairs, came_late, left_late FROM knock_on ORDER BY pairs DESC, tailnum LIMIT 5`},
	{"worst destinations right now", `SELECT dest, name, flights, mean_delay FROM worst_destinations ORDER BY mean_delay DESC, dest LIMIT 10`},
	{"hours finished for good", `SELECT hour, scheduled, cancelled, mean_delay FROM finished_hours ORDER BY hour DESC LIMIT 3`},
	{"the model of delays so far", `SELECT flights, late, auc FROM running_auc WHERE auc IS NOT NULL`},
	{"scores of 0.9 and more", `SELECT flights, mean_score, share_late FROM calibration WHERE tenth = 9`},
}

// screen shows the views while the flights come in.
type screen struct {
	*process
	hours   []hour
	total   int64
	flights int64 // sent
	at      int   // the hour sent last
	commit  time.Duration
	drawn   int // lines on the terminal that the next drawing replaces
}

func newScreen(p *process, hours []hour) *screen {
	s := &screen{process: p, hours: hours}
	for _, h := range hours {
		s.total += int64(h.flights)
	}
	fmt.Fprintf(p.Out, "Streaming %s flights of %s hours, each hour in a COPY of its own.\n\n", group(s.total), group(int64(len(hours))))
	return s
}

// sent notes that hour i has been committed in that time.
func (s *screen) sent(i int, took time.Duration) {
	s.at, s.commit = i, took
	s.flights += int64(s.hours[i].flights)
}

// newDay says whether hour i is the first of its day.
func (s *screen) newDay(i int) bool {
	return i == 0 || day(s.hours[i].time) != day(s.hours[i-1].time)
}

// day is the date of a time as the file writes it.
func day(t string) string { return t[:min(10, len(t))] }

// draw asks the views, all in one message and hence at one instant, and shows the answers.
func (s *screen) draw(ctx context.Context, conn *pgconn.PgConn) error {
	var all strings.Builder
	for _, p := range panels {
		all.WriteString(strings.ReplaceAll(p.query, "$hour", s.hours[s.at].time) + ";\n")
	}
	results, err := conn.Exec(ctx, all.String()).ReadAll()
	if err != nil {
		return fmt.Errorf("cannot read the views: %w", err)
	}
	if !s.Terminal {
		_, err := fmt.Fprintln(s.Out, s.line(results))
		return err
	}
	columns, lines := terminalSize(s.Out)
	_, err = fmt.Fprint(s.Out, s.frame(results, columns, lines))
	return err
}

// end leaves the last drawing where it is.
func (s *screen) end() { s.drawn = 0 }

// line is a drawing for what is not a terminal.
func (s *screen) line(results []*pgconn.Result) string {
	best := func(panel, column int) string {
		if rows := results[panel].Rows; len(rows) > 0 {
			return strings.TrimSpace(string(rows[0][column]) + " " + string(rows[0][len(rows[0])-1]))
		}
		return "none yet"
	}
	return fmt.Sprintf("%s UTC  %7s flights %3d %%   worst carrier: %s   worst destination: %s   model's AUC: %s   commit %s",
		strings.NewReplacer("T", " ", ":00Z", "").Replace(s.hours[s.at].time), group(s.flights), s.percent(), best(1, 0), best(4, 0),
		s.auc(results[6]), s.commit.Round(100*time.Microsecond))
}

// auc is the model's, which is not known before a flight was late and another was not.
func (s *screen) auc(r *pgconn.Result) string {
	if len(r.Rows) == 0 {
		return "none yet"
	}
	return string(r.Rows[0][len(r.Rows[0])-1])
}

func (s *screen) percent() int64 { return 100 * s.flights / max(1, s.total) }

// frame is a drawing for a terminal of that size: over the last one, in one or two columns.
func (s *screen) frame(results []*pgconn.Result, columns, lines int) string {
	shown := []string{
		fmt.Sprintf("%s UTC   %s flights   last commit, visible in every view, %s",
			strings.NewReplacer("T", " ", ":00Z", "").Replace(s.hours[s.at].time), group(s.flights), s.commit.Round(10*time.Microsecond)),
		bar(s.percent(), min(columns-8, 72)),
		"",
	}
	blocks := make([][]string, len(results))
	for i, r := range results {
		blocks[i] = block(panels[i].title, r)
	}
	if columns >= 120 {
		half := (len(blocks) + 1) / 2
		shown = append(shown, beside(slices.Concat(blocks[:half]...), slices.Concat(blocks[half:]...), columns/2)...)
	} else {
		shown = append(shown, slices.Concat(blocks...)...)
	}
	shown = shown[:min(len(shown), lines-1)]
	out := &strings.Builder{}
	if s.drawn > 0 {
		fmt.Fprintf(out, "\x1b[%dA\r", s.drawn)
	}
	out.WriteString("\x1b[J")
	for _, line := range shown {
		out.WriteString(cut(line, columns-1) + "\n")
	}
	s.drawn = len(shown)
	return out.String()
}

// bar is how much is done.
func bar(percent int64, width int) string {
	width = max(width, 10)
	done := int(percent) * width / 100
	return strings.Repeat("█", done) + strings.Repeat("░", width-done) + fmt.Sprintf(" %3d %%", percent)
}

// block is a result below its title, and a blank line.
func block(title string, r *pgconn.Result) []string {
	t := table{}
	for _, f := range r.FieldDescriptions {
		t.Names, t.Right = append(t.Names, strings.ReplaceAll(f.Name, "_", " ")), append(t.Right, numericTypes[f.DataTypeOID])
	}
	for _, row := range r.Rows {
		fields := make([]string, len(row))
		for i, v := range row {
			fields[i] = cut(string(v), 28)
		}
		t.Rows = append(t.Rows, fields)
	}
	out := &strings.Builder{}
	widths := t.header(out)
	for _, row := range t.Rows {
		t.row(out, row, widths)
	}
	return append([]string{strings.ToUpper(title)}, append(strings.Split(strings.TrimRight(out.String(), "\n"), "\n"), "")...)
}

// beside puts two columns of lines next to each other.
func beside(left, right []string, width int) []string {
	joined := make([]string, max(len(left), len(right)))
	for i := range joined {
		l, r := "", ""
		if i < len(left) {
			l = cut(left[i], width-2)
		}
		if i < len(right) {
			r = right[i]
		}
		joined[i] = strings.TrimRight(l+strings.Repeat(" ", width-runesWidth([]rune(l)))+r, " ")
	}
	return joined
}

// cut shortens a line to so many columns of a terminal.
func cut(line string, columns int) string {
	width := 0
	for i, r := range line {
		if width += runeWidth(r); width > columns {
			return line[:i]
		}
	}
	return line
}
