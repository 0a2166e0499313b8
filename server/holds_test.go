package server

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// TestWorkersShareAQueue has workers take rows of a table at once, each in transactions of its own:
// every row is taken once, and none fails.
func TestWorkersShareAQueue(t *testing.T) {
	f := start(t)
	c := f.dial()
	const rows, workers = 120, 6
	c.must("CREATE TABLE jobs (id int PRIMARY KEY)", "CREATE TABLE done (id int, worker int)",
		fmt.Sprintf("INSERT INTO jobs SELECT g FROM generate_series(1, %d) AS g", rows))
	var wg sync.WaitGroup
	for w := range workers {
		worker := f.dial()
		wg.Go(func() {
			for {
				worker.must("BEGIN")
				id, _, _ := strings.Cut(worker.ask("SELECT id FROM jobs ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"), "\n")
				if strings.HasPrefix(id, "SELECT") {
					worker.must("COMMIT")
					if strings.HasPrefix(worker.ask("SELECT 1 FROM jobs LIMIT 1"), "SELECT 0") {
						return
					}
					continue // those that are left are the others'
				}
				worker.must(fmt.Sprintf("INSERT INTO done VALUES (%s, %d)", id, w), "DELETE FROM jobs WHERE id = "+id, "COMMIT")
			}
		})
	}
	wg.Wait()
	c.talk([2]string{"SELECT count(*), count(DISTINCT id) FROM done", fmt.Sprintf("%d | %d\nSELECT 1", rows, rows)})
	f.srv.holds.mu.Lock()
	defer f.srv.holds.mu.Unlock()
	if len(f.srv.holds.rows) > 0 {
		t.Errorf("rows of %d relations are still held", len(f.srv.holds.rows))
	}
}

// TestManyRowsAreHeldTogether has a transaction hold more rows than it keeps by name, and a client
// that hangs up let go of what it held.
func TestManyRowsAreHeldTogether(t *testing.T) {
	f := start(t)
	c, other := f.dial(), f.dial()
	c.must("CREATE TABLE t (id int PRIMARY KEY)", fmt.Sprintf("INSERT INTO t SELECT g FROM generate_series(1, %d) AS g", mostHeld+10), "BEGIN",
		fmt.Sprintf("DELETE FROM t WHERE id <= %d", mostHeld+1))
	other.talk([2]string{"SELECT id FROM t FOR UPDATE SKIP LOCKED", "SELECT 0"},
		[2]string{fmt.Sprintf("SELECT id FROM t WHERE id = %d FOR SHARE NOWAIT", mostHeld+5), `ERROR 55P03: could not obtain lock on row in relation "t"`})
	c.must("ROLLBACK", "BEGIN", "SELECT id FROM t WHERE id = 1 FOR UPDATE")
	other.talk([2]string{"SELECT id FROM t WHERE id < 3 FOR UPDATE SKIP LOCKED", "2\nSELECT 1"})
	_ = c.net.Close()
	for strings.HasPrefix(other.ask("SELECT id FROM t WHERE id = 1 FOR UPDATE SKIP LOCKED"), "SELECT") {
	}
}
