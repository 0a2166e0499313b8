package server

import (
	"fmt"
	"testing"
)

// A view that is replaced over and over, each time by one with the same answer, while rows move
// about below it and somebody reads it: whoever asks gets that answer and no error.
func TestReplacedViewHasNoGap(t *testing.T) {
	f := start(t)
	o, reader := f.dial(), f.dial()
	o.must("CREATE TABLE t (id int PRIMARY KEY, v int)", "INSERT INTO t SELECT i, 1 FROM generate_series(1, 100) i",
		"CREATE MATERIALIZED VIEW m AS SELECT sum(v) AS v FROM t")
	done, read := make(chan struct{}), make(chan string)
	go func() {
		defer close(read)
		for {
			select {
			case <-done:
				return
			default:
				if got := reader.ask("SELECT v FROM m"); got != "100\nSELECT 1" {
					read <- got
					return
				}
			}
		}
	}()
	for i := range 40 {
		o.must(fmt.Sprintf("UPDATE t SET v = CASE id WHEN %d THEN 1 + v WHEN %d THEN v - 1 ELSE v END WHERE id IN (%d, %d)", 1+i, 100-i, 1+i, 100-i),
			fmt.Sprintf("CREATE OR REPLACE MATERIALIZED VIEW m AS SELECT sum(v) AS v FROM t WHERE id > -%d", i))
	}
	close(done)
	if got, wrong := <-read; wrong {
		t.Errorf("a reader got %q", got)
	}
}
