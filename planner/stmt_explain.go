package planner

import (
	"time"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/sql/ast"
)

// ExplainPlan is an EXPLAIN that tells what a statement has done, when it has been carried out,
// or what a view has done so far.
type ExplainPlan struct {
	Plan *Plan             // the statement's; nil: View is watched
	View *catalog.Relation // as it stands

	options  ExplainOptions
	tree     *explained
	head     []string
	planning time.Duration
}

var _ = statement(func(e *env, s *ast.Explain) (*Plan, error) {
	options, err := e.explainOptions(s.Options)
	if err != nil {
		return nil, err
	}
	x := &ExplainPlan{options: options}
	began := time.Now()
	root, err := x.plan(e, s)
	if err != nil {
		return nil, err
	}
	x.planning = time.Since(began)
	x.tree = explain(root, e.estimator())
	out := &Plan{Tag: "EXPLAIN", Columns: []col.Column{{Name: "QUERY PLAN", Type: col.Text}}}
	if options.Format == "json" {
		out.Columns[0].Type = col.JSON
	}
	if options.Analyze {
		out.Explain = x
	} else {
		out.Text = &TextPlan{x.Rows(nil, 0)}
	}
	return out, nil
})

// plan makes the plan that is told of, and finds what is to be measured.
func (x *ExplainPlan) plan(e *env, s *ast.Explain) (Node, error) {
	if s.Stmt == nil {
		return x.viewPlan(e, s.View)
	}
	mv, ok := s.Stmt.(*ast.CreateMaterializedView)
	switch {
	case ok && x.options.Analyze:
		return nil, e.at(s.Pos, pgerr.Unsupported("EXPLAIN ANALYZE of this statement").WithHint("Create the view, then EXPLAIN ANALYZE MATERIALIZED VIEW."))
	case ok:
		st, err := e.standingPlan(mv)
		if err != nil {
			return nil, err
		}
		x.head = []string{"Materialized view " + mv.Name.String()}
		return st.node, nil
	case !Plans(s.Stmt):
		return nil, e.at(s.Stmt.Position(), pgerr.Unsupported("EXPLAIN of this statement"))
	}
	p, err := statements[typeOf(s.Stmt)](e, s.Stmt)
	if err != nil {
		return nil, err
	}
	x.Plan = p
	switch {
	case p.Query != nil:
		return p.Query.Root, nil
	case p.Insert != nil:
		x.head = []string{"Insert into " + p.Insert.Relation.Name}
		return p.Insert.Source, nil
	case p.Update != nil:
		x.head = []string{"Update " + p.Update.Relation.Name}
		return p.Update.Source, nil
	case p.Delete != nil:
		x.head = []string{"Delete from " + p.Delete.Relation.Name}
		return p.Delete.Source, nil
	case p.TableAs != nil && p.TableAs.Insert != nil:
		x.head = []string{"Create table " + p.TableAs.Insert.Relation.Name}
		return p.TableAs.Insert.Source, nil
	}
	return nil, e.at(s.Stmt.Position(), pgerr.Unsupported("EXPLAIN of this statement"))
}

// viewPlan is the plan by which a materialized view is kept.
func (x *ExplainPlan) viewPlan(e *env, name ast.Name) (Node, error) {
	r, err := e.named(name)
	if err != nil {
		return nil, err
	}
	if r.Kind != catalog.MaterializedView {
		return nil, pgerr.New(pgerr.WrongObjectType, "%q is not a materialized view", r.Name)
	}
	e.use(r)
	x.View, x.head = r, []string{"Materialized view " + r.Name}
	root, _, err := Parse(r.Plan)
	return root, err
}

// Rows are the lines of the answer, by what has been measured; nil: nothing has. execution is
// how long the statement took.
func (x *ExplainPlan) Rows(m *Measured, execution time.Duration) [][]string {
	text := &textForm{ExplainOptions: x.options, m: m}
	var lines []string
	switch x.options.Format {
	case "json":
		var took *time.Duration
		planning := &x.planning
		if !x.options.Summary || x.View != nil {
			planning = nil
		} else if x.options.Analyze {
			took = &execution
		}
		return [][]string{{(&jsonForm{x.options, m}).write(x.head, x.tree, planning, took)}}
	case "dot":
		lines = x.tree.dot(x.head, text)
	default:
		lines = append(x.head[:len(x.head):len(x.head)], x.tree.text(text)...)
		if x.options.Summary && x.View == nil {
			lines = append(lines, "Planning Time: "+milliseconds(x.planning)+" ms")
			if m != nil {
				lines = append(lines, "Execution Time: "+milliseconds(execution)+" ms")
			}
		}
	}
	rows := make([][]string, len(lines))
	for i, l := range lines {
		rows[i] = []string{l}
	}
	return rows
}

// textPlan is rows of one text column.
func textPlan(tag, column string, lines []string) *Plan {
	t := &TextPlan{}
	for _, l := range lines {
		t.Rows = append(t.Rows, []string{l})
	}
	return &Plan{Tag: tag, Columns: []col.Column{{Name: column, Type: col.Text}}, Text: t}
}
