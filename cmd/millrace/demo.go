package main

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/millracedb/millrace/examples/flights"
	"github.com/millracedb/millrace/server"
	"github.com/millracedb/millrace/server/config"
)

var _ = command("demo", "Show what Millrace does, on real data.", &demoCmd{})

// demoCmd starts a server in a fresh folder and streams an example into it.
type demoCmd struct {
	Example string  `arg:"" enum:"flights" help:"Which example: flights."`
	Once    bool    `help:"End after the check, with exit status 0 or 1."`
	Speed   float64 `default:"24" placeholder:"HOURS" help:"Hours of flights a second; 0 for as fast as it goes. Default: 24."`
	Keep    bool    `help:"Leave the database's folder behind."`
	CSV     string  `placeholder:"DIR" help:"Read flights, weather, airports, airlines and planes (.csv or .csv.gz) from here, such as the full year."`
}

// demoListen is where people look first.
const demoListen = "127.0.0.1:5433"

// Run answers nil when every view equalled its query and nothing failed.
func (c *demoCmd) Run(p *process) (err error) {
	if c.Speed < 0 {
		return fmt.Errorf("--speed must not be negative")
	}
	data := fs.FS(flights.Files)
	if c.CSV != "" {
		data = os.DirFS(c.CSV)
	}
	folder, err := os.MkdirTemp("", "millrace-flights-")
	if err != nil {
		return err
	}
	defer func() {
		if c.Keep {
			fmt.Fprintf(p.Out, "The database stays: millrace serve --data %s\n", folder)
		} else if removed := os.RemoveAll(folder); removed != nil && err == nil {
			err = removed
		}
	}()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s, err := startDemoServer(p, filepath.Join(folder, "data"))
	if err != nil {
		return err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.Background(), stopTime)
		defer cancel()
		if closed := s.Close(closing); closed != nil && err == nil {
			err = closed
		}
	}()
	d := &demo{process: p, address: s.Addr().String(), data: data, speed: c.Speed}
	if err := d.run(ctx); err != nil {
		if ctx.Err() != nil {
			fmt.Fprintln(p.Out, "\nStopped.")
			return exit(1)
		}
		return err
	}
	if c.Once {
		return nil
	}
	d.invite()
	select {
	case <-ctx.Done():
		fmt.Fprintln(p.Out, "\nStopped.")
		return nil
	case err := <-s.Done():
		return fmt.Errorf("the server stopped: %w", err)
	}
}

// startDemoServer takes the usual port, or when that is taken another free one.
func startDemoServer(p *process, data string) (*server.Server, error) {
	settings, err := config.Load(config.Input{})
	if err != nil {
		return nil, err
	}
	tuneRuntime(p.Environ, settings.Memory)
	address := demoListen
	if l, err := net.Listen("tcp", address); err != nil {
		address = "127.0.0.1:0"
	} else if err := l.Close(); err != nil {
		return nil, err
	}
	began := time.Now()
	o := server.Options{Data: data, Listen: address, Memory: settings.Memory, Sync: true,
		MaxConnections: settings.MaxConnections, User: settings.User, Version: version,
		Logger: slog.New(slog.NewTextHandler(p.Err, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	s, err := server.Start(o)
	if err != nil {
		return nil, err
	}
	if address != demoListen {
		fmt.Fprintf(p.Out, "Port 5433 is taken, so this server listens on %s.\n", s.Addr())
	}
	fmt.Fprintf(p.Out, "Millrace %s is ready on %s after %s; its data is in %s.\n", version, s.Addr(),
		time.Since(began).Round(time.Millisecond), data)
	return s, nil
}
