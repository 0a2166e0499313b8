package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
)

// onModelChange is the option that says what becomes of a view when another version of a model that
// it names without a version becomes current: rescore (the default) or forward.
const onModelChange = "on_model_change"

var viewOptions = map[string]option{
	onModelChange: func(e *env, v string) error {
		if v != "rescore" && v != "forward" {
			return pgerr.New(pgerr.InvalidParameterValue, "invalid value for %s: %q", onModelChange, v).
				WithHint("rescore computes all rows anew with the new version, forward uses it for the rows that come.")
		}
		e.forward = v == "forward"
		return nil
	},
	"background": func(_ *env, v string) error {
		if v != "" && v != "true" && v != "false" && v != "on" && v != "off" {
			return pgerr.New(pgerr.InvalidParameterValue, "invalid value for boolean option \"background\": %s", v)
		}
		return nil
	},
}

var _ = statement(func(e *env, s *ast.CreateMaterializedView) (*Plan, error) {
	old, err := e.replacedView(s)
	if err != nil {
		return nil, err
	}
	r, exists, err := e.viewFor(s, old)
	if err != nil || exists {
		return e.change().done("CREATE MATERIALIZED VIEW"), err
	}
	if r.Options, err = e.options(s.With, viewOptions); err != nil {
		return nil, err
	}
	root, err := e.standingPlan(s)
	if err != nil {
		return nil, err
	}
	e.noticeNested(root.node)
	c := e.change()
	if r.Columns, err = e.viewColumns(root.columns, s.Columns, "MATERIALIZED VIEW"); err != nil {
		return nil, err
	}
	r.Query, r.Settings, r.DependsOn = s.QueryText, e.frozenSettings(), e.standingUses()
	r.Functions = e.allFunctions()
	if s.EmitOnWindowClose {
		r.Options = withOption(r.Options, "emit", "on window close")
	}
	r.Plan, r.History, r.Models = Text(root.node), e.history(root.node), *e.scored
	if r.History {
		if err := e.fixedModels("a view that holds what has been"); err != nil {
			return nil, err
		}
	}
	r.PrimaryKey = viewKey(root.node)
	if old == nil {
		c.create(r)
	} else if err := c.replaceView(old, r, root.node); err != nil {
		return nil, err
	}
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
	if e.readsTemporary() {
		return nil, pgerr.New(pgerr.FeatureNotSupported, "materialized views must not use temporary tables or views")
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
// emitted on window close, joins with what was there when a row came, streams that forget, and views over such views (V1).
func (e *env) history(root Node) bool {
	return slices.ContainsFunc(postorder(root), func(n Node) bool {
		h, ok := n.(historic)
		return ok && h.historic(e)
	})
}

// historic is a node whose rows may depend on what has been.
type historic interface {
	historic(e *env) bool
}

func (a *Aggregate) historic(*env) bool { return a.Final }

func (s *Scan) historic(e *env) bool {
	r := e.Catalog.Relation(s.Relation)
	return s.History || r != nil && r.Option("retention", "") != ""
}

func withOption(m map[string]string, k, v string) map[string]string {
	if m == nil {
		m = map[string]string{}
	}
	m[k] = v
	return m
}
