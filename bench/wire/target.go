package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millracedb/millrace/tests/process"
)

// target is a server under test.
type target struct {
	name  string
	url   string
	close func()

	process *process.Server // nil: PostgreSQL
}

// millrace starts a server with an empty database.
func (b *bench) millrace(name string, args ...string) (*target, error) {
	dir, err := os.MkdirTemp("", "millrace-bench-")
	if err != nil {
		return nil, err
	}
	s, err := process.Start(process.Options{Binary: b.binary, Data: dir, Args: args})
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	return &target{name: name, url: s.URL(), process: s, close: func() {
		if _, err := s.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "wire:", err)
		}
		_ = os.RemoveAll(dir)
	}}, nil
}

// both are Millrace and, where there is one, PostgreSQL.
func (b *bench) both() ([]*target, error) {
	m, err := b.millrace("millrace")
	if err != nil {
		return nil, err
	}
	targets := []*target{m}
	if b.postgres != "" {
		targets = append(targets, &target{name: "postgres", url: b.postgres, close: func() {}})
	}
	return targets, nil
}

func closeAll(targets []*target) {
	for _, t := range targets {
		t.close()
	}
}

// run carries out statements one after another on a connection of their own.
func (t *target) run(ctx context.Context, statements ...string) error {
	c, err := pgconn.Connect(ctx, t.url)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	for _, sql := range statements {
		if _, err := c.Exec(ctx, sql).ReadAll(); err != nil {
			return fmt.Errorf("%s on %s: %w", sql, t.name, err)
		}
	}
	return nil
}

// number reads one integer.
func (t *target) number(ctx context.Context, sql string) (int64, error) {
	c, err := pgconn.Connect(ctx, t.url)
	if err != nil {
		return 0, err
	}
	defer c.Close(ctx)
	results, err := c.Exec(ctx, sql).ReadAll()
	if err != nil {
		return 0, fmt.Errorf("%s on %s: %w", sql, t.name, err)
	}
	return strconv.ParseInt(string(results[0].Rows[0][0]), 10, 64)
}

// idleCPU is the processor time that nobody has used; negative where it is not known.
func idleCPU() time.Duration {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return -1
	}
	fields := strings.Fields(strings.SplitN(string(text), "\n", 2)[0])
	if len(fields) < 6 {
		return -1
	}
	var ticks int64
	for _, f := range fields[4:6] { // idle, iowait
		n, _ := strconv.ParseInt(f, 10, 64)
		ticks += n
	}
	return time.Duration(ticks) * process.ClockTick
}

// cpu is the processor time that the server has used, if it is Millrace; 0 where it is not
// known. What else the machine does changes it little.
func (t *target) cpu() time.Duration {
	if t.process == nil {
		return 0
	}
	return t.process.CPU()
}

// residentMemory is the resident set of a process in bytes; 0 where it is not known.
func residentMemory(pid int) int64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmRSS:" {
			kb, _ := strconv.ParseInt(f[1], 10, 64)
			return kb << 10
		}
	}
	return 0
}
