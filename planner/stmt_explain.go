package planner

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
)

var _ = statement(func(e *env, s *ast.Explain) (*Plan, error) {
	x, err := e.explainOptions(s.Options)
	if err != nil {
		return nil, err
	}
	if x.Analyze || x.Format != "text" {
		return nil, e.at(s.Pos, pgerr.Unsupported("EXPLAIN that carries the statement out, or in a form other than text,"))
	}
	root, head, err := e.explained(s.Stmt)
	if err != nil {
		return nil, err
	}
	lines := append(head, Explain(root)...)
	return textPlan("EXPLAIN", "QUERY PLAN", lines), nil
})

// explained plans the statement without carrying it out.
func (e *env) explained(s ast.Stmt) (root Node, head []string, err error) {
	if mv, ok := s.(*ast.CreateMaterializedView); ok {
		st, err := e.standingPlan(mv)
		if err != nil {
			return nil, nil, err
		}
		return st.node, []string{"Materialized view " + mv.Name.String()}, nil
	}
	if !Plans(s) {
		return nil, nil, e.at(s.Position(), pgerr.Unsupported("EXPLAIN of this statement"))
	}
	p, err := statements[typeOf(s)](e, s)
	switch {
	case err != nil:
		return nil, nil, err
	case p.Query != nil:
		return p.Query.Root, nil, nil
	case p.Insert != nil:
		return p.Insert.Source, []string{"Insert into " + p.Insert.Relation.Name}, nil
	case p.Update != nil:
		return p.Update.Source, []string{"Update " + p.Update.Relation.Name}, nil
	case p.Delete != nil:
		return p.Delete.Source, []string{"Delete from " + p.Delete.Relation.Name}, nil
	}
	return nil, nil, e.at(s.Position(), pgerr.Unsupported("EXPLAIN of this statement"))
}

// textPlan is rows of one text column.
func textPlan(tag, column string, lines []string) *Plan {
	t := &TextPlan{}
	for _, l := range lines {
		t.Rows = append(t.Rows, []string{l})
	}
	return &Plan{Tag: tag, Columns: []col.Column{{Name: column, Type: col.Text}}, Text: t}
}
