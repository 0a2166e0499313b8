package exec

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/typeio"
)

// ErrorsRelation describes millrace.errors: rows that views could not compute, with the
// weight they have there. They are derived, so not logged, and leave when the row is
// mended.
func ErrorsRelation() *Relation {
	return &Relation{OID: ErrorsOID, Name: "errors", RowID: -1, Watermark: -1,
		Names: []string{"view", "node", "sqlstate", "message", "row"},
		Types: []col.Type{col.Text, col.Int4, col.Text, col.Text, col.Text}}
}

// errorRows gathers a tick's changes of millrace.errors.
type errorRows struct {
	e     *Engine
	delta *col.Batch
}

func newErrorBatch() *col.Batch { return col.NewBatch(ErrorsRelation().Types...) }

func newErrorRows(e *Engine) *errorRows { return &errorRows{e: e, delta: newErrorBatch()} }

const mostRowText = 1024

// appendFault adds a row's error to a batch of millrace.errors.
func appendFault(b *col.Batch, view string, x *RowFault) {
	var text []byte
	text = append(text, '(')
	for c := range x.Batch.Cols {
		if c > 0 {
			text = append(text, ',')
		}
		v := &x.Batch.Cols[c]
		if v.N > x.Row && v.Kind != 0 && !v.Null(x.Row) {
			text = typeio.AppendText(text, v, x.Row, nil)
		}
		if len(text) > mostRowText {
			text = text[:mostRowText]
			break
		}
	}
	text = append(text, ')')
	b.Cols[0].AppendString(view)
	b.Cols[1].AppendI32(int32(x.Node))
	b.Cols[2].AppendString(x.Err.Code)
	b.Cols[3].AppendString(x.Err.Message)
	b.Cols[4].AppendBytes(text)
	b.Grow(b.N+1, x.Weight)
}

func (r *errorRows) add(rel *relation, x *RowFault) error {
	appendFault(r.delta, rel.Name, x)
	rel.view.errors.Add(x.Weight)
	return nil
}

// take adds the errors that a view's filling met.
func (r *errorRows) take(rel *relation, b *col.Batch) {
	for i := range b.N {
		rel.view.errors.Add(b.Weight(i))
	}
	r.delta.AppendBatch(b)
}

// withdrawAll removes the errors of a view that is dropped.
func (r *errorRows) withdrawAll(rel *relation) {
	errs, err := r.e.rels.get(ErrorsOID)
	if err != nil || rel.view.errors.Load() == 0 {
		return
	}
	for b, err := range errs.store.At(r.e.tickNo, firstN(len(errs.Types)), accessAll) {
		if err != nil {
			return
		}
		for i := range b.Len() {
			if p := b.Row(i); b.Cols[0].String(p) == rel.Name {
				r.delta.AppendRow(b, p, -b.Weight(p))
			}
		}
	}
}

// apply makes the tick's changes of millrace.errors visible with it.
func (r *errorRows) apply(tick uint64) error {
	if r.delta.N == 0 {
		return nil
	}
	rel, err := r.e.rels.get(ErrorsOID)
	if err != nil {
		return err
	}
	cons := consolidator{seed: r.e.seed}
	if r.delta.W == nil {
		r.delta.Grow(r.delta.N, 1)
	}
	d := cons.run(r.delta)
	r.delta = newErrorBatch()
	if d.N == 0 {
		return nil
	}
	if err := rel.store.Apply(tick, d); err != nil {
		return err
	}
	r.e.graph.Begin(tick, r.e.now, true)
	r.e.graph.Feed(rel.node, d)
	r.e.graph.Flush()
	return nil
}

// ErrorCount is how many rows a view, and the views below it, could not compute.
func (e *Engine) ErrorCount(view uint32) int64 {
	r, err := e.rels.get(view)
	if err != nil || r.view == nil {
		return 0
	}
	n := r.view.errors.Load()
	for _, s := range r.view.sources {
		n += e.ErrorCount(s)
	}
	return n
}
