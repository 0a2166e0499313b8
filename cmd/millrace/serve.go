package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/server"
	"github.com/millracedb/millrace/server/config"
	"github.com/millracedb/millrace/server/httpd"
)

var _ = command("serve", "Run the server until it is stopped.", &serveCmd{})

// serveCmd has a flag for each setting but the password. All are text, for what a value
// means is the matter of package config; an empty one was not given.
type serveCmd struct {
	Config         string `placeholder:"FILE" help:"A TOML file of settings; also as MILLRACE_CONFIG."`
	Data           string `placeholder:"DIR" help:"${data_help}"`
	Listen         string `placeholder:"ADDR" help:"${listen_help}"`
	HTTP           string `name:"http" placeholder:"ADDR" help:"${http_help}"`
	Memory         string `placeholder:"SIZE" help:"${memory_help}"`
	Sync           string `placeholder:"on|off" help:"${sync_help}"`
	Workers        string `placeholder:"N" help:"${workers_help}"`
	MaxConnections string `placeholder:"N" help:"${max_connections_help}"`
	User           string `placeholder:"NAME" help:"${user_help}"`
	ModelFolders   string `placeholder:"DIRS" help:"${model_folders_help}"`
	ModelMaxBytes  string `placeholder:"SIZE" help:"${model_max_bytes_help}"`
	LogLevel       string `placeholder:"LEVEL" help:"${log_level_help}"`
	LogFormat      string `placeholder:"FORMAT" help:"${log_format_help}"`
}

// settingHelp gives the flags the sentences and defaults of the settings.
func settingHelp() kong.Option {
	vars := kong.Vars{}
	for _, s := range config.Settings() {
		vars[s.Key+"_help"] = strings.ReplaceAll(s.Doc, "`", "") + " Default: " + s.Default + "."
	}
	return vars
}

// flags are those that were given, by setting.
func (c *serveCmd) flags() map[string]string {
	given := map[string]string{
		"data": c.Data, "listen": c.Listen, "http": c.HTTP, "memory": c.Memory, "sync": c.Sync, "workers": c.Workers,
		"max_connections": c.MaxConnections, "user": c.User, "model_folders": c.ModelFolders, "model_max_bytes": c.ModelMaxBytes, "log_level": c.LogLevel, "log_format": c.LogFormat,
	}
	for key, value := range given {
		if value == "" {
			delete(given, key)
		}
	}
	return given
}

// stopTime is how long a stop may take; what is not done by then is done by recovery.
const stopTime = 4500 * time.Millisecond

// Run serves until a signal comes (nil) or the server cannot go on (an error).
func (c *serveCmd) Run(p *process) error {
	began := time.Now()
	settings, err := config.Load(config.Input{File: c.Config, Environ: p.Environ, Flags: c.flags()})
	if err != nil {
		return err
	}
	logger := newLogger(p, settings)
	for _, name := range settings.Ignored {
		logger.Warn("environment variable names no setting", "name", name)
	}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	defer signal.Stop(signals)

	tuneRuntime(p.Environ, settings.Memory)
	running := &instance{}
	if settings.HTTP != "" {
		port, err := httpd.Listen(settings.HTTP, version, running, logger)
		if err != nil {
			return err
		}
		logger.Info("http", "address", port.Addr().String())
		defer func() {
			ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
			defer cancel()
			_ = port.Close(ctx) // what it says concerns requests that the process leaves behind
		}()
	}
	s, err := startUnlessStopped(running, serverOptions(settings, logger), signals)
	if s == nil {
		return err
	}
	stopFollowing := followMemory(p.Environ, settings.Memory, s)
	defer stopFollowing()
	logger.Info("ready", "address", s.Addr().String(), "took", time.Since(began).Round(100*time.Microsecond).String(), "version", version)
	return serveUntil(running, s, signals, logger)
}

func serverOptions(c config.Config, logger *slog.Logger) server.Options {
	return server.Options{Data: c.Data, Listen: c.Listen, Memory: c.Memory, Sync: c.Sync, MaxConnections: c.MaxConnections,
		User: c.User, Password: c.Password, ModelFolders: c.ModelFolders, ModelBytes: c.ModelBytes, Version: version, Logger: logger, Tuning: exec.Tuning{Workers: c.Workers}}
}

// startUnlessStopped opens the database. A signal while it recovers ends the start; nothing
// is lost by that, for recovery only reads what is durable. Both results are nil then.
func startUnlessStopped(running *instance, o server.Options, signals <-chan os.Signal) (*server.Server, error) {
	type outcome struct {
		server *server.Server
		err    error
	}
	started := make(chan outcome, 1)
	go func() {
		s, err := server.Start(o)
		started <- outcome{s, err}
	}()
	select {
	case r := <-started:
		if r.err != nil {
			return nil, r.err
		}
		running.set(r.server)
		return r.server, nil
	case sig := <-signals:
		o.Logger.Info("stopped before it was ready", "signal", sig.String())
		return nil, nil
	}
}

// serveUntil waits for a signal or a failure and stops the server.
func serveUntil(running *instance, s *server.Server, signals <-chan os.Signal, logger *slog.Logger) error {
	select {
	case err := <-s.Done():
		running.fail(err)
		if err != nil {
			return fmt.Errorf("the server stopped: %w", err)
		}
		return fmt.Errorf("the server stopped by itself")
	case sig := <-signals:
		logger.Info("stopping", "signal", sig.String())
	}
	running.stop()
	began, closed := time.Now(), make(chan error, 1)
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	go func() { closed <- s.Close(ctx) }()
	select {
	case err := <-closed:
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("the server did not stop cleanly: %w", err)
		}
		if err != nil {
			logger.Warn("stopped without a checkpoint; the next start reads more of the log", "error", err)
		}
		logger.Info("stopped", "took", time.Since(began).Round(100*time.Microsecond).String())
		return nil
	case <-ctx.Done():
		logger.Warn("stopped without a checkpoint; the next start reads more of the log")
		return nil
	case sig := <-signals:
		logger.Warn("stopped at once", "signal", sig.String())
		return exit(1)
	}
}

func newLogger(p *process, c config.Config) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		level = slog.LevelInfo
	}
	o := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(p.Err, o))
	}
	return slog.New(slog.NewTextHandler(p.Err, o))
}
