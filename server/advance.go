package server

import (
	"context"
	"math"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/planner"
)

// advance carries out ADVANCE WATERMARK, in a tick of its own. A watermark never goes back: a
// time that it has passed changes nothing.
func (s *Session) advance(ctx context.Context, c *fn.Ctx, p *planner.AdvancePlan) error {
	if s.txn != nil {
		return pgerr.New(pgerr.ActiveSQLTransaction, "ADVANCE WATERMARK cannot run inside a transaction block").
			WithDetail("A watermark moves between commits: which rows of a transaction are late does not depend on the order of its statements.")
	}
	v := p.To.Eval(c, &col.Batch{N: 1}, nil)
	if m := c.Marks(); len(m) > 0 {
		return m[0].Err
	}
	if v.Null(0) {
		return pgerr.New(pgerr.NullValueNotAllowed, "the watermark must not be NULL")
	}
	to := v.I64[0]
	if to == math.MaxInt64 || to == math.MinInt64 {
		return pgerr.New(pgerr.InvalidParameterValue, "the watermark must be finite")
	}
	return s.commit(ctx, p.Relation.OID, &exec.Txn{Writes: []exec.Write{{Rel: uint32(p.Relation.OID), Advance: &to}}})
}
