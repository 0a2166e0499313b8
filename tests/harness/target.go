package harness

import (
	"context"
	"fmt"
	"time"

	"github.com/millracedb/millrace/server"
	"github.com/millracedb/millrace/storage/disk"
)

// Target is where the statements of a file go.
type Target interface {
	// Name is the word behind "only".
	Name() string
	// URL is where clients connect to.
	URL() string
	// Translate is the text that the target understands, and how its answer to it is
	// turned back.
	Translate(sql string) (text string, back func(answer string) string)
	// Begin starts the server anew, after a loss of power or in order.
	Begin(crashed bool) error
	// Close ends the target.
	Close() error
}

// Millrace is a server in this process, on a file system in memory.
type Millrace struct {
	disk   *disk.Mem
	server *server.Server
}

// Start starts Millrace with an empty database. What the file system leaves after a crash
// follows from the seed.
func Start(seed uint64) (*Millrace, error) {
	m := &Millrace{disk: disk.NewMem(seed)}
	return m, m.open()
}

func (m *Millrace) open() (err error) {
	m.server, err = server.StartOn(m.disk, server.Options{Listen: "127.0.0.1:0", Sync: true, Version: "test", Memory: 1 << 30})
	return err
}

// Name implements [Target].
func (m *Millrace) Name() string { return "millrace" }

// URL implements [Target].
func (m *Millrace) URL() string {
	return fmt.Sprintf("postgres://millrace@%s/millrace?sslmode=disable", m.server.Addr())
}

// Translate implements [Target].
func (m *Millrace) Translate(sql string) (text string, back func(answer string) string) {
	return sql, func(answer string) string { return answer }
}

// Server is the server that runs now.
func (m *Millrace) Server() *server.Server { return m.server }

// Begin implements [Target].
func (m *Millrace) Begin(crashed bool) error {
	if crashed {
		m.disk.Crash()
		_ = m.Close() // its files are gone
		m.disk = m.disk.Recover()
		return m.open()
	}
	if err := m.Close(); err != nil {
		return err
	}
	m.disk = m.disk.Restart()
	return m.open()
}

// Close implements [Target].
func (m *Millrace) Close() error {
	ctx, done := context.WithTimeout(context.Background(), time.Minute)
	defer done()
	return m.server.Close(ctx)
}
