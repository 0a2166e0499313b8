package server

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
)

// A query that nobody waits for any more is ended, whatever it does; so is a subscription to which
// nothing happens.
func TestAQueryEndsWithItsClient(t *testing.T) {
	f := start(t)
	watcher := f.dial()
	watcher.must("CREATE TABLE quiet (a int)")
	for _, query := range []string{
		"SELECT count(*) FROM generate_series(1, 1000000000000)",
		"COPY (SELECT a FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b WHERE a + b < 0) TO STDOUT",
		"SELECT pg_sleep(1e9)",
		"SUBSCRIBE quiet",
	} {
		c := f.dial()
		c.send(&pgproto3.Query{String: query})
		for !strings.Contains(watcher.ask("SELECT query FROM millrace.sessions WHERE state = 'active'"), query) {
		}
		_ = c.net.Close()
		for strings.Contains(watcher.ask("SELECT query FROM millrace.sessions"), query) {
		}
	}
}
