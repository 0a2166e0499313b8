// Package config is what a server is told before it starts: where its data lies, where it
// listens, how much memory it may use.
//
// The noun is the setting: a key such as max_connections with a default, which a TOML file
// overrides, which MILLRACE_MAX_CONNECTIONS overrides, which the flag --max-connections
// overrides. All of them are lines of one table in settings.go. Load either returns a Config
// in which every value has been checked, or an error that names the setting and the place
// where its value came from.
//
// The package reads the file system and nothing else; it starts nothing.
package config
