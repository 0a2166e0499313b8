package exec

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/blob"
	"github.com/millracedb/millrace/storage/checkpoint"
	"github.com/millracedb/millrace/storage/disk"
	"github.com/millracedb/millrace/storage/log"
	"github.com/millracedb/millrace/storage/pool"
	"github.com/millracedb/millrace/storage/table"
)

// Catalog is what the engine asks of the catalog, which it does not know: the server hands
// it in. All calls come from the tick's goroutine, or before the engine is open.
type Catalog interface {
	// Next checks a diff against the newest version and those of Next calls since, and says
	// what it asks of the engine. An error (a conflict with another transaction's) refuses
	// the transaction. The version is the newest one only after Publish.
	Next(diff []byte) ([]Op, error)
	// Publish makes the version of the last successful Next calls the newest, as of a
	// tick; Forget drops it.
	Publish(tick uint64)
	Forget()
	// Back takes the last successful Next back: its transaction was refused.
	Back()
	// Encode is the whole newest version, for a checkpoint. Restore begins with it and
	// names the relations, in order of their OIDs.
	Encode() []byte
	Restore(b []byte) ([]Op, error)
	// Blobs names what of the engine's Blobs the newest version needs.
	Blobs() []string
	// Sequences lists the counters that the newest version needs.
	Sequences() []uint32
}

// Plans builds a standing dataflow from its stored plan.
type Plans interface {
	Build(r *Relation, b *Builder) (Ref, error)
}

// Op is one thing that a catalog's diff asks of the engine.
type Op struct {
	Create *Relation
	// Replace is a view that gets another plan under its number.
	Replace *Relation
	Drop    uint32 // 0: none
	Index   *IndexOp
}

// IndexOp creates or drops a secondary index.
type IndexOp struct {
	Rel    uint32
	Name   string // in the store
	Label  string // for errors
	Cols   []int
	Unique bool
	Drop   bool
	// Relation is the relation as it is afterwards, with its unique sets.
	Relation *Relation
}

// Options configures an Engine.
type Options struct {
	FS disk.FS
	// Blobs keeps what objects of the catalog hold beside their descriptions: durable before the
	// record that names it, and gone after a checkpoint in which the catalog does not.
	Blobs   *blob.Store
	Log     log.Options
	Memory  int64 // budget in bytes; 0: none
	Catalog Catalog
	Plans   Plans
	Logger  *slog.Logger
	// Clock is the wall clock in µs since 2000-01-01; nil: the machine's.
	Clock func() int64
	// CheckpointAfter is the CPU time of ticks after which a checkpoint is made; 0: 10 s.
	CheckpointAfter time.Duration
	Tuning
}

// Tuning says how the engine cuts its work, on which no answer depends. The zero value is
// the one to use; tests vary it.
type Tuning struct {
	// StepRows is the most rows of a step; 0: col.StepRows. It is part of what a database
	// is: one that exists keeps the number it was made with, whatever is said here, so that
	// replay cuts the ticks of the log as they were cut.
	StepRows int
	// BatchRows is the most rows of a batch in which relations are read, a multiple of 64;
	// 0: col.BatchRows.
	BatchRows int
	// CheckpointTicks asks for a checkpoint after so many ticks, however little time they
	// took; 0: time decides alone.
	CheckpointTicks uint64
	// Workers is how many workers share a tick; 0: 1. A view keeps the number it was made
	// with.
	Workers int
	// ShareRows is the rows from which on a step is shared among the workers' goroutines; 0:
	// as it is best.
	ShareRows int
	// WorkMem is the most bytes of every query's WorkMem, where it has one; 0: its own alone.
	WorkMem int64
}

// Engine is the database's heart: it owns the graph, the relations and the log, takes
// waiting commits into ticks, and answers reads of any published tick. Sessions call its
// exported methods from any goroutine; one goroutine of its own owns the tick.
type Engine struct {
	opt    Options
	log    *log.Segments
	pool   *pool.Pool
	graph  *Graph
	seed   col.Seed
	rels   relations
	shares shares
	// listeners are the queries that somebody listens to.
	listeners []*Listener
	// shareMu guards the list of shares for who fills a view.
	shareMu sync.Mutex
	pins    *table.Pins
	// versions keeps a tick and the version of the catalog that comes with it together for who
	// needs both.
	versions sync.RWMutex
	upkeep   table.Upkeep
	cks      *checkpoint.Store
	lock     interface{ Close() error }
	slots    chan struct{} // who may run CPU-bound ad hoc work

	queue        queue
	steps        atomic.Uint64
	tickNo       uint64  // of the last tick; of the tick's goroutine
	unseen       *unseen // the last tick, before it is visible; nil: it is
	checkpointed uint64  // of the last checkpoint
	now          int64
	errs         *errorRows
	away         []*col.Batch // rows that the workers after the first could not compute in the step
	recorder     recorder
	held         heldRows
	troubles     viewTroubles // at the last look
	failed       []*Dataflow  // taken out of service in this tick, to be logged in the next
	spent        time.Duration
	fatal        atomic.Pointer[pgerr.Error]
	state        atomic.Pointer[Published]
	waitMu       sync.Mutex
	wait         chan struct{} // closed at the next publish
	done         chan struct{}
	saved        map[string]bool // segment files that the last checkpoint names
	sequences    sequences
	stats        Stats
	spilled      Spilled

	history tickHistory

	idlers  []*relation      // streams whose partitions go idle
	orphans []PartitionEvent // partitions to be closed by the next tick
	signs   sync.Map         // of open partitions, by name: *atomic.Int64, when bytes came

	timer *time.Timer // rings the queue when a wake-up is due; nil: none ever was
	rang  time.Time   // the last tick that wake-ups alone asked for
}

// Published is what readers see: a tick and its instant.
type Published struct {
	Tick uint64
	Now  int64
}

// Stats counts what the engine did since its start.
type Stats struct {
	Ticks, Steps, Commits, Rows, Checkpoints atomic.Uint64
	TickNanos                                atomic.Uint64
}

// Stats are the engine's counters.
func (e *Engine) Stats() *Stats { return &e.stats }

// Spilled are the counters of temporary files.
func (e *Engine) Spilled() *Spilled { return &e.spilled }

// Pool is the memory that states live in, for its figures.
func (e *Engine) Pool() *pool.Pool { return e.pool }

// LogSize is the bytes of the log's live segments.
func (e *Engine) LogSize() int64 { return e.log.Size() }

func (e *Engine) clock() int64 {
	if e.opt.Clock != nil {
		return e.opt.Clock()
	}
	return time.Now().UnixMicro() - epoch2000
}

const epoch2000 = 946684800 * 1000000 // µs from 1970 to 2000

// Newest is the newest published tick and its instant.
func (e *Engine) Newest() Published { return *e.state.Load() }

// Fatal is why the engine has stopped taking commits, nil while it runs: the outcome of a
// write to the log is unknown, and only a new start tells.
func (e *Engine) Fatal() error {
	if f := e.fatal.Load(); f != nil {
		return f
	}
	return nil
}

// Await blocks until a tick after the given one is published, and returns the newest.
func (e *Engine) Await(ctx context.Context, after uint64) (Published, error) {
	for {
		e.waitMu.Lock()
		if e.wait == nil {
			e.wait = make(chan struct{})
		}
		c := e.wait
		e.waitMu.Unlock()
		if p := e.Newest(); p.Tick > after {
			return p, nil
		}
		select {
		case <-c:
		case <-ctx.Done():
			return e.Newest(), ctx.Err()
		case <-e.done:
			return e.Newest(), errShutdown()
		}
	}
}

func (e *Engine) publish(tick uint64, now int64) {
	e.state.Store(&Published{Tick: tick, Now: now})
	e.pins.Publish(tick)
	e.waitMu.Lock()
	if e.wait != nil {
		close(e.wait)
		e.wait = nil
	}
	e.waitMu.Unlock()
}

func errShutdown() error {
	return pgerr.New(pgerr.AdminShutdown, "terminating connection due to administrator command")
}

// Commit puts a transaction into a tick and returns when that tick is durable and
// visible. The error, if any, is the transaction's alone, and nothing of it happened,
// but for 08007: then only a new start tells. When ctx ends, a transaction that still waits for
// its tick is taken back, and one that is being decided refused; one that is decided is not, and
// Commit returns when the tick has ended.
func (e *Engine) Commit(ctx context.Context, t *Txn) (tick uint64, err error) {
	if f := e.fatal.Load(); f != nil {
		return 0, f
	}
	t.ctx = ctx
	x := &entry{txn: t, done: make(chan struct{}), rows: t.rows(), bytes: t.bytes()}
	if err := e.queue.put(ctx, x); err != nil {
		return 0, err
	}
	select {
	case <-x.done:
	case <-ctx.Done():
		if e.queue.withdraw(x) {
			return 0, canceled(ctx)
		}
		<-x.done
	}
	return x.tick, x.err
}

// run is the tick's goroutine: it takes what has arrived, makes a tick of it, and looks
// after what is due between ticks.
func (e *Engine) run() {
	defer close(e.done)
	defer e.graph.Close()
	debugFaults()
	e.alarm()
	for {
		batch, open := e.queue.take(e.unseen == nil)
		if len(batch) == 0 {
			e.settle()
		}
		if len(batch) > 0 || open && e.woken(e.clock()) {
			from := time.Now()
			if len(batch) == 0 {
				e.rang = from
			}
			e.tick(batch)
			d := time.Since(from)
			e.spent += d
			e.stats.TickNanos.Add(uint64(d))
		}
		if !open {
			if e.timer != nil {
				e.timer.Stop()
			}
			return
		}
		e.between()
		e.alarm()
	}
}

// stop ends the taking of commits after a failure of the log.
func (e *Engine) stop(err error) *pgerr.Error {
	f := pgerr.New(pgerr.TransactionResolutionUnknown, "the outcome of the transaction is unknown: %v", err).
		WithHint("The server must be started again; it then tells what was committed.")
	e.fatal.Store(f)
	e.opt.Logger.Error("the log failed, no more commits are taken", "error", err)
	return f
}

// Close makes a checkpoint and ends the engine; commits that wait are still answered. Nobody may take
// values of sequences any more.
func (e *Engine) Close() error {
	e.queue.close()
	<-e.done
	var err error
	if e.fatal.Load() == nil && e.tickNo > 0 {
		err = e.checkpoint(true)
	}
	return errors.Join(err, e.release())
}

// Abandon ends the engine as a crash would: nothing more is written.
func (e *Engine) Abandon() {
	e.queue.close()
	<-e.done
	_ = e.pool.Close()
	_ = e.lock.Close()
}

func (e *Engine) release() error {
	return errors.Join(e.log.Close(), e.pool.Close(), e.lock.Close())
}

func newEngine(o Options) (*Engine, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.CheckpointAfter == 0 {
		o.CheckpointAfter = 10 * time.Second
	}
	if o.StepRows == 0 {
		o.StepRows = col.StepRows
	}
	o.Workers = max(1, o.Workers)
	if o.Blobs == nil {
		o.Blobs = blob.New(o.FS)
	}
	e := &Engine{opt: o, done: make(chan struct{}), slots: make(chan struct{}, max(1, runtime.NumCPU())), saved: map[string]bool{}}
	e.rels.by = map[uint32]*relation{}
	e.pins = table.NewPins(o.Memory / 4)
	e.queue.init()
	e.errs = newErrorRows(e, false)
	var err error
	if e.lock, err = o.FS.Lock(); err != nil {
		return nil, err
	}
	if e.pool, err = pool.New(pool.Config{Budget: o.Memory}); err != nil {
		return nil, errors.Join(err, e.lock.Close())
	}
	return e, nil
}

func sortByOID(rs []*relation) {
	slices.SortFunc(rs, func(a, b *relation) int { return int(int64(a.OID) - int64(b.OID)) })
}
