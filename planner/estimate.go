package planner

import (
	"math"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/storage/table"
)

// Statistics tells what the stores know of relations' rows. It is asked while a statement is
// planned, on the session's goroutine.
type Statistics interface {
	// Of is what is known of a relation's rows now; nil: it has no store.
	Of(relation catalog.OID) *table.Statistics
}

// Estimate is about how many rows come out of a node, and how their values are spread.
type Estimate struct {
	Rows    float64
	columns []spread // of the output
}

// spread is how a column's values are spread.
type spread struct {
	distinct float64                 // different values; 0: not known
	values   *table.ColumnStatistics // of the stored column that it is; nil: it is none
}

// What is taken where nothing is known, as others do.
const (
	unknownRows   = 1000  // rows of a relation, or of a function
	unknownValues = 200   // different values of a column
	unknownEqual  = 0.005 // rows that equal something
	unknownRange  = 1.0 / 3
	unknownMatch  = 0.1 // rows that are like a pattern, or satisfy what is not understood
)

// estimator estimates the nodes of plans, each once.
type estimator struct {
	e     *env
	known map[Node]Estimate
}

// estimator returns what estimates plans by the statistics; nil where there are none.
func (e *env) estimator() *estimator {
	if e.Env == nil || e.Statistics == nil {
		return nil
	}
	return &estimator{e, map[Node]Estimate{}}
}

// of estimates a node.
func (x *estimator) of(n Node) Estimate {
	if s, ok := x.known[n]; ok {
		return s
	}
	in := make([]Estimate, len(n.Inputs()))
	for i, below := range n.Inputs() {
		in[i] = x.of(below)
	}
	s := n.estimate(x, in)
	if s.Rows = math.Max(0, s.Rows); s.Rows > 1e18 {
		s.Rows = 1e18
	}
	for len(s.columns) < len(n.Schema()) {
		s.columns = append(s.columns, spread{})
	}
	x.known[n] = s
	return s
}

// limited is s with other rows, of which there are no more different values.
func (s Estimate) limited(rows float64) Estimate {
	out := Estimate{Rows: rows, columns: make([]spread, len(s.columns))}
	for i, c := range s.columns {
		c.distinct = min(c.distinct, math.Max(1, rows))
		out.columns[i] = c
	}
	return out
}

// withColumns is s with so many more, of which nothing is known.
func (s Estimate) withColumns(n int) Estimate {
	s.columns = append(s.columns[:len(s.columns):len(s.columns)], make([]spread, n)...)
	return s
}

// picked is s with the columns at some places.
func (s Estimate) picked(at []int) Estimate {
	out := Estimate{Rows: s.Rows, columns: make([]spread, len(at))}
	for i, a := range at {
		out.columns[i] = s.columns[a]
	}
	return out
}

// values is how many different values a column has.
func (s Estimate) values(c int) float64 {
	if d := s.columns[c].distinct; d > 0 {
		return d
	}
	return math.Max(1, min(unknownValues, s.Rows))
}

// groups is how many different rows there are by some columns: each column after the one with
// most values counts less, as they depend on each other.
func (s Estimate) groups(by []int) float64 {
	if len(by) == 0 {
		return 1
	}
	most, product := 1.0, 1.0
	for _, c := range by {
		most, product = math.Max(most, s.values(c)), product*s.values(c)
	}
	return min(s.Rows, most*math.Sqrt(product/most))
}

// selectivity is the share of a node's rows for which conditions are true.
func (x *estimator) selectivity(preds []expr.Expr, s Estimate) float64 {
	share := 1.0
	for _, p := range preds {
		share *= x.share(p, s)
	}
	return share
}

// share is the share of rows for which a condition is true.
func (x *estimator) share(p expr.Expr, s Estimate) float64 {
	switch p := p.(type) {
	case *expr.And:
		return x.selectivity(p.Args(), s)
	case *expr.Or:
		none := 1.0
		for _, a := range p.Args() {
			none *= 1 - x.share(a, s)
		}
		return 1 - none
	case *expr.Not:
		return 1 - x.share(p.Args()[0], s)
	case *expr.Is:
		return x.tested(p, s)
	case *expr.InList:
		share := 0.0
		for _, k := range p.List() {
			share += x.equal(p.Args()[0], k, s)
		}
		return min(1, share)
	case *expr.Const:
		if p.Type().Is(col.Bool) && !p.IsNull() && p.Value().Bool(0) {
			return 1
		}
		return 0
	case *expr.Call:
		return x.compared(p, s)
	case *expr.Column:
		return 0.5
	}
	return unknownMatch
}

// tested is the share of an IS.
func (x *estimator) tested(p *expr.Is, s Estimate) float64 {
	nulls := 0.0
	if c, ok := scanColumn(p.Args()[0]); ok && c < len(s.columns) && s.columns[c].values != nil {
		nulls = s.columns[c].values.Nulls
	}
	switch p.Test {
	case expr.IsNull:
		return nulls
	case expr.IsNotNull:
		return 1 - nulls
	}
	return 0.5
}

// compared is the share of a comparison between columns and values.
func (x *estimator) compared(p *expr.Call, s Estimate) float64 {
	if len(p.Args()) != 2 {
		return unknownMatch
	}
	op, l, r := p.Fn.Name, p.Args()[0], p.Args()[1]
	if readsColumns(r) && !readsColumns(l) && mirroredOps[op] != "" || op == "=" && !readsColumns(l) {
		l, r = r, l
		if op != "=" {
			op = mirroredOps[op]
		}
	}
	switch op {
	case "=":
		return x.equal(l, r, s)
	case "<>":
		return math.Max(0, 1-x.equal(l, r, s))
	case "<", "<=", ">", ">=":
		return x.within(op, l, r, s)
	}
	return unknownMatch
}

// equal is the share of rows in which an expression equals another.
func (x *estimator) equal(l, r expr.Expr, s Estimate) float64 {
	a, ok := scanColumn(l)
	if !ok || a >= len(s.columns) {
		return unknownEqual
	}
	if b, ok := scanColumn(r); ok && b < len(s.columns) {
		return 1 / math.Max(s.values(a), s.values(b))
	}
	c := s.columns[a]
	if k := x.constant(r, l.Type()); k != nil && c.values != nil && c.values.Distinct > 0 {
		if !k.Null(0) && c.values.Misses(k, 0) {
			return 0
		}
		return c.values.Equal(k, 0)
	}
	if c.distinct > 0 {
		return 1 / c.distinct
	}
	return unknownEqual
}

// within is the share of rows that lie on one side of a value.
func (x *estimator) within(op string, l, r expr.Expr, s Estimate) float64 {
	c, ok := scanColumn(l)
	if !ok || c >= len(s.columns) || s.columns[c].values == nil {
		return unknownRange
	}
	k := x.constant(r, l.Type())
	if k == nil || k.Null(0) {
		return unknownRange
	}
	v := s.columns[c].values
	below := v.Below(col.AppendOrderKey(nil, k, 0, col.Order{}))
	if below < 0 {
		return unknownRange
	}
	equal := 0.0
	if op == "<=" || op == ">" {
		equal = v.Equal(k, 0)
	}
	if below = min(1-v.Nulls, below+equal); op[0] == '>' {
		below = 1 - v.Nulls - below
	}
	return math.Max(0, below)
}

// constant is the value of an expression that reads no columns, in the stored form of a type;
// nil: it is known only when the statement runs, or no such value.
func (x *estimator) constant(r expr.Expr, t col.Type) *col.Vector {
	if readsColumns(r) || volatile(r) || fallible(r) {
		return nil
	}
	v := x.e.asColumn(r, t)
	if v == nil {
		return nil
	}
	k, _ := expr.Fold(x.e.ctx, v, true)
	c, ok := k.(*expr.Const)
	if !ok {
		return nil
	}
	stored := c.Value().StoredKind()
	if stored.Kind != t.Kind() || stored.Scale != t.Scale() {
		return nil
	}
	return stored
}
