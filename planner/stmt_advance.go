package planner

import (
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// AdvancePlan raises the watermark of a stream to a time, of the type of its time column.
type AdvancePlan struct {
	Relation *catalog.Relation
	To       expr.Expr
}

var _ = statement(func(e *env, s *ast.AdvanceWatermark) (*Plan, error) {
	r, err := e.relation(s.Stream)
	if err != nil {
		return nil, err
	}
	e.use(r)
	if r.Watermark == nil {
		return nil, e.at(s.Stream.Pos, pgerr.New(pgerr.WrongObjectType, "%q has no watermark", r.Name).
			WithHint("Only a stream that was created with WATERMARK FOR a column has one."))
	}
	b := &binder{env: e, clause: clause{name: "ADVANCE WATERMARK", refuse: "the watermark must be a constant"}}
	to, err := b.expr(s.To)
	if err == nil {
		to, err = e.coerce(to, r.Columns[r.Watermark.Column].Type, fn.Assignment)
	}
	if err != nil {
		return nil, e.at(s.To.Position(), err)
	}
	return &Plan{Tag: "ADVANCE WATERMARK", Params: e.params, Advance: &AdvancePlan{Relation: r, To: to}}, nil
})
