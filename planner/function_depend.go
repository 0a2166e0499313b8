package planner

import (
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/sql/ast"
)

// directFunctions lists the functions that the statement itself calls, by number.
func (e *env) directFunctions() (out []catalog.OID) {
	for oid := range e.direct {
		if e.Catalog.Function(oid) != nil {
			out = append(out, oid)
		}
	}
	slices.Sort(out)
	return out
}

// standingUses are the relations that a dataflow depends on: those that its query names, and
// those that functions in it read.
func (e *env) standingUses() []catalog.OID {
	out := e.directUses()
	for oid := range e.behind {
		if oid >= catalog.FirstOID {
			out = append(out, oid)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// allFunctions lists the functions whose bodies are part of the plan, by number.
func (e *env) allFunctions() (out []catalog.OID) {
	for oid := range e.uses {
		if e.Catalog.Function(oid) != nil {
			out = append(out, oid)
		}
	}
	slices.Sort(out)
	return out
}

// storedText is an expression that was bound as the catalog keeps it: functions of users stand
// in it with their schemas, to which the search path of another session may not lead.
func (e *env) storedText(x ast.Expr) string {
	var bare []*ast.Call
	ast.Walk(x, func(n ast.Node) bool {
		if c, ok := n.(*ast.Call); ok && c.Name.Schema == "" && e.called[c] != "" {
			c.Name.Schema = e.called[c]
			bare = append(bare, c)
		}
		return true
	})
	text := x.String()
	for _, c := range bare { // a statement is planned again as it was written
		c.Name.Schema = ""
	}
	return text
}

// mayReplaceFunction refuses what CREATE OR REPLACE must leave as it is. Contents of a
// materialized view must stay equal to its query (R9).
func (e *env) mayReplaceFunction(old, now *catalog.Function, replace bool) error {
	if old == nil {
		return e.refuseMixed(now)
	}
	if !replace {
		return pgerr.New(pgerr.DuplicateFunction, "function %q already exists with same argument types", now.Name)
	}
	kind := map[bool]string{false: "FUNCTION", true: "AGGREGATE"}
	if is := old.Aggregate != nil; is != (now.Aggregate != nil) {
		article := map[bool]string{false: "a function", true: "an aggregate function"}
		return pgerr.New(pgerr.WrongObjectType, "cannot change routine kind").WithDetail("%q is %s.", old.Name, article[is])
	}
	first := func(err *pgerr.Error) error {
		return err.WithHint("Use DROP %s %s first.", kind[old.Aggregate != nil], e.signatureText(old))
	}
	sameOut := slices.EqualFunc(old.Outputs(), now.Outputs(), func(a, b catalog.Param) bool { return a.Name == b.Name && a.Type == b.Type })
	switch {
	case !old.Result.Is(now.Result) || old.Set != now.Set || old.RowOf != now.RowOf:
		return first(errFunction("cannot change return type of existing function"))
	case !sameOut && old.Result.Is(col.Record):
		return first(errFunction("cannot change return type of existing function").WithDetail("Row type defined by OUT parameters is different."))
	}
	inputs := now.Inputs()
	for i, p := range old.Inputs() {
		if p.Name != "" && p.Name != inputs[i].Name {
			return first(errFunction("cannot change name of input parameter %q", p.Name))
		}
	}
	for i, p := range old.Inputs() {
		if p.Default != "" && inputs[i].Default == "" {
			return first(errFunction("cannot remove parameter defaults from existing function"))
		}
	}
	return e.refuseUsers(old, old.IsVariadic() != now.IsVariadic())
}

// refuseMixed refuses a function beside an aggregate of its name that takes as many arguments, and the
// other way around: whether arguments are those of an aggregate is known before they are bound.
func (e *env) refuseMixed(f *catalog.Function) error {
	for o := range e.Catalog.Functions() {
		if o.Name == f.Name && (o.Aggregate == nil) != (f.Aggregate == nil) && len(o.Inputs()) == len(f.Inputs()) {
			return pgerr.Unsupported("an aggregate and a function of one name that take as many arguments").WithHint("Give it another name.")
		}
	}
	return nil
}

// refuseUsers refuses to replace a function that a dataflow was made of, and with all set one that any query has whose text
// is kept: it would call it in another way.
func (e *env) refuseUsers(f *catalog.Function, all bool) error {
	var lines []string
	relations, functions := e.Catalog.FunctionUsers(f.OID)
	for _, user := range functions {
		if all {
			lines = append(lines, e.functionLabel(user)+" depends on "+e.functionLabel(f))
		}
	}
	for _, r := range relations {
		if all || r.Kept() {
			lines = append(lines, e.label(r)+" depends on "+e.functionLabel(f))
		}
	}
	if lines == nil {
		return nil
	}
	callers := "the materialized views and sinks that call it"
	if all {
		callers = "what calls it"
	}
	return pgerr.New(pgerr.DependentObjectsStillExist, "cannot replace %s because other objects depend on it", e.functionLabel(f)).
		WithDetail("%s", clipLines(lines)).
		WithHint("Drop %s first, or create a function of another name.", callers)
}

func (e *env) functionLabel(f *catalog.Function) string { return "function " + e.signatureText(f) }

var _ = statement(func(e *env, s *ast.DropFunction) (*Plan, error) {
	d := &dropping{env: e, cascade: s.Cascade, tag: s.Words()}
	for _, ref := range s.Functions {
		f, err := e.dropFunctionTarget(s, ref)
		if err != nil {
			return nil, err
		}
		if f != nil {
			d.target(object{function: f})
		}
	}
	return d.plan()
})

// dropFunctionTarget finds the function that DROP means; nil: it is not there and need not be.
func (e *env) dropFunctionTarget(s *ast.DropFunction, ref ast.FuncRef) (*catalog.Function, error) {
	ifExists := s.IfExists
	found := e.Catalog.FunctionsNamed(e.Path, ref.Name.Schema, ref.Name.Name)
	name, missing := ref.Name.String(), pgerr.New(pgerr.UndefinedFunction, "could not find a function named %q", ref.Name.String())
	if ifExists {
		missing.Message = "function " + name + "() does not exist"
	}
	if ref.Listed {
		types, text, err := e.listedTypes(ref.Params)
		if err != nil {
			return nil, e.skipped(err, ifExists)
		}
		found = slices.DeleteFunc(found, func(f *catalog.Function) bool { return !slices.Equal(f.InputTypes(), types) })
		what := "function"
		if s.Aggregate {
			what = "aggregate"
			if text == "" {
				text = "*"
			}
		}
		missing = pgerr.New(pgerr.UndefinedFunction, "%s %s(%s) does not exist", what, name, text)
	}
	switch schema := ref.Name.Schema; {
	case schema != "" && e.Catalog.SchemaNamed(schema) == nil:
		return nil, e.skipped(pgerr.New(pgerr.InvalidSchemaName, "schema %q does not exist", schema), ifExists)
	case len(found) == 0:
		return nil, e.skipped(missing, ifExists)
	case len(found) > 1:
		return nil, pgerr.New(pgerr.AmbiguousFunction, "function name %q is not unique", name).WithHint("Specify the argument list to select the function unambiguously.")
	}
	return found[0], e.rightKind(s, found[0])
}

// rightKind refuses an aggregate where a function is to be dropped, and the other way around.
func (e *env) rightKind(s *ast.DropFunction, f *catalog.Function) error {
	switch {
	case s.Aggregate && f.Aggregate == nil:
		return pgerr.New(pgerr.WrongObjectType, "function %s is not an aggregate", strings.ReplaceAll(e.signatureText(f), ",", ", "))
	case !s.Aggregate && !s.Routine && f.Aggregate != nil:
		return pgerr.New(pgerr.WrongObjectType, "%q is an aggregate function", f.Name).WithHint("Use DROP AGGREGATE to drop aggregate functions.")
	}
	return nil
}

// listedTypes are the types that tell functions of one name apart, and how a message has them.
func (e *env) listedTypes(params []*ast.FuncParam) (types []catalog.OID, text string, err *pgerr.Error) {
	m := &functionMaker{env: e}
	var names []string
	for _, p := range params {
		if p.Mode == "OUT" {
			continue
		}
		t, _, err := m.paramType(p.Type)
		if err != nil {
			return nil, "", pgerr.From(err)
		}
		types, names = append(types, t.OID), append(names, e.Catalog.FormatType(e.Path, t))
	}
	return types, strings.Join(names, ","), nil
}

// skipped is an error, or with IF EXISTS a notice and none.
func (e *env) skipped(err *pgerr.Error, ifExists bool) error {
	if !ifExists {
		return err
	}
	n := *err
	n.Message, n.Code = n.Message+", skipping", pgerr.SuccessfulCompletion
	e.notice(&n)
	return nil
}
