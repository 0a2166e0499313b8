package clients

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/millracedb/millrace/tests/process"
)

func TestMain(m *testing.M) { process.Main(m) }

// start runs a server with an empty database until the test ends.
func start(t *testing.T, o process.Options) *process.Server {
	t.Helper()
	o.Data = t.TempDir()
	s, err := process.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if strings.Contains(s.Log(), "level=ERROR") {
			t.Errorf("the server says:\n%s", s.Log())
		}
		if _, err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// dependency is a file below the folder of dependencies; "" when it is not there.
func dependency(t *testing.T, name string) string {
	dir := os.Getenv("MILLRACE_CLIENTS")
	if dir == "" {
		dir = filepath.Join("..", "..", "bin", "clients")
	}
	path, err := filepath.Abs(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// program is the path of a program, from the folder of dependencies or from PATH.
func program(t *testing.T, own, name string) string {
	if path := dependency(t, own); own != "" && path != "" {
		return path
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return ""
	}
	return path
}

// missing says that a client's runtime is not on this machine, which in CI is an error.
func missing(t *testing.T, what string) {
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing; tests/clients/install.sh installs the drivers", what)
	}
	t.Logf("%s is missing, so the client is not tested here", what)
}

// script runs a client program with the server's address in the variables that PostgreSQL's
// clients read, and expects it to say that all its checks passed.
func script(t *testing.T, s *process.Server, env []string, name string, args ...string) {
	t.Helper()
	c := exec.Command(name, args...)
	c.Env = append(append(os.Environ(), env...), variables(t, s)...)
	out, err := c.CombinedOutput()
	if err != nil || !strings.HasSuffix(strings.TrimSpace(string(out)), "all checks passed") {
		t.Errorf("%v\n%s\nserver:\n%s", err, out, s.Log())
	}
}

func variables(t *testing.T, s *process.Server) []string {
	host, port, err := net.SplitHostPort(s.Address)
	if err != nil {
		t.Fatal(err)
	}
	return []string{"PGHOST=" + host, "PGPORT=" + port, "PGUSER=millrace", "PGDATABASE=millrace", "PGSSLMODE=disable", "PGTZ=UTC", "LC_ALL=C.UTF-8"}
}

// can reports whether a program runs with these arguments without an error.
func can(env []string, name string, args ...string) bool {
	c := exec.CommandContext(context.Background(), name, args...)
	c.Env = append(os.Environ(), env...)
	return c.Run() == nil
}
