package reference

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millracedb/millrace/base/pgerr"
)

var (
	postgres = flag.String("postgres", "", "URL of a PostgreSQL whose answers are the expected ones")
	file     = flag.String("reference-file", "", "a file of answers to read instead of that in testdata")
)

func fileOr(usual string) string {
	if *file != "" {
		return *file
	}
	return usual
}

// Connect connects to the PostgreSQL that -postgres names and runs the settings, SQL, on
// the connection, which ends with the test. It is nil without -postgres.
func Connect(t *testing.T, settings string) *pgconn.PgConn {
	t.Helper()
	if *postgres == "" {
		return nil
	}
	ctx := context.Background()
	conn, err := pgconn.Connect(ctx, *postgres)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(ctx) })
	if _, err := conn.Exec(ctx, settings).ReadAll(); err != nil {
		t.Fatal(err)
	}
	return conn
}

// Lines is the answers to the lines of a text, each with a line end.
func Lines(text string, answer func(line string) string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		fmt.Fprintln(&out, answer(strings.TrimSuffix(line, "\n")))
	}
	return out.String()
}

// Failure is SQLSTATE and message of an error, of PostgreSQL's or ours.
func Failure(err error) string {
	var theirs *pgconn.PgError
	if errors.As(err, &theirs) {
		return theirs.Code + " " + theirs.Message
	}
	ours := pgerr.From(err)
	return ours.Code + " " + ours.Message
}
