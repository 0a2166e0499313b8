package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millracedb/millrace/tests/process"
)

// millrace is a server with an empty database.
type millrace struct {
	server *process.Server
	conn   *pgconn.PgConn
	dir    string
}

func startMillrace(ctx context.Context, binary string) (*millrace, error) {
	dir, err := os.MkdirTemp("", "millrace-adhoc-")
	if err != nil {
		return nil, err
	}
	m := &millrace{dir: dir}
	if m.server, err = process.Start(process.Options{Binary: binary, Data: dir, Args: []string{"--sync", "off"}}); err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	if m.conn, err = pgconn.Connect(ctx, m.server.URL()); err != nil {
		m.close()
		return nil, err
	}
	return m, nil
}

func (m *millrace) query(ctx context.Context, sql string) ([]string, time.Duration, error) {
	before := m.server.CPU()
	results, err := m.conn.Exec(ctx, sql).ReadAll()
	took := m.server.CPU() - before
	if err != nil {
		return nil, 0, err
	}
	var rows []string
	for _, r := range results[0].Rows {
		var values []string
		for _, v := range r {
			values = append(values, string(v))
		}
		rows = append(rows, strings.Join(values, " | "))
	}
	return rows, took, nil
}

func (m *millrace) close() {
	if m.conn != nil {
		_ = m.conn.Close(context.Background())
	}
	if _, err := m.server.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "adhoc:", err)
	}
	_ = os.RemoveAll(m.dir)
}

// duck is DuckDB in a process of its own.
type duck struct {
	process *exec.Cmd
	say     io.WriteCloser
	hear    *bufio.Reader
}

func startDuck(dir string) (*duck, error) {
	if out, err := exec.Command("bench/adhoc/install.sh", dir).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("install DuckDB: %w: %s", err, out)
	}
	d := &duck{process: exec.Command(filepath.Join(dir, "bin/python"), "bench/adhoc/duck.py")}
	d.process.Stderr = os.Stderr
	var err error
	if d.say, err = d.process.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := d.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	d.hear = bufio.NewReader(out)
	return d, d.process.Start()
}

func (d *duck) query(_ context.Context, sql string) ([]string, time.Duration, error) {
	if err := json.NewEncoder(d.say).Encode(sql); err != nil {
		return nil, 0, err
	}
	line, err := d.hear.ReadBytes('\n')
	if err != nil {
		return nil, 0, err
	}
	var answer struct {
		Rows    []string
		Seconds float64
	}
	err = json.Unmarshal(line, &answer)
	return answer.Rows, time.Duration(answer.Seconds * float64(time.Second)), err
}

func (d *duck) close() {
	_ = d.say.Close()
	_ = d.process.Wait()
}
