package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/sql/ast"
)

var _ = statement(func(e *env, s *ast.AlterModel) (*Plan, error) {
	old, err := e.Catalog.LookupModel(e.Path, s.Name.Schema, s.Name.Name)
	if err != nil {
		if !s.IfExists {
			return nil, err
		}
		e.notice(pgerr.New(pgerr.SuccessfulCompletion, "model %q does not exist, skipping", s.Name.Name))
		return e.change().done("ALTER MODEL"), nil
	}
	m := *old
	switch s.Action {
	case ast.AddVersion:
		return e.loadModel(&m, s.File, s.With, s.Pos, "ALTER MODEL")
	case ast.RenameModel:
		return e.renameModel(&m, s.NewName)
	}
	if m.Of(s.Version) == nil {
		return nil, errNoVersion(&m, s.Version)
	}
	if s.Action == ast.DropVersion {
		return e.dropVersion(&m, s.Version)
	}
	return e.setCurrent(&m, s.Version)
})

func versionList(m *catalog.Model) string {
	var ns []string
	for _, v := range m.Versions {
		ns = append(ns, fmt.Sprint(v.Number))
	}
	return strings.Join(ns, ", ")
}

func (e *env) renameModel(m *catalog.Model, to ast.Ident) (*Plan, error) {
	if strings.Contains(to.Name, "@") {
		return nil, e.at(to.Pos, errNameOfModel())
	}
	if e.Catalog.ModelNamed(m.Schema, to.Name) != nil {
		return nil, pgerr.New(pgerr.DuplicateObject, "model %q already exists", to.Name)
	}
	if users := e.Catalog.ModelUsers(m.OID, 0); len(users) > 0 {
		return nil, pgerr.New(pgerr.DependentObjectsStillExist, "cannot rename model %s because other objects name it", m.Name).
			WithDetail("%s", clipLines(e.modelLines(m, users)))
	}
	m.Name = to.Name
	return e.changeModel(m).done("ALTER MODEL"), nil
}

// changeModel puts a changed description in place of the old one.
func (e *env) changeModel(m *catalog.Model) *change {
	c := e.change()
	m.Version++
	c.diff.Changes = append(c.diff.Changes, catalog.Change{Model: m})
	return c
}

// modelLines lists who uses a model.
func (e *env) modelLines(m *catalog.Model, users []*catalog.Relation) (lines []string) {
	for _, r := range users {
		lines = append(lines, fmt.Sprintf("%s depends on model %s", e.label(r), m.Name))
	}
	return lines
}

func (e *env) dropVersion(m *catalog.Model, version int) (*Plan, error) {
	if version == m.Current {
		return nil, pgerr.New(pgerr.DependentObjectsStillExist, "cannot drop version %d of model %s because it is the current one", version, m.Name).
			WithHint("Use ALTER MODEL … SET CURRENT VERSION first, or DROP MODEL.")
	}
	if users := e.Catalog.ModelUsers(m.OID, version); len(users) > 0 {
		return nil, pgerr.New(pgerr.DependentObjectsStillExist, "cannot drop version %d of model %s because other objects depend on it", version, m.Name).
			WithDetail("%s", clipLines(e.modelLines(m, users)))
	}
	m.Versions = slices.DeleteFunc(slices.Clone(m.Versions), func(v catalog.ModelVersion) bool { return v.Number == version })
	return e.changeModel(m).done("ALTER MODEL"), nil
}

// setCurrent makes a version the current one. The views that name the model without a version are
// built anew with it, beside their old contents, and change over in one tick (R7); those that go
// over for the rows that come do so by themselves.
func (e *env) setCurrent(m *catalog.Model, version int) (*Plan, error) {
	if version == m.Current {
		return e.change().done("ALTER MODEL"), nil
	}
	was := m.Of(m.Current)
	users := slices.DeleteFunc(e.Catalog.ModelUsers(m.OID, 0), func(r *catalog.Relation) bool { return !r.Kept() || !follows(r, m.OID) })
	if len(users) > 0 && !was.Same(&m.Of(version).Signature) {
		return nil, pgerr.New(pgerr.DependentObjectsStillExist, "version %d of model %s has another signature than version %d, by which other objects were made", version, m.Name, m.Current).
			WithDetail("%s\n%s", signatureText(fmt.Sprintf("%s@%d", m.Name, m.Current), &was.Signature), signatureText(fmt.Sprintf("%s@%d", m.Name, version), &m.Of(version).Signature)).
			WithHint("Drop what uses it, or let it name the version: %s.", strings.Join(e.modelLines(m, users), "; "))
	}
	m.Current = version
	c := e.changeModel(m)
	if err := c.rescore(m.OID, version, users); err != nil {
		return nil, err
	}
	return c.done("ALTER MODEL"), nil
}

// follows reports whether a relation follows the current version of a model.
func follows(r *catalog.Relation, model catalog.OID) bool {
	return slices.ContainsFunc(r.Models, func(u catalog.ModelUse) bool { return u.Model == model && u.Current })
}

// rescored is a view as it is with another version.
type rescored struct {
	view catalog.Relation
	plan Node
}

// rescore builds views anew with another version of a model, and with them those that rely on what they
// give: what others read before these.
func (c *change) rescore(model catalog.OID, version int, users []*catalog.Relation) error {
	changed, all := map[*catalog.Relation]*rescored{}, []*catalog.Relation{}
	for _, old := range users {
		if !slices.ContainsFunc(old.Models, func(u catalog.ModelUse) bool { return u.Model == model && u.Current && u.Version != 0 }) {
			continue // it goes over for the rows that come
		}
		now, readers, err := c.rescored(old, model, version)
		if err != nil {
			return err
		}
		changed[old], all = now, appendNew(all, append(readers, old))
	}
	all = c.topologically(all)
	for _, old := range slices.Backward(all) {
		if now := changed[old]; now != nil {
			c.replace(&now.view)
			c.anew(&now.view, now.plan)
		} else {
			c.renew([]*catalog.Relation{old})
		}
	}
	return nil
}

// rescored is a view with another version, and the views that cannot follow it by a difference.
func (c *change) rescored(old *catalog.Relation, model catalog.OID, version int) (now *rescored, readers []*catalog.Relation, err error) {
	plan, _, err := Parse(old.Plan)
	if err != nil {
		return nil, nil, err
	}
	now = &rescored{*old, withVersion(plan, model, version)}
	v := &now.view
	v.Plan, v.Replaced, v.Followers, v.Models = Text(now.plan), old.Replaced+1, c.followers(old), slices.Clone(old.Models)
	for i, u := range v.Models {
		if u.Model == model && u.Current {
			v.Models[i].Version = version
		}
	}
	relies, err := c.mayFollow(old, v, now.plan)
	if err == nil && relies {
		readers, err = c.renewable(old)
	}
	if err != nil {
		return nil, nil, c.refuseReplacing(old, v, err)
	}
	v.Changing = !relies && len(v.Followers) > 0
	return now, readers, nil
}

func appendNew(all, more []*catalog.Relation) []*catalog.Relation {
	for _, r := range more {
		if !slices.Contains(all, r) {
			all = append(all, r)
		}
	}
	return all
}

// anew has a view built, with the others that change with it.
func (c *change) anew(r *catalog.Relation, root Node) {
	if c.plan.View == nil {
		c.plan.View = root
		c.plan.Created = append(c.plan.Created, r)
		return
	}
	c.plan.Renewed = append(c.plan.Renewed, r)
}

// withVersion asks another version wherever a plan follows the current one.
func withVersion(root Node, model catalog.OID, version int) Node {
	return rewrite(root, func(n Node) Node {
		return mapExprs(n, func(x expr.Expr) expr.Expr {
			return expr.Rewrite(x, func(x expr.Expr) expr.Expr {
				if s, ok := x.(*expr.Score); ok && s.Following && s.Version != 0 && catalog.OID(s.Model) == model {
					return s.At(version)
				}
				return x
			})
		})
	})
}

// dropModels drops models; what uses them goes with them or forbids it.
func (e *env) dropModels(s *ast.Drop) (*Plan, error) {
	var targets []*catalog.Model
	for _, n := range s.Names {
		m, err := e.Catalog.LookupModel(e.Path, n.Schema, n.Name)
		switch {
		case err == nil:
			targets = append(targets, m)
		case s.IfExists:
			e.notice(pgerr.New(pgerr.SuccessfulCompletion, "model %q does not exist, skipping", n.Name))
		default:
			return nil, err
		}
	}
	d := &dropping{env: e, cascade: s.Cascade, tag: "DROP MODEL"}
	for _, m := range targets {
		d.target(object{model: m})
	}
	return d.plan()
}

func (e *env) showModels(s *ast.ShowObjects) (*Plan, error) {
	in := e.Catalog.Path(e.Path)
	if !s.From.IsZero() {
		sc := e.Catalog.SchemaNamed(s.From.Name)
		if sc == nil {
			return nil, e.at(s.From.Pos, pgerr.New(pgerr.InvalidSchemaName, "schema %q does not exist", s.From.Name))
		}
		in = []catalog.OID{sc.OID}
	}
	p := &Plan{Tag: "SHOW", Text: &TextPlan{}}
	for _, name := range []string{"Name", "Format", "Current", "Versions", "Signature"} {
		p.Columns = append(p.Columns, col.Column{Name: name, Type: col.Text})
	}
	for _, m := range e.Catalog.Models() {
		if !slices.Contains(in, m.Schema) {
			continue
		}
		v := m.Of(m.Current)
		p.Text.Rows = append(p.Text.Rows, []string{m.Name, v.Format, fmt.Sprint(m.Current), versionList(m), signatureText(m.Name, &v.Signature)})
	}
	slices.SortFunc(p.Text.Rows, func(a, b []string) int { return strings.Compare(a[0], b[0]) })
	return p, nil
}

// showCreateModel shows the statements that make a model as it is of its versions' files.
func (e *env) showCreateModel(n ast.Name) (*Plan, error) {
	m, err := e.Catalog.LookupModel(e.Path, n.Schema, n.Name)
	if err != nil {
		return nil, e.at(n.Pos, err)
	}
	name := ast.Name{Schema: e.Catalog.Schema(m.Schema).Name, Name: m.Name}.String()
	var text []string
	for i, v := range m.Versions {
		head := "CREATE MODEL " + name
		if i > 0 {
			head = "ALTER MODEL " + name + " ADD VERSION"
		}
		text = append(text, fmt.Sprintf("%s FROM 'sha256:%s' WITH (%s)", head, v.Checksum, strings.Join(versionOptions(&v), ", ")))
	}
	if m.Current != m.Versions[0].Number {
		text = append(text, fmt.Sprintf("ALTER MODEL %s SET CURRENT VERSION %d", name, m.Current))
	}
	p := &Plan{Tag: "SHOW", Columns: []col.Column{{Name: "Name", Type: col.Text}, {Name: "Create Sql", Type: col.Text}}}
	p.Text = &TextPlan{Rows: [][]string{{m.Name, strings.Join(text, ";\n")}}}
	return p, nil
}

func versionOptions(v *catalog.ModelVersion) []string {
	out := []string{"format = " + ast.QuoteString(v.Format)}
	for _, name := range []string{modelInputs, ModelOutput} {
		if o := v.Options[name]; o != "" {
			out = append(out, name+" = "+ast.QuoteString(o))
		}
	}
	return out
}
