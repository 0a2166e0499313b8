package exec

import (
	"context"
	"slices"

	"github.com/millracedb/millrace/storage/table"
)

// Listener is a query that is kept for as long as somebody listens: a view that stands in no
// catalog, no log and no checkpoint. It belongs to the goroutine that made it.
type Listener struct {
	e *Engine
	f *Filled
}

// Listen fills the view that r describes, of which Plans must know, and keeps it from then on.
// A row that cannot be computed ends it.
func (e *Engine) Listen(ctx context.Context, r *Relation) (*Listener, error) {
	f, err := e.newFill(r, ctx)
	if err != nil {
		f.free()
		return nil, err
	}
	f.flow.reportTo(func(int) func(*RowFault) error { return nil })
	f.rel.view = &view{flow: f.flow, parts: e.partsFor(&f.rel.Relation)}
	if err := f.fill(ctx, nil); err != nil {
		return nil, err
	}
	l := &Listener{e, f}
	missed := e.onTick(ctx, func() {
		for _, g := range f.graph.workers() {
			g.unstoppable()
		}
		if err = f.current(e); err == nil {
			err = f.finish(e, e.tickNo, e.now)
		}
		if err == nil {
			e.attach(f, false)
			e.upkeep.Take(f.rel.store)
			e.listeners = append(e.listeners, l)
		}
	})
	if missed != nil {
		err = missed
	}
	if err != nil {
		f.Release()
		return nil, err
	}
	return l, nil
}

// reads reports whether the query reads a relation itself.
func (l *Listener) reads(r *relation) bool {
	return slices.ContainsFunc(l.f.src.feeds, func(s feed) bool { return s.rel == r })
}

// current is the error when something that the filled view reads has gone, or been replaced.
func (f *Filled) current(e *Engine) error {
	for _, s := range f.src.feeds {
		if !e.isKnown(s.rel) {
			return errReplaced(s.rel)
		}
	}
	return nil
}

// isKnown reports whether a relation is still what its number leads to.
func (e *Engine) isKnown(r *relation) bool {
	now, err := e.rels.get(r.OID)
	return err == nil && now == r
}

// Store holds the query's rows.
func (l *Listener) Store() *table.Store { return l.f.rel.store }

// Err is why the query is not kept any more, nil while it is.
func (l *Listener) Err() error {
	flows := l.f.flow.all()
	for _, s := range l.f.rel.view.uses {
		flows = append(slices.Clip(flows), s.flow.all()...)
	}
	for _, p := range flows {
		if err := p.outOfService.Load(); err != nil {
			return err
		}
	}
	return nil
}

// Close lets the query go.
func (l *Listener) Close() {
	_ = l.e.onTick(context.Background(), func() { // an engine that has ended keeps nothing
		l.e.listeners = slices.DeleteFunc(l.e.listeners, func(x *Listener) bool { return x == l })
		l.e.graph.remove(l.f.flow)
		l.e.letGo(l.f.rel.view.uses, false)
		l.e.upkeep.Forget(l.f.rel.store)
	})
}
