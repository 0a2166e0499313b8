package exec

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
)

// pairer lays out the pairs of a join: which columns come from the change, which from the
// probed state, and which of its payload must be read at all.
type pairer struct {
	b       *col.Batch
	payload []int    // of the probed side's payload
	from    []source // of each column of left ++ right; place -1: not needed
	types   []col.Type
	out     []int
	once    col.Batch
	shown   col.Batch    // once, for whom it is handed to
	picked  []col.Vector // of it the columns that come out
	w       []int64
}

type source struct {
	mine  bool
	place int // column of the change, or place in payload
}

// pairer prepares pairs of the change b of side in. The layout and the memory of the pairs
// last; batches of pairs are valid until the next.
func (j *Join) pairer(in int, b *col.Batch) *pairer {
	if j.pair[in] == nil {
		j.pair[in] = layoutPairs(j.spec, &j.sides, in, b)
	}
	j.pair[in].b = b
	return j.pair[in]
}

func layoutPairs(s JoinSpec, sides *[2]joinSide, in int, b *col.Batch) *pairer {
	mine, other := &sides[in], &sides[1-in]
	p := &pairer{b: b, types: slices.Concat(sides[0].types, sides[1].types), out: s.Out}
	need := make([]bool, len(p.types))
	for _, c := range s.Out {
		need[c] = true
	}
	if s.Residual != nil {
		for _, c := range expr.Columns(s.Residual) {
			need[c] = true
		}
	}
	for c := range p.types {
		src := source{place: -1}
		switch {
		case !need[c]:
		case c >= mine.first && c < mine.first+len(mine.types):
			src = source{true, c - mine.first}
		default:
			place := other.arr.place[c-other.first]
			if place < 0 { // a key column is equal to the change's own
				src = source{true, mine.keys[-1-place]}
				break
			}
			at := slices.Index(p.payload, place)
			if at < 0 {
				at = len(p.payload)
				p.payload = append(p.payload, place)
			}
			src = source{false, at}
		}
		p.from = append(p.from, src)
	}
	return p
}

// combine makes the pairs of the change's rows at left and the probed rows. Columns that
// nobody needs are empty.
func (p *pairer) combine(left []uint32, rows *col.Batch) *col.Batch {
	out := &p.once
	out.N, out.Sel, out.Stable = len(left), nil, true
	if out.Cols == nil {
		out.Cols = make([]col.Vector, len(p.from))
	}
	for c, src := range p.from {
		v := &out.Cols[c]
		switch {
		case src.place < 0:
			v.Type = p.types[c]
		case src.mine:
			from := &p.b.Cols[src.place]
			v.ResetKind(p.types[c], from.Kind, from.Scale)
			v.Gather(from, left)
		default:
			*v = rows.Cols[src.place]
		}
	}
	out.W = p.weights(left, rows)
	p.shown = *out
	return &p.shown
}

// show leaves of the last pairs the columns that come out.
func (p *pairer) show(pairs *col.Batch) *col.Batch {
	if p.picked == nil {
		p.picked = make([]col.Vector, len(p.out))
	}
	for i, c := range p.out {
		p.picked[i] = pairs.Cols[c]
	}
	pairs.Cols = p.picked
	return pairs
}

func (p *pairer) weights(left []uint32, rows *col.Batch) []int64 {
	if p.b.W == nil && rows.W == nil {
		return nil
	}
	w := growTo(p.w, len(left))
	p.w = w
	for i, l := range left {
		w[i] = p.b.Weight(int(l)) * rows.Weight(i)
	}
	return w
}

// rebuild makes the whole rows of an arrangement from probed payload and the keys that
// were probed.
func (a *Arrange) rebuild(keys []*col.Vector, left []uint32, rows *col.Batch) *col.Batch {
	out := &col.Batch{N: rows.N, W: rows.W, Cols: make([]col.Vector, len(a.place)), Stable: true}
	for c, place := range a.place {
		if place >= 0 {
			out.Cols[c] = rows.Cols[place]
			continue
		}
		k := keys[-1-place]
		v := &out.Cols[c]
		v.ResetKind(a.types[c], k.Kind, k.Scale)
		v.Gather(k, left)
		v.FromKey()
	}
	return out
}

// layoutWhole is layoutPairs over a side that is probed by whole rows.
func layoutWhole(s JoinSpec, sides *[2]joinSide, in int, b *col.Batch) *pairer {
	mine := &sides[in]
	p := &pairer{b: b, types: slices.Concat(sides[0].types, sides[1].types), out: s.Out}
	for c := range p.types {
		src := source{false, c - sides[1-in].first}
		if c >= mine.first && c < mine.first+len(mine.types) {
			src = source{true, c - mine.first}
		}
		p.from = append(p.from, src)
	}
	return p
}

// pairFilter is a residual condition over the pairs of a join.
type pairFilter struct{ pred expr.Expr }

func newPairFilter(pred expr.Expr) *pairFilter { return &pairFilter{pred: pred} }

// run selects the pairs for which the condition is true; a pair whose condition cannot be
// computed is no match, and an error of that pair.
func (p *pairFilter) run(t *Tick, c *fn.Ctx, b *col.Batch) (*col.Batch, error) {
	t.did(b.N)
	sel := expr.Filter(c, p.pred, b, nil)
	if len(c.Marks()) > 0 {
		var err error
		if sel, err = t.reportMarks(c, b, sel); err != nil {
			return nil, err
		}
	}
	if len(sel) == b.N {
		return b, nil
	}
	out := *b
	if out.Sel = sel; sel == nil {
		out.Sel = []uint32{}
	}
	return &out, nil
}
