package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/sql/ast"
)

var viewOptions = map[string]option{
	"background": func(_ *env, v string) error {
		if v != "" && v != "true" && v != "false" && v != "on" && v != "off" {
			return pgerr.New(pgerr.InvalidParameterValue, "invalid value for boolean option \"background\": %s", v)
		}
		return nil
	},
}

var _ = statement(func(e *env, s *ast.CreateMaterializedView) (*Plan, error) {
	if s.OrReplace {
		return nil, e.at(s.Pos, pgerr.Unsupported("CREATE OR REPLACE MATERIALIZED VIEW"))
	}
	r, exists, err := e.newRelation(s.Name, catalog.MaterializedView, s.IfNotExists)
	if err != nil || exists {
		return e.change().done("CREATE MATERIALIZED VIEW"), err
	}
	root, err := e.standingPlan(s)
	if err != nil {
		return nil, err
	}
	c := e.change()
	if r.Options, err = e.options(s.With, viewOptions); err != nil {
		return nil, err
	}
	if r.Columns, err = viewColumns(root.columns, s.Columns, "MATERIALIZED VIEW"); err != nil {
		return nil, err
	}
	r.Query, r.Settings, r.DependsOn = s.QueryText, e.frozenSettings(), e.directUses()
	if s.EmitOnWindowClose {
		r.Options = withOption(r.Options, "emit", "on window close")
	}
	r.Plan, r.History = Text(root.node), e.history(root.node)
	r.PrimaryKey = viewKey(root.node)
	c.create(r)
	c.plan.View = root.node
	c.plan.Background = slices.Contains([]string{"true", "on", ""}, r.Option("background", "false"))
	return c.done("CREATE MATERIALIZED VIEW"), nil
})

// standing is the plan of a view and the names of its columns.
type standing struct {
	node    Node
	columns []col.Column
}

// standingPlan plans a query that is kept running.
func (e *env) standingPlan(s *ast.CreateMaterializedView) (*standing, error) {
	e.standing = true
	r, err := e.query(s.Query, &binding{})
	if err != nil {
		return nil, err
	}
	n := r.visible()
	columns := n.Schema()
	root, err := e.finish(n)
	if err != nil {
		return nil, err
	}
	if s.EmitOnWindowClose {
		if root, err = emitOnClose(root); err != nil {
			return nil, err
		}
	}
	return &standing{root, columns}, nil
}

// viewKey is the key by which a view's rows are found when they go (R5); nil: by all columns.
func viewKey(root Node) []int {
	k, ok := Derive(root).key()
	if !ok || len(k) == 0 {
		return nil
	}
	for _, c := range k {
		if root.Schema()[c].Type.Is(col.JSON) {
			return nil
		}
	}
	return k
}

// history reports whether a view's contents depend on what has been, not on what is: rows
// emitted on window close, streams that forget, and views over such views (V1).
func (e *env) history(root Node) bool {
	for _, n := range postorder(root) {
		switch n := n.(type) {
		case *Aggregate:
			if n.Final {
				return true
			}
		case *Scan:
			r := e.Catalog.Relation(n.Relation)
			if n.History || r != nil && r.Option("retention", "") != "" {
				return true
			}
		}
	}
	return false
}

func withOption(m map[string]string, k, v string) map[string]string {
	if m == nil {
		m = map[string]string{}
	}
	m[k] = v
	return m
}

// emitOnClose makes the windowed aggregate of a plan emit each group once, when its window
// is closed. Above it may stand what neither waits nor takes back: filters, projections, and
// the first rows of each window.
func emitOnClose(root Node) (Node, error) {
	known := properties(root)
	var failed error
	var closing func(n Node) Node
	closing = func(n Node) Node {
		switch m := n.(type) {
		case *Filter:
			return m.WithInputs(closing(m.Input))
		case *Project:
			return m.WithInputs(closing(m.Input))
		case *TopN:
			if slices.ContainsFunc(known[m.Input].Watermarks, func(w int) bool { return slices.Contains(m.Partition, w) }) {
				return m.WithInputs(closing(m.Input))
			}
		case *Aggregate:
			if len(m.carried(known[m.Input])) > 0 && known[m.Input].AppendOnly {
				final := *m
				final.Final = true
				return &final
			}
			failed = errNoWindow
			return n
		case *Distinct:
			if len(known[m].Watermarks) > 0 && known[m.Input].AppendOnly {
				return &Aggregate{Input: m.Input, Group: identity(len(m.Schema())), Final: true}
			}
			failed = errNoWindow
			return n
		}
		failed = pgerr.Unsupported("EMIT ON WINDOW CLOSE over %q", n.describe()).
			WithHint("It stands over a GROUP BY of window_start or window_end, with filters and computed columns above it.")
		return n
	}
	out := closing(root)
	return out, failed
}

var errNoWindow = pgerr.New(pgerr.FeatureNotSupported, "EMIT ON WINDOW CLOSE needs a grouping by a column that carries a watermark").
	WithHint("Group by window_start or window_end of TUMBLE or HOP over a stream that has a WATERMARK on its time column.")
