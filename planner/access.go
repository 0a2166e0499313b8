package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
)

// maxLookups bounds how many keys an IN list may look up one by one.
const maxLookups = 256

// accessPaths gives scans under conditions a way to their rows: by key where the conditions
// give every column of an index a value, else bounds by which segments may be left out. The
// conditions stay above the scan. A system relation's generator looks at the bounds for the one
// object that is asked for (G3).
func (e *env) accessPaths(root Node) Node {
	return rewrite(root, func(n Node) Node {
		f, ok := n.(*Filter)
		if !ok {
			return n
		}
		s, ok := f.Input.(*Scan)
		if !ok || s.Access.IsPoint() || s.Access.Bounds != nil {
			return n
		}
		r := e.Catalog.Relation(s.Relation)
		if r == nil { // dropped meanwhile: the plan is not valid any more
			return n
		}
		if a := e.access(r, s, f.Preds); a != nil {
			found := *s
			found.Access = *a
			return &Filter{&found, f.Preds}
		}
		return n
	})
}

func (e *env) access(r *catalog.Relation, s *Scan, preds []expr.Expr) *Access {
	bounds := e.bounds(s, preds)
	best, fewest := (*Access)(nil), 0.0
	for _, oid := range r.Indexes {
		ix := e.Catalog.Relation(oid)
		if ix == nil || ix.Index == nil {
			continue
		}
		keys := keysOf(ix.Index.Columns, bounds, e.lists(s, preds))
		switch {
		case keys == nil:
		case ix.Index.Unique:
			return &Access{Index: oid, Keys: keys}
		default:
			if rows, worth := e.found(s, ix.Index.Columns, keys); worth && (best == nil || rows < fewest) {
				best, fewest = &Access{Index: oid, Keys: keys}, rows
			}
		}
	}
	if best != nil {
		return best
	}
	if r.Kind == catalog.MaterializedView && r.PrimaryKey != nil {
		if keys := keysOf(r.PrimaryKey, bounds, e.lists(s, preds)); keys != nil {
			return &Access{Index: r.OID, Keys: keys}
		}
	}
	if len(bounds) > 0 {
		return &Access{Bounds: bounds}
	}
	return nil
}

// A row that is found by an index costs as much as so many that are scanned; of few rows it
// does not matter.
const (
	scannedPerLookup = 16
	fewFound         = 1000
)

// columns are those of the relation whose values the Keys are.
func (a *Access) columns(cat *catalog.Catalog) []int {
	r := cat.Relation(a.Index)
	if r.Index != nil {
		return r.Index.Columns
	}
	return r.PrimaryKey
}

// found estimates how many rows the keys of an index that is not unique lead to, and whether
// that is better than to scan them all.
func (e *env) found(s *Scan, columns []int, keys [][]expr.Expr) (rows float64, worth bool) {
	x := e.estimator()
	if x == nil {
		return 0, true
	}
	all := x.of(s)
	rows = x.keyed(s, columns, keys, all).Rows
	return rows, rows <= fewFound || rows*scannedPerLookup <= all.Rows
}

// keyed is what keys of some columns lead to, of all rows of a scan.
func (x *estimator) keyed(s *Scan, columns []int, keys [][]expr.Expr, all Estimate) Estimate {
	rows := 0.0
	places := make([]int, len(columns))
	for i, c := range columns {
		places[i] = slices.IndexFunc(s.Columns, func(k ScanColumn) bool { return k.Position == c })
	}
	for _, key := range keys {
		share := 1.0
		for i, at := range places {
			share *= x.equal(column(at, s.Columns[at].Column), key[i], all)
		}
		rows += all.Rows * share
	}
	out := all.limited(rows)
	for _, at := range places {
		out.columns[at] = spread{distinct: 1} // the conditions above hold for what was found
	}
	return out
}

// bounds reads conditions column <op> value.
func (e *env) bounds(s *Scan, preds []expr.Expr) (out []Bound) {
	flipped := map[string]string{"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
	for _, p := range preds {
		c, ok := p.(*expr.Call)
		if !ok || len(c.Args()) != 2 || flipped[c.Fn.Name] == "" {
			continue
		}
		op, l, r := c.Fn.Name, c.Args()[0], c.Args()[1]
		if readsColumns(r) {
			op, l, r = flipped[op], r, l
		}
		i, ok := scanColumn(l)
		if !ok || readsColumns(r) || volatile(r) || fallible(r) {
			continue
		}
		if v := e.asColumn(r, s.Columns[i].Type); v != nil {
			out = append(out, Bound{Column: s.Columns[i].Position, Op: op, Value: v})
		}
	}
	return out
}

// scanColumn is the column an operand is, looking through casts that change no bytes.
func scanColumn(x expr.Expr) (int, bool) {
	if c, ok := x.(*expr.Call); ok && c.Fn.Relabel {
		x = c.Args()[0]
	}
	c, ok := x.(*expr.Column)
	if !ok {
		return 0, false
	}
	return c.Index, true
}

// asColumn casts a value to a column's type if that loses nothing; nil: it might.
func (e *env) asColumn(v expr.Expr, t col.Type) expr.Expr {
	if t.Is(col.Numeric) && t.Mod >= 0 {
		return e.asScaled(v, t)
	}
	if v.Type().Is(t) {
		return v
	}
	if t.Is(col.Varchar) && v.Type().Is(col.Text) || fn.CanCast(v.Type(), t, fn.Implicit) {
		if c, err := expr.Coerce(e.ctx, v, bare(t), fn.Assignment); err == nil && !fallible(c) {
			k, _ := expr.Fold(e.ctx, c, false)
			return k
		}
	}
	if k, ok := integer(v); ok && t.Is(col.Int4) && k == int64(int32(k)) {
		return expr.NewInt4(int32(k))
	}
	return nil
}

// asScaled is asColumn for a numeric(p,s), which is stored in another form than other numerics:
// only a constant can be seen to have it.
func (e *env) asScaled(v expr.Expr, t col.Type) expr.Expr {
	plain, err := e.coerce(v, col.Numeric, fn.Implicit)
	if err != nil {
		return nil
	}
	scaled, err := e.coerce(plain, t, fn.Explicit)
	if err != nil {
		return nil
	}
	same, err := expr.CallOperator(e.ctx, "=", plain, scaled)
	if err != nil {
		return nil
	}
	k, known := expr.Fold(e.ctx, scaled, false)
	eq, compared := expr.Fold(e.ctx, same, false)
	if c, ok := eq.(*expr.Const); !known || !compared || !ok || c.IsNull() || !c.Value().Bool(0) {
		return nil
	}
	return k
}

// lists reads conditions column IN (constants), by position in the relation.
func (e *env) lists(s *Scan, preds []expr.Expr) map[int][]expr.Expr {
	out := map[int][]expr.Expr{}
	for _, p := range preds {
		in, ok := p.(*expr.InList)
		if !ok || len(in.List()) > maxLookups {
			continue
		}
		i, ok := scanColumn(in.Args()[0])
		if !ok {
			continue
		}
		var values []expr.Expr
		for _, k := range in.List() {
			v := e.asColumn(k, s.Columns[i].Type)
			if v == nil {
				values = nil
				break
			}
			if indexOf(values, v) < 0 {
				values = append(values, v)
			}
		}
		if values != nil {
			out[s.Columns[i].Position] = values
		}
	}
	return out
}

// keysOf lists the keys of an index that conditions leave possible; nil: some column is free.
func keysOf(columns []int, bounds []Bound, lists map[int][]expr.Expr) [][]expr.Expr {
	keys := [][]expr.Expr{{}}
	for _, c := range columns {
		values := lists[c]
		if i := slices.IndexFunc(bounds, func(b Bound) bool { return b.Column == c && b.Op == "=" }); i >= 0 {
			values = []expr.Expr{bounds[i].Value}
		}
		if len(values) == 0 || len(keys)*len(values) > maxLookups {
			return nil
		}
		var next [][]expr.Expr
		for _, k := range keys {
			for _, v := range values {
				next = append(next, append(slices.Clone(k), v))
			}
		}
		keys = next
	}
	return keys
}

// Chain is a query over one relation that needs no dataflow: the rows of Scan that satisfy
// Filter, computed by Exprs, from Offset on and at most Limit.
type Chain struct {
	Scan          *Scan
	Filter        []expr.Expr // over the scan's columns
	Exprs         []expr.Expr // over the scan's columns
	Limit, Offset expr.Expr   // as in Sort
}

// chainOf reads a plan as a Chain; nil: it is none.
func chainOf(root Node) *Chain {
	c := &Chain{}
	if s, ok := root.(*Sort); ok && len(s.Order) == 0 {
		c.Limit, c.Offset, root = s.Limit, s.Offset, s.Input
	}
	c.Exprs = columnsProject(root, identity(len(root.Schema()))).Exprs
	for {
		if below := through(root, c.Exprs, &c.Filter); below != nil {
			root = below
			continue
		}
		switch n := root.(type) {
		case *Sort:
			// Limits under a projection or without order are the chain's own.
			if len(n.Order) > 0 || c.Limit != nil || c.Offset != nil || len(c.Filter) > 0 {
				return nil
			}
			c.Limit, c.Offset, root = n.Limit, n.Offset, n.Input
		case *Scan:
			if c.Scan = n; slices.ContainsFunc(c.Exprs, volatile) && (c.Limit != nil || c.Offset != nil || expr.InOrder(c.Exprs...)) {
				return nil
			}
			return c
		default:
			return nil
		}
	}
}
