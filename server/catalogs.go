package server

import (
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/planner"
)

func oidText(o catalog.OID) string { return strconv.FormatUint(uint64(o), 10) }

// catalogs is the catalog's versions as the engine drives them, and the plans of views:
// it is the engine's Catalog and Plans. The newest version is read by every session.
type catalogs struct {
	owner  string
	newest atomic.Pointer[catalog.Catalog]
	next   *catalog.Catalog // of the tick that is being decided; nil: none
	before *catalog.Catalog // next before the last diff
	oids   *catalog.OIDs
	models *models

	mu     sync.Mutex
	drafts uint64
	filled map[uint64]planned // views that are built before the catalog knows them, by their drafts
}

type planned struct {
	relation *catalog.Relation
	root     planner.Node
	from     *catalog.Catalog
}

func newCatalogs(owner string, m *models) *catalogs {
	return &catalogs{owner: owner, models: m, filled: map[uint64]planned{}}
}

// Next applies a diff to the newest version and those before it in this tick.
func (c *catalogs) Next(diff []byte) ([]exec.Op, error) {
	d, err := catalog.DecodeDiff(diff)
	if err != nil {
		return nil, err
	}
	base := c.base()
	next, err := base.Apply(d)
	if err != nil {
		return nil, err
	}
	ops, err := opsOf(base, next, d)
	if err != nil {
		return nil, err
	}
	c.before, c.next = c.next, next
	return ops, nil
}

func (c *catalogs) base() *catalog.Catalog {
	if c.next != nil {
		return c.next
	}
	return c.newest.Load()
}

// opsOf says what a diff asks of the engine.
func opsOf(before, after *catalog.Catalog, d *catalog.Diff) (ops []exec.Op, err error) {
	for _, ch := range d.Changes {
		switch r := ch.Relation; {
		case r != nil && after.Relation(r.OID) == nil: // dropped again by the same transaction
		case r != nil && r.Version == 1 && (r.Stored() || r.Kept()):
			if r.Kept() { // a later statement of the transaction may have replaced it
				r = after.Relation(r.OID)
			}
			x, err := engineRelation(after, r)
			if err != nil {
				return nil, err
			}
			ops = append(ops, exec.Op{Create: x})
		case r != nil && isReplaced(before, after, r):
			x, err := engineRelation(after, r)
			if err != nil {
				return nil, err
			}
			ops = append(ops, exec.Op{Replace: x})
		case r != nil && r.Version == 1 && r.Kind == catalog.Index && !r.Index.Primary:
			op, err := indexOp(after, r, false)
			if err != nil {
				return nil, err
			}
			ops = append(ops, op)
		case ch.Drop != nil:
			op, err := dropOp(before, after, ch.Drop.OID)
			if err != nil {
				return nil, err
			}
			if op != nil {
				ops = append(ops, *op)
			}
		}
	}
	return ops, nil
}

// isReplaced reports whether a description is the one with which a view gets another query.
func isReplaced(before, after *catalog.Catalog, r *catalog.Relation) bool {
	old, now := before.Relation(r.OID), after.Relation(r.OID)
	return old != nil && old.Replaced != now.Replaced && r.Version == now.Version
}

func indexOp(c *catalog.Catalog, i *catalog.Relation, drop bool) (exec.Op, error) {
	x := &exec.IndexOp{Rel: uint32(i.Index.Table), Name: indexName(i.OID), Label: i.Name, Cols: i.Index.Columns, Unique: i.Index.Unique, Drop: drop}
	var err error
	x.Relation, err = engineRelation(c, c.Relation(i.Index.Table))
	return exec.Op{Index: x}, err
}

func dropOp(before, after *catalog.Catalog, oid catalog.OID) (*exec.Op, error) {
	r := before.Relation(oid)
	switch {
	case r == nil:
		return nil, nil
	case r.Stored() || r.Kept():
		return &exec.Op{Drop: uint32(oid)}, nil
	case r.Kind == catalog.Index && !r.Index.Primary && after.Relation(r.Index.Table) != nil:
		op, err := indexOp(after, r, true)
		return &op, err
	}
	return nil, nil
}

// Publish makes the version decided in this tick the newest.
func (c *catalogs) Publish(uint64) {
	if c.next == nil {
		return
	}
	c.newest.Store(c.next)
	c.oids.Raise(c.next.NextOID())
	c.next = nil
}

// Back takes the last diff back.
func (c *catalogs) Back() { c.next = c.before }

// Forget drops the version decided in this tick.
func (c *catalogs) Forget() { c.next = nil }

// Encode is the newest version.
func (c *catalogs) Encode() []byte { return c.newest.Load().Encode(nil) }

// Blobs names the files of models that the newest version has.
func (c *catalogs) Blobs() []string { return c.newest.Load().Blobs() }

// Sequences lists the counters of the newest version.
func (c *catalogs) Sequences() []uint32 { return c.newest.Load().Counters() }

// Restore begins with an encoded version, or an empty database.
func (c *catalogs) Restore(b []byte) ([]exec.Op, error) {
	cat := catalog.New(c.owner)
	if b != nil {
		var err error
		if cat, err = catalog.Decode(b); err != nil {
			return nil, err
		}
	}
	c.newest.Store(cat)
	c.oids = catalog.NewOIDs(cat)
	ops := []exec.Op{{Create: exec.ErrorsRelation()}, {Create: exec.LateRelation()}}
	for r := range cat.Relations() {
		if !r.Stored() && !r.Kept() {
			continue
		}
		x, err := engineRelation(cat, r)
		if err != nil {
			return nil, err
		}
		ops = append(ops, exec.Op{Create: x})
	}
	return ops, nil
}

// plan hands in the plan of a view that is about to be filled, and marks x with it.
func (c *catalogs) plan(x *exec.Relation, r *catalog.Relation, root planner.Node, from *catalog.Catalog) (forget func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drafts++
	x.Draft = c.drafts
	c.filled[x.Draft] = planned{r, root, from}
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.filled, x.Draft)
	}
}

// Build builds the dataflow of a view from its stored plan, under the settings that were
// frozen when it was created.
func (c *catalogs) Build(r *exec.Relation, b *exec.Builder) (exec.Ref, error) {
	c.mu.Lock()
	p, ok := c.filled[r.Draft]
	c.mu.Unlock()
	if !ok {
		p.from = c.base()
		if p.relation = p.from.Relation(catalog.OID(r.OID)); p.relation == nil {
			return 0, pgerr.New(pgerr.InternalError, "view %d has no plan", r.OID)
		}
		var err error
		if p.root, _, err = planner.Parse(p.relation.Plan); err != nil {
			return 0, err
		}
	}
	ctx, err := viewContext(p.relation, 0)
	if err != nil {
		return 0, err
	}
	if m := c.viewModels(p.root, p.from); m != nil {
		ctx.Models = m
	}
	b.SetSettings(ctx)
	root, err := planner.Instantiate(p.root, ctx)
	if err != nil {
		return 0, err
	}
	pb := &planner.Builder{Builder: b, Source: func(s *planner.Scan) exec.Ref { return b.Source(uint32(s.Relation), positions(p.from, s)) }}
	return planner.Build(pb, root), nil
}

// positions are the places of a scan's columns in its relation as it is now.
func positions(c *catalog.Catalog, s *planner.Scan) []int {
	r := c.Relation(s.Relation)
	out := make([]int, len(s.Columns))
	for i, k := range s.Columns {
		out[i] = k.Position
		if r != nil {
			if at := r.AttnumIndex(k.Attnum); at >= 0 {
				out[i] = at
			}
		}
	}
	return out
}

// timesOf reads the settings of times out of all settings.
func timesOf(settings map[string]string) (*datetime.Settings, error) {
	t := &datetime.Settings{}
	for _, name := range []string{"datestyle", "intervalstyle", "timezone", "extra_float_digits"} {
		v, ok := settings[name]
		if !ok {
			continue
		}
		if err := setTimes(t, name, v); err != nil {
			return nil, err
		}
	}
	return t, nil
}
