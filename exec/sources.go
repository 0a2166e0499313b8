package exec

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/storage/table"
)

var accessAll table.Access

// feed is a relation that a private graph (a query's, or a view's while it is filled)
// reads: its node there, and what is read of it.
type feed struct {
	rel    *relation
	node   Ref
	cols   []int
	access table.Access
	flow   *Dataflow // of a query: whose plan reads it, and the number of the scan there
	plan   int
	hidden *Hidden // rows that are left out; nil: none
}

// Hidden is rows that one scan of a relation leaves out, by their identity in the columns Key.
type Hidden struct {
	Has func(key *col.Batch, row int) bool
	Key []int
}

// sources gives a builder the relations: nodes of the engine's graph, or private ones
// that somebody feeds.
type sources struct {
	e   *Engine
	own bool // private nodes
	// restored: of a view as a checkpoint has it, also one that stands on what is out of service.
	restored bool
	// beside are views that are filled below the one that is built, and are read in place of those of
	// their numbers.
	beside []*Filled
	tick   uint64 // of a query: its snapshot's
	feeds  []feed
	used   []uint32
	bases  map[Ref]*relation // the nodes by which relations are read whole

	// Of the shared arrangements: those that the build has made, which the first worker's
	// sources have for all; of how many of them this worker has its part; those that the
	// dataflow reads, in their order; and what a checkpoint says of these.
	shares []*share
	leader *sources // the first worker's; nil: these are
	making int
	reads  []*share
	listed []string

	inner []*Dataflow // parts of a query with settings of their own
}

// kept is the feeds whose relations have rows of ticks before. What comes to a stream that keeps none is
// for those that stand when it comes, not for a view that is being filled.
func (s *sources) kept() []feed {
	return slices.DeleteFunc(slices.Clone(s.feeds), func(f feed) bool { return f.rel.Retention.None })
}

// Source adds the changes of columns of a relation; in a dataflow that runs once, its
// rows at the snapshot. It panics with an error for the client when the relation cannot be
// read; whoever has a dataflow built turns that back into the error.
func (b *Builder) Source(rel uint32, cols []int) Ref { return b.SourceAt(rel, cols, accessAll) }

// SourceAt is Source with a way to find the rows, for a dataflow that runs once.
func (b *Builder) SourceAt(rel uint32, cols []int, a table.Access) Ref {
	return b.SourceWithout(rel, cols, a, nil)
}

// SourceWithout is SourceAt that leaves out rows, for a dataflow that runs once.
func (b *Builder) SourceWithout(rel uint32, cols []int, a table.Access, hidden *Hidden) Ref {
	r, err := b.src.relation(rel, b.once)
	if err == nil && !b.src.restored {
		err = b.src.e.serves(r)
	}
	if err != nil {
		panic(err)
	}
	b.src.used = append(b.src.used, rel)
	if b.once {
		return b.feedOnce(r, cols, a, hidden)
	}
	base := Ref(0)
	if b.src.own {
		base = b.feedPrivate(r)
	} else {
		base = b.relayed(r)
	}
	if b.src.bases == nil {
		b.src.bases = map[Ref]*relation{}
	}
	b.src.bases[base] = r
	return b.narrow(base, cols)
}

// relation is one that there is now or, for a query, that there was at its snapshot.
func (s *sources) relation(oid uint32, once bool) (*relation, error) {
	if once {
		return s.e.rels.at(oid, s.tick)
	}
	for _, f := range s.first().beside {
		if f.rel.OID == oid {
			return f.rel, nil
		}
	}
	return s.e.rels.get(oid)
}

// feedOnce adds a node that is fed just the columns of one scan.
func (b *Builder) feedOnce(r *relation, cols []int, a table.Access, hidden *Hidden) Ref {
	types := make([]col.Type, len(cols))
	for i, c := range cols {
		types[i] = r.Types[c]
	}
	node := b.g.newSource(SourceSpec{Types: types, AppendOnly: true, Watermark: -1})
	b.src.feeds = append(b.src.feeds, feed{r, node, cols, a, b.flow, b.plan, hidden})
	return node
}

// feedPrivate finds or adds a private node for a whole relation.
func (b *Builder) feedPrivate(r *relation) Ref {
	for _, f := range b.src.feeds {
		if f.rel == r {
			return f.node
		}
	}
	node := b.g.newSource(r.source())
	b.g.level(node, b.src.e.levelFor(r, b.parts))
	if r.top != nil {
		n := b.g.nodes[node]
		n.appendOnly, n.carries, n.windows, n.promise = r.top.appendOnly, r.top.carries, r.top.windows, r.top.promise
	}
	b.src.feeds = append(b.src.feeds, feed{rel: r, node: node, cols: firstN(len(r.Types))})
	return node
}

// source describes the relation as a source of changes.
func (r *relation) source() SourceSpec {
	return SourceSpec{Types: r.Types, AppendOnly: r.Bag, Watermark: r.Watermark, Promise: r.Late != Keep}
}

// narrow projects a node to some of its columns, unless they are all.
func (b *Builder) narrow(node Ref, cols []int) Ref {
	types := b.Types(node)
	same := len(cols) == len(types)
	exprs := make([]expr.Expr, len(cols))
	for i, c := range cols {
		same = same && c == i
		exprs[i] = expr.NewColumn(c, types[c])
	}
	if same {
		return node
	}
	return b.Project(node, exprs)
}
