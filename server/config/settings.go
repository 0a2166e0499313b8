package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Setting is one line of the table: what a user may write, and what it means.
type Setting struct {
	Key     string // in a TOML file; MILLRACE_KEY and --key (with hyphens) follow from it
	Default string // as it would be written
	Doc     string
	read    func(c *Config, value string, root fs.FS) error
}

// settings are read in this order.
var settings = []Setting{
	{"data", "./data", "The folder that holds the database. It is made when it is not there.",
		text(func(c *Config) *string { return &c.Data })},
	{"listen", "127.0.0.1:5433", "Where clients connect with PostgreSQL's protocol.",
		address(func(c *Config) *string { return &c.Listen })},
	{"http", "127.0.0.1:8033", "Where `/healthz`, `/readyz` and `/metrics` are served; `off` for nowhere.", readHTTP},
	{"memory", "60%", "How much memory the server may use: bytes, a size such as `4GB` or `512MiB`, or a part of what the machine (or its cgroup) has.", readMemory},
	{"sync", "on", "Whether a commit waits until the disk has it. With `off`, `kill -9` loses nothing, a power cut may lose the last ticks.", readSync},
	{"workers", "1", "How many workers share a tick, at most 64. A view is divided among those that there were when it was created.", readWorkers},
	{"max_connections", "100", "How many clients may be connected at one time.", readMaxConnections},
	{"user", "millrace", "The first user, who is made with the database.",
		text(func(c *Config) *string { return &c.User })},
	{"password", "", "The first user's password, if that user has none yet. Any address but a loopback one needs a user with a password.", readPassword},
	{"model_folders", "", "The folders from which `CREATE MODEL … FROM 'file'` reads, parted by the colon that parts those of `PATH`. Without one, models come over the wire only.", readModelFolders},
	{"model_max_bytes", "64MB", "The most bytes of a model's file: a number, or a size such as `256MB`.", readModelBytes},
	{"log_level", "info", "The least severe lines of the log: `debug`, `info`, `warn`, `error`.",
		oneOf(func(c *Config) *string { return &c.LogLevel }, "debug", "info", "warn", "error")},
	{"log_format", "text", "How a line of the log is written: `text` or `json`.",
		oneOf(func(c *Config) *string { return &c.LogFormat }, "text", "json")},
}

// Settings is the table, in the order of the documentation. The caller must not change it.
func Settings() []Setting { return settings }

func keys() []string {
	names := make([]string, len(settings))
	for i, s := range settings {
		names[i] = s.Key
	}
	return names
}

func known(key string) bool {
	return slices.ContainsFunc(settings, func(s Setting) bool { return s.Key == key })
}

func defaultValues() map[string]string {
	m := make(map[string]string, len(settings))
	for _, s := range settings {
		m[s.Key] = s.Default
	}
	return m
}

func text(at func(*Config) *string) func(*Config, string, fs.FS) error {
	return func(c *Config, v string, _ fs.FS) error {
		if strings.TrimSpace(v) == "" {
			return errors.New("it is empty")
		}
		*at(c) = v
		return nil
	}
}

func oneOf(at func(*Config) *string, words ...string) func(*Config, string, fs.FS) error {
	return func(c *Config, v string, _ fs.FS) error {
		v = strings.ToLower(v)
		if !slices.Contains(words, v) {
			return fmt.Errorf("%q is none of %s", v, strings.Join(words, ", "))
		}
		*at(c) = v
		return nil
	}
}

func address(at func(*Config) *string) func(*Config, string, fs.FS) error {
	return func(c *Config, v string, _ fs.FS) error {
		_, port, err := net.SplitHostPort(v)
		if err != nil {
			return fmt.Errorf("%q is not host:port, such as 127.0.0.1:5433", v)
		}
		if n, err := strconv.ParseUint(port, 10, 16); err != nil {
			return fmt.Errorf("the port in %q is not a number from 0 to 65535", v)
		} else if n == 0 && port != "0" {
			return fmt.Errorf("the port in %q is written with superfluous digits", v)
		}
		*at(c) = v
		return nil
	}
}

func readHTTP(c *Config, v string, root fs.FS) error {
	if strings.EqualFold(v, "off") {
		c.HTTP = ""
		return nil
	}
	return address(func(c *Config) *string { return &c.HTTP })(c, v, root)
}

func readSync(c *Config, v string, _ fs.FS) error {
	switch strings.ToLower(v) {
	case "on", "true":
		c.Sync = true
	case "off", "false":
		c.Sync = false
	default:
		return fmt.Errorf("%q is neither on nor off", v)
	}
	return nil
}

// maxWorkers is as many as rows can be placed at: by six bits of a hash.
const maxWorkers = 64

func readWorkers(c *Config, v string, _ fs.FS) error {
	n, err := strconv.Atoi(v)
	if err != nil {
		return fmt.Errorf("%q is not a number", v)
	}
	if n < 1 || n > maxWorkers {
		return fmt.Errorf("%d is not a number of workers, which are 1 to %d", n, maxWorkers)
	}
	c.Workers = n
	return nil
}

// readModelFolders makes the folders absolute, for what a statement names may be so.
func readModelFolders(c *Config, v string, _ fs.FS) error {
	for _, folder := range filepath.SplitList(v) {
		abs, err := filepath.Abs(folder)
		if err != nil {
			return err
		}
		c.ModelFolders = append(c.ModelFolders, abs)
	}
	return nil
}

// maxModelBytes bounds what one statement may bring, which stands in memory several times over.
const maxModelBytes = 1 << 30

func readModelBytes(c *Config, v string, _ fs.FS) error {
	n, err := ParseSize(v)
	if err != nil {
		return err
	}
	if n < 1 || n > maxModelBytes {
		return fmt.Errorf("%d is not a number of bytes from 1 to %d", n, int64(maxModelBytes))
	}
	c.ModelBytes = n
	return nil
}

// maxConnectionsLimit is PostgreSQL's own (MAX_BACKENDS).
const maxConnectionsLimit = 262143

func readMaxConnections(c *Config, v string, _ fs.FS) error {
	n, err := strconv.Atoi(v)
	if err != nil {
		return fmt.Errorf("%q is not a number", v)
	}
	if n < 1 || n > maxConnectionsLimit {
		return fmt.Errorf("%d is outside the range from 1 to %d", n, maxConnectionsLimit)
	}
	c.MaxConnections = n
	return nil
}

func readPassword(c *Config, v string, _ fs.FS) error {
	c.Password = v
	return nil
}
