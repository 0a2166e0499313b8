package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/sql/ast"
)

// TruncatePlan is a TRUNCATE.
type TruncatePlan struct {
	Relations []*catalog.Relation
	Restart   *catalog.Diff // of RESTART IDENTITY; nil: no sequence begins again
}

var _ = statement(func(e *env, s *ast.Truncate) (*Plan, error) {
	p := &TruncatePlan{}
	for _, n := range s.Tables {
		r, err := e.named(n)
		if err != nil {
			return nil, err
		}
		if err := refuseSystem(r); err != nil {
			return nil, err
		}
		if r.Kind == catalog.Stream {
			_, err := e.target(n, "truncate")
			return nil, err
		}
		if r.Kind != catalog.Table {
			return nil, pgerr.New(pgerr.WrongObjectType, "%q is not a table", r.Name)
		}
		e.use(r)
		if !slices.Contains(p.Relations, r) {
			p.Relations = append(p.Relations, r)
		}
	}
	if err := e.truncateReferrers(p, s.Cascade); err != nil {
		return nil, err
	}
	if s.RestartIdentity {
		if d := e.restartOwned(p.Relations); !d.Empty() {
			p.Restart = d
		}
	}
	return &Plan{Tag: "TRUNCATE TABLE", Truncate: p}, nil
})
