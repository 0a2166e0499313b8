package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

var _ = command("sql", "A small client for machines without psql.", &sqlCmd{})

// defaultURL is the server that serve starts by default.
const defaultURL = "postgres://millrace@127.0.0.1:5433/millrace"

// sqlCmd reads statements from -c, from a file, or from standard input.
type sqlCmd struct {
	Command []string `short:"c" sep:"none" placeholder:"SQL" help:"Carry this out, and end. May be given several times."`
	File    string   `short:"f" placeholder:"FILE" help:"Carry out the statements of a file, and end."`
	URL     string   `arg:"" optional:"" help:"Where the server is; also as MILLRACE_URL. Default: ${default_url}."`
}

// notConnected is the exit status, as psql's.
const notConnected exit = 2

// Run ends with the first error of a statement, unless a person is typing.
func (c *sqlCmd) Run(p *process) error {
	if c.File != "" && len(c.Command) > 0 {
		return errors.New("-c and -f exclude each other")
	}
	ctx := context.Background()
	r, err := connectRunner(ctx, p, c.url(p.Environ))
	if err != nil {
		fmt.Fprintln(p.Err, "millrace:", err)
		return notConnected
	}
	defer r.close(ctx)
	switch {
	case len(c.Command) > 0:
		for _, text := range c.Command {
			if err := r.command(ctx, text); err != nil {
				return r.report(err)
			}
		}
		return nil
	case c.File != "":
		f, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer f.Close()
		return r.script(ctx, f)
	case p.Interactive:
		return r.converse(ctx, p.In)
	}
	return r.script(ctx, p.In)
}

func (c *sqlCmd) url(environ []string) string {
	if c.URL != "" {
		return c.URL
	}
	for _, e := range environ {
		if url, ok := strings.CutPrefix(e, "MILLRACE_URL="); ok && url != "" {
			return url
		}
	}
	return defaultURL
}

// script carries out what in says, statement after statement. The lines after a COPY FROM
// STDIN, up to one with \. alone, are its data.
func (r *runner) script(ctx context.Context, in io.Reader) error {
	lines, s := bufio.NewReaderSize(in, 64<<10), splitter{}
	for {
		line, err := lines.ReadString('\n')
		for _, statement := range s.feed(line) {
			if err := r.statement(ctx, statement, lines); err != nil {
				return r.report(err)
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if last := s.rest(); last != "" {
		if err := r.statement(ctx, last, lines); err != nil {
			return r.report(err)
		}
	}
	return nil
}

// converse is script for a person: it prompts, and goes on after an error.
func (r *runner) converse(ctx context.Context, in io.Reader) error {
	fmt.Fprintf(r.out, "Millrace %s; statements end with a semicolon, \\q ends.\n", version)
	lines, s := bufio.NewReaderSize(in, 64<<10), splitter{}
	for {
		prompt := "millrace=> "
		if s.open() {
			prompt = "millrace-> "
		}
		fmt.Fprint(r.out, prompt)
		line, err := lines.ReadString('\n')
		if err != nil {
			fmt.Fprintln(r.out)
			return nil // the end of input is how one leaves
		}
		if word := strings.TrimSpace(line); !s.open() && strings.HasPrefix(word, `\`) {
			if word == `\q` {
				return nil
			}
			fmt.Fprintf(r.err, "invalid command %s\nTry SHOW TABLES, SHOW STREAMS, SHOW MATERIALIZED VIEWS or SHOW CREATE name; \\q ends.\n", word)
			continue
		}
		for _, statement := range s.feed(line) {
			if err := r.statement(ctx, statement, lines); err != nil {
				_ = r.report(err) // it has been shown; a person goes on
				if r.conn.IsClosed() {
					return notConnected
				}
			}
		}
	}
}

// statementError is an error with the statement that it points into.
type statementError struct {
	err       error
	statement string
}

func (e *statementError) Error() string { return e.err.Error() }
func (e *statementError) Unwrap() error { return e.err }

// report shows an error as psql does and answers the exit status.
func (r *runner) report(err error) error {
	var at *statementError
	var pg *pgconn.PgError
	if errors.As(err, &at) && errors.As(err, &pg) {
		fmt.Fprint(r.err, errorText(pg, at.statement))
	} else {
		fmt.Fprintln(r.err, "millrace:", err)
	}
	if r.conn.IsClosed() {
		return notConnected
	}
	return exit(1)
}
