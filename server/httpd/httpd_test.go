package httpd

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// still is a Source that says what it was told.
type still struct {
	mu           sync.Mutex
	alive, ready error
	snapshot     Snapshot
}

func (s *still) Alive() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.alive
}

func (s *still) Ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ready
}

func (s *still) Snapshot() Snapshot { return s.snapshot }

func (s *still) tell(alive, ready error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.alive, s.ready = alive, ready
}

func get(t *testing.T, client *http.Client, url string) (int, string) {
	t.Helper()
	r, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(body)
}

func TestPort(t *testing.T) {
	source := &still{ready: errors.New("recovering")}
	s, err := Listen("127.0.0.1:0", "1.2.3", source, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	at := "http://" + s.Addr().String()

	expect := func(path string, status int, body string) {
		t.Helper()
		if code, got := get(t, client, at+path); code != status || got != body {
			t.Errorf("%s: %d %q; want %d %q", path, code, got, status, body)
		}
	}
	expect("/healthz", 200, "ok\n")
	expect("/readyz", 503, "recovering\n")
	source.tell(nil, nil)
	expect("/readyz", 200, "ok\n")
	source.tell(errors.New("the log has failed"), nil)
	expect("/healthz", 503, "the log has failed\n")
	if code, _ := get(t, client, at+"/"); code != 404 {
		t.Errorf("/: %d; want 404", code)
	}

	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if r, err := client.Get(at + "/healthz"); err == nil {
		r.Body.Close()
		t.Error("answers after Close")
	}
}

func TestAddressInUse(t *testing.T) {
	s, err := Listen("127.0.0.1:0", "1.2.3", &still{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(context.Background())
	if _, err := Listen(s.Addr().String(), "1.2.3", &still{}, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("listens twice on one address")
	}
}

func TestMetrics(t *testing.T) {
	source := &still{snapshot: Snapshot{Ticks: 1, Steps: 2, Commits: 3, Rows: 4, Checkpoints: 5, TickSeconds: 6.5, Connections: 7,
		Sessions: 8, LogBytes: 9, PoolUsed: 10, PoolBudget: 11, Relations: 12, TempFiles: 13, TempBytes: 14}}
	s, err := Listen("127.0.0.1:0", "1.2.3", source, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(context.Background())
	_, body := get(t, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, "http://"+s.Addr().String()+"/metrics")
	for _, line := range []string{
		"# TYPE millrace_ticks_total counter", "millrace_ticks_total 1", "millrace_steps_total 2", "millrace_commits_total 3",
		"millrace_rows_total 4", "millrace_checkpoints_total 5", "millrace_tick_seconds_total 6.5", "millrace_connections_total 7",
		"# TYPE millrace_sessions gauge", "millrace_sessions 8", "millrace_log_bytes 9", "millrace_pool_used_bytes 10",
		"millrace_temp_files_total 13", "millrace_temp_bytes_total 14", "millrace_pool_budget_bytes 11", "millrace_relations 12", `millrace_build_info{version="1.2.3"} 1`,
	} {
		if !strings.Contains(body, line+"\n") {
			t.Errorf("lacks %q", line)
		}
	}
	if !strings.Contains(body, "go_goroutines ") {
		t.Error("lacks the runtime's metrics")
	}
}
