package config

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// machine is a root folder with that much memory.
func machine(kb string, more ...string) fstest.MapFS {
	root := fstest.MapFS{"proc/meminfo": {Data: []byte("MemTotal:       " + kb + " kB\nMemFree: 1 kB\n")}}
	for i := 0; i < len(more); i += 2 {
		root[more[i]] = &fstest.MapFile{Data: []byte(more[i+1])}
	}
	return root
}

func writeTOML(t *testing.T, body string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "millrace.toml")
	if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDefaults(t *testing.T) {
	c, err := Load(Input{Root: machine("1048576")})
	if err != nil {
		t.Fatal(err)
	}
	want := Config{Data: "./data", Listen: "127.0.0.1:5433", HTTP: "127.0.0.1:8033", Memory: 644245094, Sync: true,
		Workers: 1, MaxConnections: 100, User: "millrace", ModelBytes: 64 << 20, LogLevel: "info", LogFormat: "text"}
	if got := c; !equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func equal(a, b Config) bool {
	if strings.Join(a.Ignored, " ") != strings.Join(b.Ignored, " ") {
		return false
	}
	a.Ignored, b.Ignored = nil, nil
	return a.Data == b.Data && a.Listen == b.Listen && a.HTTP == b.HTTP && a.Memory == b.Memory && a.Sync == b.Sync &&
		a.Workers == b.Workers && a.MaxConnections == b.MaxConnections && a.User == b.User && a.Password == b.Password &&
		a.ModelBytes == b.ModelBytes && slices.Equal(a.ModelFolders, b.ModelFolders) && a.LogLevel == b.LogLevel && a.LogFormat == b.LogFormat
}

func TestEachLayerOverridesTheOneBefore(t *testing.T) {
	path := writeTOML(t, "data = '/file'\nlisten = '127.0.0.1:1'\nmemory = 134217728\nsync = false\nmax_connections = 7\n")
	c, err := Load(Input{
		Root:    machine("1048576"),
		Environ: []string{"MILLRACE_LISTEN=127.0.0.1:2", "MILLRACE_MAX_CONNECTIONS=8", "MILLRACE_CONFIG=" + path, "MILLRACE_PASSWORD=se=cret", "HOME=/"},
		Flags:   map[string]string{"max_connections": "9", "log_level": "DEBUG"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := Config{Data: "/file", Listen: "127.0.0.1:2", HTTP: "127.0.0.1:8033", Memory: 128 << 20, Sync: false,
		Workers: 1, MaxConnections: 9, User: "millrace", Password: "se=cret", ModelBytes: 64 << 20, LogLevel: "debug", LogFormat: "text"}
	if !equal(c, want) {
		t.Errorf("got  %+v\nwant %+v", c, want)
	}
}

func TestFileFlagBeatsEnvironment(t *testing.T) {
	one, two := writeTOML(t, "data = 'one'\n"), writeTOML(t, "data = 'two'\n")
	c, err := Load(Input{File: one, Environ: []string{"MILLRACE_CONFIG=" + two}, Root: machine("1048576")})
	if err != nil || c.Data != "one" {
		t.Errorf("data %q, error %v; want the file of the flag", c.Data, err)
	}
}

func TestUnknownEnvironmentIsTold(t *testing.T) {
	c, err := Load(Input{Environ: []string{"MILLRACE_MEMROY=1GB", "MILLRACE_AAA=", "MILLRACER=1"}, Root: machine("1048576")})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(c.Ignored, " "); got != "MILLRACE_AAA MILLRACE_MEMROY" {
		t.Errorf("ignored %q", got)
	}
}

func TestErrorsNameSettingAndPlace(t *testing.T) {
	cases := []struct {
		name  string
		toml  string
		env   string
		flags map[string]string
		want  string
	}{
		{"no workers", "", "", map[string]string{"workers": "0"}, "invalid value for --workers: 0 is not a number of workers, which are 1 to 64"},
		{"many workers", "", "", map[string]string{"workers": "65"}, "invalid value for --workers: 65 is not a number of workers, which are 1 to 64"},
		{"workers word", "", "MILLRACE_WORKERS=many", nil, `invalid value for MILLRACE_WORKERS: "many" is not a number`},
		{"sync", "sync = 'maybe'", "", nil, `invalid value for sync in .*: "maybe" is neither on nor off`},
		{"strongest place", "sync = 'on'", "MILLRACE_SYNC=maybe", nil, "invalid value for MILLRACE_SYNC:"},
		{"listen", "", "", map[string]string{"listen": "5433"}, `invalid value for --listen: "5433" is not host:port`},
		{"port", "", "", map[string]string{"listen": ":99999"}, `invalid value for --listen: the port in ":99999"`},
		{"port name", "", "", map[string]string{"http": "localhost:http"}, "invalid value for --http: the port"},
		{"connections", "max_connections = 0", "", nil, "invalid value for max_connections in .*: 0 is outside the range from 1 to 262143"},
		{"level", "", "MILLRACE_LOG_LEVEL=loud", nil, `"loud" is none of debug, info, warn, error`},
		{"empty data", "", "MILLRACE_DATA=", nil, "invalid value for MILLRACE_DATA: it is empty"},
		{"little memory", "", "", map[string]string{"memory": "1MB"}, "invalid value for --memory: 1048576 bytes are too few: at least 64 MB"},
		{"percent", "", "", map[string]string{"memory": "120%"}, `"120%" is not a part between 0% and 100%`},
		{"percent of nothing", "", "", map[string]string{"memory": "NaN%"}, "is not a part between"},
		{"unit", "", "", map[string]string{"memory": "5 parsecs"}, `"5 parsecs" has an unknown unit`},
		{"unknown key", "memroy = 1", "", nil, `has no setting named "memroy"; the settings are data, listen,`},
		{"table", "[data]\ndir = 1", "", nil, `has no setting named "data.dir"`},
		{"list", "data = [1]", "", nil, "invalid value for data in .*: \\[1\\] is neither text nor a number"},
		{"toml", "data =", "", nil, "cannot read the configuration file .*:"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in := Input{Flags: c.flags, Root: machine("1048576"), Environ: []string{c.env}}
			if c.toml != "" {
				in.File = writeTOML(t, c.toml)
			}
			_, err := Load(in)
			if err == nil {
				t.Fatal("accepted")
			}
			if !regexp.MustCompile(c.want).MatchString(err.Error()) {
				t.Errorf("error %q\nwant  %q", err, c.want)
			}
		})
	}
	if _, err := Load(Input{File: "/does/not/exist.toml"}); err == nil || !strings.Contains(err.Error(), "/does/not/exist.toml") {
		t.Errorf("missing file: %v", err)
	}
}

func TestHTTPOff(t *testing.T) {
	c, err := Load(Input{Flags: map[string]string{"http": "off"}, Root: machine("1048576")})
	if err != nil || c.HTTP != "" {
		t.Errorf("http %q, error %v", c.HTTP, err)
	}
}

// The table of docs/configuration.md has a line for each setting, with its default.
func TestDocumentationHasEverySetting(t *testing.T) {
	page, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range Settings() {
		line := "| `" + s.Key + "` | `" + s.Default + "` | " + s.Doc + " |"
		if s.Default == "" {
			line = "| `" + s.Key + "` | | " + s.Doc + " |"
		}
		if !strings.Contains(string(page), line+"\n") {
			t.Errorf("docs/configuration.md lacks the line\n%s", line)
		}
	}
}
