package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/sql/ast"
)

// CREATE OR REPLACE MATERIALIZED VIEW gives a view another query: its dataflow is built and
// filled beside the old one, and takes its place in one tick. What stands on the view follows by
// the difference between the old rows and the new ones, as it follows any other change. Where it
// cannot, because it was made for rows that only come, forgets rows by a watermark or does not know
// of columns that are added, it is built anew with the view, from its stored plan. Either way the
// columns must stay, and what others were planned to rely on.

// replacedView is the view that a CREATE OR REPLACE replaces; nil: it replaces none.
func (e *env) replacedView(s *ast.CreateMaterializedView) (*catalog.Relation, error) {
	if !s.OrReplace {
		return nil, nil
	}
	schema, err := e.creationSchema(s.Name)
	if err != nil {
		return nil, err
	}
	old := e.Catalog.Named(schema.OID, s.Name.Name)
	switch {
	case old == nil:
		return nil, nil
	case s.IfNotExists:
		return nil, e.at(s.Pos, pgerr.New(pgerr.SyntaxError, "CREATE OR REPLACE and IF NOT EXISTS exclude each other"))
	case old.Kind != catalog.MaterializedView:
		return nil, pgerr.New(pgerr.WrongObjectType, "%q is not a materialized view", old.Name)
	}
	return old, nil
}

// viewFor begins the description of a view, which is the old one's if there is one.
func (e *env) viewFor(s *ast.CreateMaterializedView, old *catalog.Relation) (*catalog.Relation, bool, error) {
	if old == nil {
		return e.newRelation(s.Name, catalog.MaterializedView, s.IfNotExists)
	}
	r := *old
	return &r, false, nil
}

// replaceView puts a view's new description, with the plan that goes with it, in place of the
// old one.
func (c *change) replaceView(old, now *catalog.Relation, root Node) error {
	for _, read := range now.DependsOn {
		if c.Catalog.Reaches(old.OID, read) {
			return pgerr.New(pgerr.InvalidObjectDefinition, "materialized view %q would read itself", old.Name).
				WithHint("Create a view of another name that reads it.")
		}
	}
	now.Replaced, now.Followers = old.Replaced+1, c.followers(old)
	err := sameViewColumns(old, now)
	anew := len(now.Columns) > len(old.Columns)
	if err == nil && len(now.Followers) > 0 {
		var relies bool
		relies, err = c.mayFollow(old, now, root)
		anew = anew || relies
	}
	var readers []*catalog.Relation
	if err == nil && anew {
		readers, err = c.renewable(old)
	}
	if err != nil {
		return c.refuseReplacing(old, now, err)
	}
	now.Changing = !anew && len(now.Followers) > 0
	c.replace(now)
	c.plan.Created = append(c.plan.Created, now)
	c.renew(readers)
	return nil
}

// renew builds views anew from their stored plans.
func (c *change) renew(readers []*catalog.Relation) {
	for _, d := range readers {
		r := *d
		r.Replaced, r.Followers = d.Replaced+1, c.followers(d)
		c.replace(&r)
		c.plan.Renewed = append(c.plan.Renewed, &r)
	}
}

// followers lists what stands directly on a view.
func (c *change) followers(r *catalog.Relation) (out []catalog.OID) {
	for _, d := range c.Catalog.Dependents(r.OID) {
		if d.Kind != catalog.Index {
			out = append(out, d.OID)
		}
	}
	return out
}

// renewable lists the materialized views that stand on a view, what others read before these. The
// error says which of them cannot be built anew.
func (c *change) renewable(old *catalog.Relation) (out []*catalog.Relation, err error) {
	for _, d := range c.topologically(c.Catalog.AllDependents(old.OID)) {
		switch {
		case d.Kind == catalog.Sink:
			return nil, pgerr.New(pgerr.FeatureNotSupported, "what sink %q has written cannot be written anew", d.Name)
		case d.Kept() && d.History:
			return nil, pgerr.New(pgerr.FeatureNotSupported, "%s %q holds what has been, and cannot be built anew", d.Kind, d.Name)
		case d.Kept():
			out = append(out, d)
		}
	}
	slices.Reverse(out)
	return out, nil
}

// refuseReplacing says why a view cannot be replaced: where others depend on it, on account of
// these.
func (c *change) refuseReplacing(old, now *catalog.Relation, why error) error {
	reason := pgerr.From(why)
	reason.Message = strings.Replace(strings.Replace(reason.Message, "from view", "from materialized view", 1), "of view column", "of materialized view column", 1)
	if len(now.Followers) == 0 {
		return reason.WithHint("A view that is replaced keeps its columns. Drop it, or create one of another name.")
	}
	return pgerr.New(pgerr.DependentObjectsStillExist, "cannot replace materialized view %s because other objects depend on it", c.Catalog.Display(c.Path, old)).
		WithDetail("%s", clipLines(c.dependencies(old, nil))).
		WithHint("The reason: %s. Drop what reads it, or create a view of another name beside it.", reason.Message)
}

// sameViewColumns refuses what a reader of the view would not expect. Columns may come at the end.
func sameViewColumns(old, now *catalog.Relation) error {
	if err := sameColumns(old.Columns, now.Columns); err != nil {
		return err
	}
	for i, c := range old.Columns {
		if !slices.EqualFunc(c.Fields, now.Columns[i].Fields, catalog.Field.Equal) {
			return pgerr.New(pgerr.InvalidTableDefinition, "cannot change the fields of the rows in view column %q", c.Name)
		}
	}
	return nil
}

// mayFollow refuses a query that gives less than what reads the view was planned to rely on:
// keys, rows that only come, watermarks, no history. It reports whether a reader relies on rows that
// only come or on watermarks, which a difference would not respect.
func (c *change) mayFollow(old, now *catalog.Relation, root Node) (relies bool, err error) {
	gives := Derive(root)
	if old.History != now.History {
		return false, pgerr.New(pgerr.FeatureNotSupported, "only one of the two queries depends on what has been")
	}
	for _, d := range c.Catalog.AllDependents(old.OID) {
		if !d.Kept() {
			continue
		}
		plan, _, err := Parse(d.Plan)
		if err != nil {
			return false, err
		}
		for _, n := range postorder(plan) {
			if s, ok := n.(*Scan); ok && s.Relation == old.OID {
				if err := s.mayFollow(d, gives); err != nil {
					return false, err
				}
				relies = relies || s.Append || len(s.Marks) > 0
			}
		}
	}
	return relies, nil
}

// mayFollow refuses rows that d, which has the scan in its plan, was not made for.
func (s *Scan) mayFollow(d *catalog.Relation, gives Properties) error {
	if s.Append && !gives.AppendOnly {
		return pgerr.New(pgerr.FeatureNotSupported, "%s %q was made for rows that only come", d.Kind, d.Name)
	}
	for _, m := range s.Marks {
		if c := s.Columns[m]; !gives.carried(c.Position) || gives.Late && !s.Late {
			return pgerr.New(pgerr.FeatureNotSupported, "%s %q forgets rows by the watermark of %s", d.Kind, d.Name, c.Name)
		}
	}
	for _, k := range s.Keys {
		at := make([]int, len(k))
		for i, x := range k {
			at[i] = s.Columns[x].Position
		}
		if !gives.hasKey(at) {
			var names []string
			for _, x := range k {
				names = append(names, s.Columns[x].Name)
			}
			return pgerr.New(pgerr.FeatureNotSupported, "%s", fmt.Sprintf("%s %q relies on (%s) to tell rows apart", d.Kind, d.Name, strings.Join(names, ", ")))
		}
	}
	return nil
}

// topologically sorts relations so that what depends goes before what it depends on.
func (e *env) topologically(all []*catalog.Relation) []*catalog.Relation {
	var out []*catalog.Relation
	var visit func(*catalog.Relation)
	visit = func(r *catalog.Relation) {
		if slices.Contains(out, r) {
			return
		}
		for _, d := range e.Catalog.Dependents(r.OID) {
			if slices.Contains(all, d) {
				visit(d)
			}
		}
		out = append(out, r)
	}
	for _, r := range all {
		visit(r)
	}
	return out
}
