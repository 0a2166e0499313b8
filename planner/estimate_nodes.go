package planner

import (
	"math"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

func (s *Scan) estimate(x *estimator, _ []Estimate) Estimate {
	out := Estimate{Rows: unknownRows, columns: make([]spread, len(s.Columns))}
	st := x.e.Statistics.Of(s.Relation)
	if st == nil {
		return out
	}
	out.Rows = st.Rows
	x.e.counted[s.Relation] = st.Rows
	for i, c := range s.Columns {
		values := st.Column(c.Position)
		out.columns[i] = spread{values.Distinct, values}
	}
	for _, k := range s.Keys {
		if len(k) == 1 {
			out.columns[k[0]].distinct = st.Rows
		}
	}
	if !s.Access.IsPoint() {
		return out
	}
	columns := s.Access.columns(x.e.Catalog)
	return x.keyed(s, columns, s.Access.Keys, out)
}

func (f *Filter) estimate(x *estimator, in []Estimate) Estimate {
	out := in[0].limited(in[0].Rows * x.selectivity(f.Preds, in[0]))
	for _, p := range f.Preds {
		if l, r, ok := equality(p); ok {
			if readsColumns(r) {
				l, r = r, l
			}
			if c, ok := scanColumn(l); ok && !readsColumns(r) {
				out.columns[c].distinct = min(1, out.Rows)
			}
		}
	}
	return out
}

func (p *Project) estimate(_ *estimator, in []Estimate) Estimate {
	out := Estimate{Rows: in[0].Rows, columns: make([]spread, len(p.Exprs))}
	for i, e := range p.Exprs {
		if c, ok := scanColumn(e); ok {
			out.columns[i] = in[0].columns[c]
			if !isColumn(e, c) {
				out.columns[i].values = nil // of another type
			}
		} else if !readsColumns(e) && !volatile(e) {
			out.columns[i].distinct = 1
		}
	}
	return out
}

// The rows of both sides meet by their keys: where values are frequent on both sides by their
// shares, else as if each value of the side with fewer stood on the other.
func (j *Join) estimate(x *estimator, in []Estimate) Estimate {
	l, r := in[0], in[1]
	both := Estimate{columns: slices.Concat(l.columns, r.columns)}
	share := 1.0
	for i, k := range j.LeftKeys {
		share *= meeting(l, r, k, j.RightKeys[i])
	}
	if len(j.LeftKeys) > 1 { // keys of several columns depend on each other
		share = math.Max(share, 1/math.Max(1, math.Max(l.Rows, r.Rows)))
	}
	both.Rows = l.Rows * r.Rows * share * x.selectivity(j.Residual, both)
	matched := min(l.Rows, both.Rows)
	rows := map[exec.JoinKind]float64{
		exec.Inner: both.Rows, exec.Left: math.Max(l.Rows, both.Rows), exec.Right: math.Max(r.Rows, both.Rows),
		exec.Full: math.Max(both.Rows, math.Max(l.Rows, r.Rows)), exec.Semi: matched, exec.Anti: l.Rows - matched, exec.Single: l.Rows,
	}[j.Kind]
	if j.Nearest != nil {
		rows = min(rows, l.Rows)
	}
	out := both.limited(rows)
	if j.leftOnly() {
		out = l.limited(rows)
	}
	if j.Out != nil {
		return out.picked(j.Out)
	}
	return out
}

// meeting is the share of the pairs of two inputs' rows that are equal on a column of each.
func meeting(l, r Estimate, a, b int) float64 {
	va, vb := l.columns[a], r.columns[b]
	apart := 1 / math.Max(1, math.Max(l.values(a), r.values(b)))
	if va.values == nil || vb.values == nil {
		return apart
	}
	if share, known := va.values.Meeting(vb.values); known {
		return math.Max(share, apart*(1-va.values.Nulls)*(1-vb.values.Nulls))
	}
	return apart
}

func (a *Aggregate) estimate(_ *estimator, in []Estimate) Estimate {
	return in[0].picked(a.Group).limited(in[0].groups(a.Group)).withColumns(len(a.Calls))
}

func (d *Distinct) estimate(_ *estimator, in []Estimate) Estimate {
	return in[0].limited(in[0].groups(identity(len(in[0].columns))))
}

func (s *Sort) estimate(_ *estimator, in []Estimate) Estimate {
	rows := in[0].Rows
	if n, ok := integerOf(s.Offset); ok {
		rows = math.Max(0, rows-n)
	}
	if n, ok := integerOf(s.Limit); ok {
		rows = min(rows, n)
	}
	return in[0].limited(rows)
}

// integerOf is the value of an int8 constant.
func integerOf(x expr.Expr) (float64, bool) {
	c, ok := x.(*expr.Const)
	if !ok || c.IsNull() || c.Value().Kind != col.KindI64 {
		return 0, false
	}
	return float64(c.Value().I64[0]), true
}

func (t *TopN) estimate(_ *estimator, in []Estimate) Estimate {
	out := in[0].limited(min(in[0].Rows, in[0].groups(t.Partition)*math.Max(0, float64(t.Limit))))
	return out.withColumns(len(t.Schema()) - len(in[0].columns))
}

func (u *Union) estimate(_ *estimator, in []Estimate) Estimate {
	out := Estimate{columns: make([]spread, len(u.Schema()))}
	for i, s := range in {
		out.Rows += s.Rows
		for c := range out.columns {
			if i == 0 {
				out.columns[c].distinct = s.values(c)
			} else {
				out.columns[c].distinct += s.values(c)
			}
		}
	}
	return out
}

func (s *SetOp) estimate(_ *estimator, in []Estimate) Estimate {
	if s.Kind == exec.IntersectAll {
		return in[0].limited(min(in[0].Rows, in[1].Rows))
	}
	return in[0]
}

func (v *Values) estimate(*estimator, []Estimate) Estimate {
	return Estimate{Rows: float64(len(v.Rows))}
}

func (s *Series) estimate(x *estimator, _ []Estimate) Estimate {
	var at [3]float64
	for i, a := range s.Args {
		k, _ := expr.Fold(x.e.ctx, a, true)
		c, ok := k.(*expr.Const)
		if !ok || c.IsNull() {
			return Estimate{Rows: unknownRows}
		}
		switch c.Value().Kind {
		case col.KindI32:
			at[i] = float64(c.Value().I32[0])
		case col.KindI64:
			at[i] = float64(c.Value().I64[0])
		default:
			return Estimate{Rows: unknownRows}
		}
	}
	if at[2] == 0 {
		return Estimate{Rows: unknownRows}
	}
	rows := math.Max(0, math.Floor((at[1]-at[0])/at[2])+1)
	return Estimate{Rows: rows, columns: []spread{{distinct: rows}}}
}

// A row of a set-returning function's input gives so many on average.
const rowsOfSet = 10

func (n *RowsFrom) estimate(_ *estimator, in []Estimate) Estimate {
	out := in[0]
	out.Rows *= rowsOfSet
	return out.withColumns(len(n.Schema()) - len(in[0].columns))
}

func (w *Window) estimate(_ *estimator, in []Estimate) Estimate {
	out := in[0]
	if w.Slide > 0 {
		out.Rows *= float64(w.Size) / float64(w.Slide)
	}
	return out.withColumns(len(w.Schema()) - len(in[0].columns))
}

func (s *Session) estimate(_ *estimator, in []Estimate) Estimate {
	return in[0].withColumns(len(s.Schema()) - len(in[0].columns))
}

func (o *Over) estimate(_ *estimator, in []Estimate) Estimate {
	return in[0].withColumns(len(o.Schema()) - len(in[0].columns))
}

func (f *DynamicFilter) estimate(_ *estimator, in []Estimate) Estimate {
	return in[0].limited(in[0].Rows * unknownRange)
}

func (t *Temporal) estimate(_ *estimator, in []Estimate) Estimate {
	return in[0].limited(in[0].Rows * unknownRange)
}

func (s *Scored) estimate(_ *estimator, in []Estimate) Estimate {
	out := in[0]
	out.columns = append(slices.Clone(out.columns), make([]spread, len(s.Exprs))...)
	return out
}

func (h *Hold) estimate(_ *estimator, in []Estimate) Estimate { return in[0] }

func (s *Single) estimate(_ *estimator, in []Estimate) Estimate { return in[0].limited(1) }

func (j *DependentJoin) estimate(_ *estimator, in []Estimate) Estimate { return in[0] }

// A recursion finds so many rows for each that it begins with.
const rowsOfRecursion = 10

func (f *Fixpoint) estimate(_ *estimator, in []Estimate) Estimate {
	return Estimate{Rows: in[0].Rows * rowsOfRecursion}
}

func (g *Given) estimate(*estimator, []Estimate) Estimate { return Estimate{Rows: unknownRows} }
