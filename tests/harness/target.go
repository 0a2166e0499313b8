package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/millracedb/millrace/base/datetime"
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
	// Clock moves the clock: to an instant, or on by a span that begins with a plus sign.
	Clock(to string) error
	// Begin starts the server anew after an end of some kind.
	Begin(after End) error
	// Close ends the target.
	Close() error
}

// End is how a server ends: in order, killed, or by a loss of power.
type End struct {
	How string // the directive: "restart", "kill" or "crash"; "start" begins an empty database
	// Args are what the server is started with, name=value each; see Options. Of a database that
	// exists they change what they name.
	Args []string
}

// Millrace is a server in this process, on a file system in memory.
type Millrace struct {
	seed    uint64
	disk    *disk.Mem
	server  *server.Server
	options server.Options
	clock   *atomic.Int64 // that stands still but for Clock; nil: the machine's
}

// Start starts Millrace with an empty database. What the file system leaves after a crash
// follows from the seed; the arguments are those of the directive "start".
func Start(seed uint64, args ...string) (*Millrace, error) {
	m := &Millrace{seed: seed, disk: disk.NewMem(seed)}
	if err := m.set(args); err != nil {
		return nil, err
	}
	return m, m.open()
}

// set takes the arguments of "start": "clock" gives the server one that only Clock moves.
func (m *Millrace) set(args []string) (err error) {
	m.clock = nil
	if at := slices.Index(args, "clock"); at >= 0 {
		args, m.clock = slices.Delete(slices.Clone(args), at, at+1), new(atomic.Int64)
	}
	if m.options, err = Options(args); err == nil && m.clock != nil {
		m.options.Clock = m.clock.Load
	}
	return err
}

// Clock implements [Target]: the tick that is due then has been made when it returns.
func (m *Millrace) Clock(to string) error {
	if m.clock == nil {
		return errors.New(`the server was not started with "start clock"`)
	}
	if span, on := strings.CutPrefix(to, "+"); on {
		d, err := time.ParseDuration(span)
		if err != nil {
			return err
		}
		m.clock.Add(d.Microseconds())
	} else {
		t, err := time.Parse(time.DateTime, to)
		if err != nil {
			return err
		}
		m.clock.Store(datetime.FromTime(t))
	}
	return m.server.Passed(context.Background())
}

// Options are those of a server with the settings of name=value arguments: step_rows,
// batch_rows, checkpoint_ticks, workers, share_rows, work_mem (bytes), memory_mb, and sync=off. Where they do not say it,
// the environment's MILLRACE_TEST_WORKERS is the number of workers, which share every step.
func Options(args []string) (server.Options, error) {
	o := server.Options{Listen: "127.0.0.1:0", Sync: true, Version: "test", Memory: 1 << 30}
	if n, err := strconv.Atoi(os.Getenv("MILLRACE_TEST_WORKERS")); err == nil {
		o.Tuning.Workers, o.Tuning.ShareRows = n, 1
	}
	return o, configure(&o, args)
}

// configure changes what arguments name.
func configure(o *server.Options, args []string) error {
	for _, a := range args {
		name, value, _ := strings.Cut(a, "=")
		if name == "sync" {
			o.Sync = value == "on"
			continue
		}
		n, err := strconv.Atoi(value)
		set := map[string]func(){
			"step_rows":        func() { o.Tuning.StepRows = n },
			"batch_rows":       func() { o.Tuning.BatchRows = n },
			"checkpoint_ticks": func() { o.Tuning.CheckpointTicks = uint64(n) },
			"workers":          func() { o.Tuning.Workers = n },
			"share_rows":       func() { o.Tuning.ShareRows = n },
			"work_mem":         func() { o.Tuning.WorkMem = int64(n) },
			"memory_mb":        func() { o.Memory = int64(n) << 20 },
		}[name]
		if err != nil || set == nil || n < 0 {
			return fmt.Errorf("a server has no setting %q", a)
		}
		set()
	}
	return nil
}

func (m *Millrace) open() (err error) {
	m.server, err = server.StartOn(m.disk, m.options)
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
func (m *Millrace) Begin(after End) (err error) {
	switch after.How {
	case "crash", "kill":
		m.disk.Crash()
		_ = m.Close() // it cannot write any more
		if after.How == "crash" {
			m.disk = m.disk.Recover()
			return m.openWith(after.Args)
		}
	default:
		if err := m.Close(); err != nil {
			return err
		}
	}
	m.disk = m.disk.Restart()
	if after.How == "start" {
		m.disk = disk.NewMem(m.seed)
		if err = m.set(after.Args); err != nil {
			return err
		}
		return m.open()
	}
	return m.openWith(after.Args)
}

func (m *Millrace) openWith(args []string) error {
	if err := configure(&m.options, args); err != nil {
		return err
	}
	return m.open()
}

// Close implements [Target].
func (m *Millrace) Close() error {
	ctx, done := context.WithTimeout(context.Background(), time.Minute)
	defer done()
	return m.server.Close(ctx)
}
