package exec

import (
	"sync"
	"sync/atomic"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/table"
)

// LatePolicy says what becomes of a stream's rows behind the watermark.
type LatePolicy uint8

// The policies: Divert keeps late rows out of the stream and in millrace.late_rows, Drop
// only counts them, Keep lets them in.
const (
	Divert LatePolicy = iota
	Drop
	Keep
)

// Relation describes a table, stream or materialized view to the engine: the catalog's
// words turned into types and positions. It is immutable.
type Relation struct {
	OID    uint32
	Name   string
	Names  []string // of the columns
	Types  []col.Type
	Key    []int // columns that tell living rows apart; nil: a stream, or a view without a visible key
	RowID  int   // the hidden column whose values the engine gives; -1: none
	Bag    bool  // rows only come: a stream, or a view over streams that never retracts
	Unique []Unique
	// References are its foreign keys. A relation that has some has an identity among its
	// unique sets.
	References []Reference

	Watermark int // column with the event time; -1: none
	Delay     int64
	Late      LatePolicy
	Title     string // schema and name, for millrace.late_rows
	// MaxAhead is how far beyond the tick's instant a time may lie and still advance the
	// watermark, in µs; 0: DefaultMaxAhead.
	MaxAhead int64
	// IdleTimeout is the silence, in µs, after which a partition is waited for no more; 0: it
	// is always waited for.
	IdleTimeout int64
	Retention   table.Retention

	// Temporary: its rows are neither in the log nor in a checkpoint, and no dataflow reads it.
	Temporary bool

	View    bool   // kept by a dataflow, which Plans builds
	Into    uint32 // the table that it writes, and has no rows of its own: a sink; 0: it is none
	NotNull []int  // of a sink: columns in which the table takes no NULL
	History bool   // its contents depend on the past: not to be built anew
	// Changing: what reads it may rely neither on rows that only come nor on watermarks, whatever
	// its plan says of them.
	Changing bool
	// Draft is what Plans knows the plan of a view by that the catalog does not have yet; 0: it
	// has it.
	Draft uint64
	// Undivided: its states are one worker's, because the order in which rows come shows.
	Undivided bool
}

// Unique is a set of columns of which no two living rows have the same values, NULLs
// apart.
type Unique struct {
	Name    string // of the constraint, for errors
	Index   string // of the store that finds rows by it; "": the identity
	Cols    []int
	Primary bool
}

// config is how the engine stores a relation.
func (e *Engine) config(r *Relation) table.Config {
	c := table.Config{Types: r.Types, Key: r.Key, Seed: e.seed, BatchRows: e.opt.BatchRows, Retention: r.Retention, Shape: table.Keyed}
	switch {
	case r.Bag:
		c.Shape, c.Key = table.Bag, nil
	case r.Key == nil:
		c.Shape = table.Multiset
	}
	return c
}

// relation is a Relation that the engine runs. Its fields but for the store belong to the
// tick's goroutine.
type relation struct {
	Relation
	store *table.Store
	node  Ref // of the graph, where its changes come from
	// relays are the nodes through which views of fewer parts than there are workers read it,
	// by the number of parts.
	relays map[int]Ref
	// top is a view's last node. What it tells of its columns never changes, so a view
	// above it is the same whether it is filled beside the graph or built into it.
	top  *node
	mark int64
	// parts are the partitions of a stream; shown is them as sessions see them.
	parts partitions
	shown atomic.Pointer[[]Partition]
	// published is the mark as sessions see it.
	published atomic.Int64
	rowID     int64 // given last
	view      *view
}

// view is what keeps a materialized view.
type view struct {
	flow    *Dataflow
	parts   int // workers among which its states are divided: those there were at its creation
	sources []uint32
	reads   []*share     // the shared arrangements that its dataflow reads, in the order in which it is built
	uses    []*share     // each of them once
	errors  atomic.Int64 // weight of its rows in millrace.errors
}

// relations is the engine's relations by OID, read by sessions while ticks change them.
type relations struct {
	mu     sync.RWMutex
	by     map[uint32]*relation
	listed []*relation // by OID; nil: to be made
	fresh  []*relation // put in since newcomers was asked
	// past are those that old snapshots may still read, by the ticks in which they went.
	past map[uint32][]past
	// children are the relations with foreign keys by what they refer to; nil: to be made.
	children map[uint32][]*relation
}

func (r *relations) get(oid uint32) (*relation, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if x := r.by[oid]; x != nil {
		return x, nil
	}
	return nil, errNoRelation(oid)
}

// show lets sessions see the watermark of a stream and its partitions.
func (r *relation) show(mark int64, parts partitions) {
	r.published.Store(mark)
	if list := []Partition(parts); len(list) > 0 || r.shown.Load() != nil {
		r.shown.Store(&list)
	}
}

// know makes a relation known, and has its store maintained.
func (e *Engine) know(x *relation) {
	e.rels.put(x)
	if x.Watermark >= 0 && x.IdleTimeout > 0 {
		e.idlers = append(e.idlers, x)
	}
	e.upkeep.Take(x.store)
}

func (r *relations) put(x *relation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.listed); n > 0 && r.listed[n-1].OID < x.OID {
		r.listed = append(r.listed, x) // behind what readers of the slice see
	} else {
		r.listed = nil
	}
	r.by[x.OID], r.children = x, nil
	r.fresh = append(r.fresh, x)
}

func (r *relations) drop(oid uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.by, oid)
	r.listed, r.children = nil, nil
}

// reshape gives a relation the unique sets and foreign keys that it has from now on.
func (r *relations) reshape(x *relation, to *Relation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	x.Unique, x.References, r.children = to.Unique, to.References, nil
}

// referencing lists the relations with a foreign key on one, by OID; the slice is not to be
// changed.
func (r *relations) referencing(oid uint32) []*relation {
	all := r.all()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.children == nil {
		r.children = map[uint32][]*relation{}
		for _, x := range all {
			for _, f := range x.References {
				if c := r.children[f.Rel]; len(c) == 0 || c[len(c)-1] != x {
					r.children[f.Rel] = append(c, x)
				}
			}
		}
	}
	return r.children[oid]
}

// newcomers lists the relations put in since it was asked last.
func (r *relations) newcomers() []*relation {
	r.mu.Lock()
	defer r.mu.Unlock()
	fresh := r.fresh
	r.fresh = nil
	return fresh
}

// all lists the relations in order of their OIDs; the slice is not to be changed.
func (r *relations) all() []*relation {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.listed == nil {
		r.listed = make([]*relation, 0, len(r.by))
		for _, x := range r.by {
			r.listed = append(r.listed, x)
		}
		sortByOID(r.listed)
	}
	return r.listed
}
