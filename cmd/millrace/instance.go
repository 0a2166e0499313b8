package main

import (
	"errors"
	"sync/atomic"

	"github.com/millracedb/millrace/server"
	"github.com/millracedb/millrace/server/httpd"
)

// instance is the server as the HTTP port sees it: absent at first, then running, then
// stopping or failed.
type instance struct {
	server   atomic.Pointer[server.Server]
	stopping atomic.Bool
	failure  atomic.Pointer[error]
}

var _ httpd.Source = (*instance)(nil)

func (i *instance) set(s *server.Server) { i.server.Store(s) }
func (i *instance) stop()                { i.stopping.Store(true) }

// fail notes that the server stopped by itself; err may be nil, when it did not say why.
func (i *instance) fail(err error) {
	if err == nil {
		err = errStopped
	}
	i.failure.Store(&err)
}

var (
	errStopped  = errors.New("stopped")
	errStarting = errors.New("starting")
	errStopping = errors.New("stopping")
)

func (i *instance) Alive() error {
	if err := i.failure.Load(); err != nil {
		return *err
	}
	return nil
}

func (i *instance) Ready() error {
	switch {
	case i.failure.Load() != nil:
		return *i.failure.Load()
	case i.stopping.Load():
		return errStopping
	case i.server.Load() == nil:
		return errStarting
	}
	return nil
}

func (i *instance) Snapshot() httpd.Snapshot {
	s := i.server.Load()
	if s == nil {
		return httpd.Snapshot{}
	}
	m := s.Metrics()
	return httpd.Snapshot{
		Ticks: m.Ticks, Steps: m.Steps, Commits: m.Commits, Rows: m.Rows, Checkpoints: m.Checkpoints, TempFiles: m.TempFiles, TempBytes: m.TempBytes,
		TickSeconds: m.TickSeconds, Connections: m.Connections, Sessions: int64(m.Sessions), LogBytes: m.LogBytes,
		PoolUsed: m.PoolUsed, PoolBudget: m.PoolBudget, Relations: int64(m.Relations),
	}
}
