package exec

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
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

// mostErrorRows bounds the rows of one view that stand in millrace.errors. How many there are
// is counted to the last one (E3).
const mostErrorRows = 10_000

// errorRows gathers changes of millrace.errors, of a tick or of a view's filling.
type errorRows struct {
	e     *Engine
	fill  bool // of a filling: nothing stands yet
	delta *col.Batch
	count int64 // of all rows added
	// samples is how many rows of each view stand there; nil: not known yet.
	samples map[string]int64
}

func newErrorBatch() *col.Batch { return col.NewBatch(ErrorsRelation().Types...) }

func newErrorRows(e *Engine, fill bool) *errorRows {
	return &errorRows{e: e, fill: fill, delta: newErrorBatch()}
}

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

// add adds an error of a view. What waits is bounded: beyond that it is cut down to what can
// stand or go.
func (r *errorRows) add(view string, x *RowFault) {
	appendFault(r.delta, view, x)
	r.count += x.Weight
	r.bound()
}

func (r *errorRows) bound() {
	if r.delta.N >= 4*mostErrorRows {
		r.delta = r.limited()
	}
}

// reports is what a view's dataflow does with the rows that it cannot compute. What another
// worker than the first meets waits for the step's end.
func (e *Engine) reports(rel *relation) func(worker int) func(*RowFault) error {
	return func(worker int) func(*RowFault) error {
		return func(x *RowFault) error {
			rel.view.errors.Add(x.Weight)
			if worker > 0 {
				appendFault(e.away[worker-1], rel.Name, x)
				return nil
			}
			e.errs.add(rel.Name, x)
			return nil
		}
	}
}

// gather takes what the workers met in a step, in their order.
func (r *errorRows) gather(away []*col.Batch) {
	for _, b := range away {
		if b.N > 0 {
			r.delta.AppendBatch(b)
			b.Reset()
		}
	}
	r.bound()
}

// take adds the errors that a view's filling met.
func (r *errorRows) take(f *errorRows) { r.delta.AppendBatch(f.delta) }

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
	d := r.limited()
	r.delta = newErrorBatch()
	if d.N == 0 {
		return nil
	}
	for i := range d.N {
		r.samples[d.Cols[0].String(i)] += d.Weight(i)
	}
	if err := rel.store.Apply(tick, d); err != nil {
		return err
	}
	r.e.graph.Begin(tick, r.e.now, true)
	r.e.graph.Feed(rel.node, d)
	r.e.graph.Flush()
	return nil
}

// limited is what waits, net: of what comes, as much of each view as has room; of what goes,
// what stands.
func (r *errorRows) limited() *col.Batch {
	d := *r.delta
	if d.W == nil {
		d.Grow(d.N, 1)
	}
	cons := consolidator{seed: r.e.seed}
	net := cons.run(&d)
	stands := r.standing(net)
	out, came := newErrorBatch(), map[string]int64{}
	for i := range net.N {
		w := net.Weight(i)
		if w < 0 {
			w = max(w, -stands[i])
		} else {
			view := net.Cols[0].String(i)
			w = max(0, min(w, mostErrorRows-r.samples[view]-came[view]))
			came[view] += w
		}
		if w != 0 {
			out.AppendRow(net, i, w)
		}
	}
	return out
}

// standing is the weights with which rows stand in millrace.errors.
func (r *errorRows) standing(b *col.Batch) []int64 {
	out := make([]int64, b.N)
	if r.fill {
		return out
	}
	rel, err := r.e.rels.get(ErrorsOID)
	if err != nil {
		return out
	}
	if r.samples == nil {
		r.countSamples(rel)
	}
	refs, births := rel.store.Newest("", columnsAt(b, firstN(len(b.Cols))))
	found, at := col.NewBatch(), []int{}
	for i := range refs {
		if births[i] != 0 {
			rel.store.Fetch(refs[i:i+1], nil, found)
			at = append(at, i)
		}
	}
	for k, i := range at {
		out[i] = found.Weight(k)
	}
	return out
}

// countSamples learns how many rows of each view stand there, after a start.
func (r *errorRows) countSamples(rel *relation) {
	r.samples = map[string]int64{}
	for b, err := range rel.store.At(rel.store.Last(), []int{0}, accessAll) {
		if err != nil {
			return // a reader of the relation is told
		}
		for i := range b.Len() {
			r.samples[b.Cols[0].String(b.Row(i))] += b.Weight(b.Row(i))
		}
	}
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

// defect is the error of what cannot be, unless something is wrong in here.
func defect(format string, args ...any) error {
	return pgerr.New(pgerr.InternalError, format, args...)
}
