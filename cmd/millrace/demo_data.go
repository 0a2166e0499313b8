package main

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// hour is the flights that were to leave in one hour, as lines of CSV.
type hour struct {
	time    string // as in the file, 2013-01-01T10:00:00Z
	rows    string
	flights int
}

// csvFile is an open file and the compression around it.
type csvFile struct {
	io.Reader
	file fs.File
}

func (f *csvFile) Close() error { return f.file.Close() }

// openCSV opens name.csv or name.csv.gz.
func openCSV(data fs.FS, name string) (io.ReadCloser, error) {
	plain, err := data.Open(name + ".csv")
	if err == nil {
		return plain, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	packed, err := data.Open(name + ".csv.gz")
	if err != nil {
		return nil, err
	}
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s.csv.gz: %w", name, err), packed.Close())
	}
	return &csvFile{unpacked, packed}, nil
}

// readHours reads the flights and puts them in the order of the hour in which they were to
// leave, which is not the order of the file. Within an hour the file's order stays. The
// files quote nothing, so a line is a row and a comma ends a field.
func readHours(data fs.FS) ([]hour, error) {
	in, err := openCSV(data, "flights")
	if err != nil {
		return nil, err
	}
	defer in.Close()
	lines := bufio.NewScanner(in)
	if !lines.Scan() {
		return nil, errors.Join(errors.New("flights: no header"), lines.Err())
	}
	column := slices.Index(strings.Split(lines.Text(), ","), "time_hour")
	if column < 0 {
		return nil, errors.New("flights: no column named time_hour")
	}
	byTime := map[string]*strings.Builder{}
	for lines.Scan() {
		fields := strings.Split(lines.Text(), ",")
		if len(fields) <= column {
			return nil, fmt.Errorf("flights: a line without time_hour: %s", lines.Text())
		}
		rows := byTime[fields[column]]
		if rows == nil {
			rows = &strings.Builder{}
			byTime[fields[column]] = rows
		}
		rows.WriteString(lines.Text() + "\n")
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("flights: %w", err)
	}
	if len(byTime) == 0 {
		return nil, errors.New("flights: no rows")
	}
	hours := make([]hour, 0, len(byTime))
	for time, rows := range byTime {
		hours = append(hours, hour{time, rows.String(), strings.Count(rows.String(), "\n")})
	}
	slices.SortFunc(hours, func(a, b hour) int { return strings.Compare(a.time, b.time) })
	return hours, nil
}

// standing is a view of the example and what its rows are compared with.
type standing struct {
	name  string
	query string // what it must equal
}

// checkMark begins the line of checks.sql that names the view of the query below it.
const checkMark = "-- check: "

// readViews takes the views out of CREATE MATERIALIZED VIEW name AS query, and the queries
// for those that carry history out of checks.
func readViews(views, checks string) []standing {
	special := map[string]string{}
	for _, s := range statements(checks) {
		for line := range strings.Lines(s) {
			if name, ok := strings.CutPrefix(strings.TrimSpace(line), checkMark); ok {
				special[name] = strings.TrimSuffix(s, ";")
			}
		}
	}
	var found []standing
	for _, s := range statements(views) {
		head, query, ok := strings.Cut(strings.TrimSuffix(s, ";"), " AS\n")
		w := words(head, 5)
		if !ok || len(w) < 4 || w[1] != "materialized" {
			continue
		}
		v := standing{name: w[3], query: query}
		if other := special[v.name]; other != "" {
			v.query = other
		}
		found = append(found, v)
	}
	return found
}

// group writes a number with commas between thousands.
func group(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
