package server

import (
	"context"
	"strconv"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/typeio"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/storage/table"
)

// statistics is what the engine's stores know, for the planner and the catalog.
type statistics struct{ engine *exec.Engine }

// Of is what is known of a relation's rows; nil: it has no store.
func (s statistics) Of(oid catalog.OID) *table.Statistics { return s.engine.Statistics(uint32(oid)) }

// statisticRows are the rows of pg_stats: what is known of each column's values. Columns of
// empty relations have none, as in PostgreSQL. The bounds of the histogram are the least and
// the greatest value.
func (s *Server) statisticRows(_ context.Context, q *catalog.Request, add func(...string)) error {
	for r := range q.Catalog.Relations() {
		if !r.Stored() {
			continue
		}
		st := s.engine.Statistics(uint32(r.OID))
		if st == nil || st.Rows == 0 {
			continue
		}
		for i, c := range r.Columns {
			if c.Hidden {
				continue
			}
			x := st.Column(i)
			add(q.Catalog.Schema(r.Schema).Name, r.Name, c.Name, "f", fraction(x.Nulls), strconv.Itoa(int(x.Width+0.5)), fraction(distinctOf(x, st.Rows)),
				arrayOf(x.Common), fractionsOf(x.Shares), arrayOf(x.Ends), null, null, null, null)
		}
	}
	return nil
}

func fraction(x float64) string { return strconv.FormatFloat(x, 'g', -1, 32) }

// distinctOf counts different values as pg_stats does: as a share of the rows, below 0, where
// more rows are taken to bring more of them.
func distinctOf(x *table.ColumnStatistics, rows float64) float64 {
	if x.Distinct > rows/10 {
		return -x.Distinct / rows
	}
	return float64(int64(x.Distinct + 0.5))
}

func fractionsOf(shares []float64) string {
	if len(shares) == 0 {
		return null
	}
	texts := make([]string, len(shares))
	for i, x := range shares {
		texts[i] = fraction(x)
	}
	return "{" + strings.Join(texts, ",") + "}"
}

// arrayOf is an array of the values, as text.
func arrayOf(v *col.Vector) string {
	if v == nil || v.N == 0 {
		return null
	}
	t, ok := v.Type.Array()
	if !ok {
		return null
	}
	shape := col.Flat(v.N)
	array := col.NewVector(t)
	array.AppendBytes(col.AppendArray(nil, &shape, v, 0))
	return string(typeio.AppendText(nil, array, 0, nil))
}

// sizes tells pg_class of a relation's rows and bytes.
func (s *Server) sizes(oid catalog.OID) (rows float64, bytes int64, known bool) {
	store, err := s.engine.Store(uint32(oid))
	if err != nil {
		return 0, 0, false
	}
	bytes, _ = store.Bytes()
	return float64(store.Count(s.engine.Newest().Tick)), bytes, true
}
