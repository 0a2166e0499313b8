package process

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// Build is the path of the binary, compiled from the module that the working directory
// belongs to, the first time that this process asks. It stands in a temporary folder,
// which [Clean] removes. With MILLRACE_BINARY it is the binary of that path instead.
func Build() (string, error) { return build() }

var build = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("MILLRACE_BINARY"); path != "" {
		return filepath.Abs(path)
	}
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "millrace-build-")
	if err != nil {
		return "", err
	}
	built.dir = dir
	binary := filepath.Join(dir, "millrace")
	c := exec.Command("go", "build", "-o", binary, "./cmd/millrace")
	c.Dir = root
	if out, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the server: %w\n%s", err, out)
	}
	return binary, nil
})

var built struct{ dir string }

// Clean removes what Build made. TestMain calls it last.
func Clean() {
	if built.dir != "" {
		_ = os.RemoveAll(built.dir)
	}
}

func moduleRoot() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("finding the module: %w", err)
	}
	file := strings.TrimSpace(string(out))
	if filepath.Base(file) != "go.mod" {
		return "", fmt.Errorf("the working directory belongs to no module")
	}
	return filepath.Dir(file), nil
}
