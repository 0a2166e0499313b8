package config

import (
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/knadh/koanf/parsers/toml/v2"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
)

// Prefix begins the name of every environment variable that is a setting.
const Prefix = "MILLRACE_"

// Config is one server's settings, all of them checked.
type Config struct {
	Data           string   // the folder of the database
	Listen         string   // host:port for PostgreSQL's protocol
	HTTP           string   // host:port for health and metrics; empty: none
	Memory         int64    // bytes that the server may use, on the heap and off it
	Sync           bool     // whether a commit waits for the disk
	Workers        int      // workers that share a tick
	MaxConnections int      // clients at one time
	User           string   // the first user, made when the database is
	Password       string   // of User; empty: none is set
	ModelFolders   []string // from which files of models are read
	ModelBytes     int64    // the most of such a file
	LogLevel       string   // debug, info, warn or error
	LogFormat      string   // text or json

	// Ignored are the environment variables with Prefix that name no setting, sorted: most
	// likely misspelt, so the caller says so.
	Ignored []string
}

// Input is where values come from, weakest first. The zero Input gives the defaults.
type Input struct {
	File    string            // a TOML file; empty: MILLRACE_CONFIG, else none
	Environ []string          // "NAME=value", as os.Environ gives them
	Flags   map[string]string // by key; a flag that was not given is not in it
	Root    fs.FS             // of the machine, to find how much memory it has; nil: os.DirFS("/")
}

// layer is one of the four places of values.
type layer struct {
	values *koanf.Koanf
	place  func(key string) string // what an error calls it
}

// Load merges the layers and checks the result. Its errors are for the person who wrote the
// setting: they say which, where, and what would have been right.
func Load(in Input) (Config, error) {
	var c Config
	layers, err := in.layers(&c)
	if err != nil {
		return Config{}, err
	}
	merged := koanf.New(".")
	for _, l := range layers {
		if err := merged.Merge(l.values); err != nil {
			return Config{}, fmt.Errorf("cannot merge settings: %w", err)
		}
	}
	root := in.Root
	if root == nil {
		root = os.DirFS("/")
	}
	for _, s := range settings {
		if err := s.read(&c, merged.String(s.Key), root); err != nil {
			place := origin(layers, s.Key)
			return Config{}, fmt.Errorf("invalid value for %s: %w", place, err)
		}
	}
	return c, nil
}

// origin names the strongest layer that has the key.
func origin(layers []layer, key string) string {
	for _, l := range slices.Backward(layers) {
		if l.values.Exists(key) {
			return l.place(key)
		}
	}
	return key
}

func (in Input) layers(c *Config) ([]layer, error) {
	fromEnv, path := koanf.New("."), in.File
	err := fromEnv.Load(env.Provider(".", env.Opt{
		Prefix:      Prefix,
		EnvironFunc: func() []string { return in.Environ },
		TransformFunc: func(name, value string) (string, any) {
			key := strings.ToLower(strings.TrimPrefix(name, Prefix))
			switch {
			case key == "config":
				if path == "" {
					path = value
				}
			case known(key):
				return key, value
			default:
				c.Ignored = append(c.Ignored, name)
			}
			return "", nil
		},
	}), nil)
	if err != nil {
		return nil, fmt.Errorf("cannot read the environment: %w", err)
	}
	slices.Sort(c.Ignored)
	fromFile, err := readFile(path)
	if err != nil {
		return nil, err
	}
	defaults, err := textLayer(defaultValues())
	if err != nil {
		return nil, err
	}
	flags, err := textLayer(in.Flags)
	if err != nil {
		return nil, err
	}
	return []layer{
		{defaults, func(key string) string { return "the default of " + key }},
		{fromFile, func(key string) string { return key + " in " + path }},
		{fromEnv, func(key string) string { return Prefix + strings.ToUpper(key) }},
		{flags, func(key string) string { return "--" + strings.ReplaceAll(key, "_", "-") }},
	}, nil
}

func textLayer(values map[string]string) (*koanf.Koanf, error) {
	k, m := koanf.New("."), make(map[string]any, len(values))
	for key, v := range values {
		m[key] = v
	}
	if err := k.Load(confmap.Provider(m, ""), nil); err != nil {
		return nil, fmt.Errorf("cannot read settings: %w", err)
	}
	return k, nil
}

// readFile reads a TOML file; a key that is no setting is an error, for it would have been
// ignored silently.
func readFile(path string) (*koanf.Koanf, error) {
	k := koanf.New(".")
	if path == "" {
		return k, nil
	}
	if err := k.Load(file.Provider(path), toml.Parser()); err != nil {
		return nil, fmt.Errorf("cannot read the configuration file %s: %w", path, err)
	}
	for _, key := range k.Keys() {
		if !known(key) {
			return nil, fmt.Errorf("%s has no setting named %q; the settings are %s", path, key, strings.Join(keys(), ", "))
		}
		switch v := k.Get(key).(type) {
		case string, bool, int64, float64:
		default:
			return nil, fmt.Errorf("invalid value for %s in %s: %v is neither text nor a number", key, path, v)
		}
	}
	return k, nil
}
