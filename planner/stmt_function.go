package planner

import (
	"slices"
	"strconv"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/parse"
)

var _ = statement(func(e *env, s *ast.CreateFunction) (*Plan, error) {
	schema, err := e.silent().creationSchema(s.Name)
	if err != nil {
		return nil, err
	}
	f := &catalog.Function{Schema: schema.OID, Name: s.Name.Name, Owner: e.owner(), Version: 1, Volatility: "v", Parallel: "u", Cost: 100}
	m := &functionMaker{env: e, f: f, s: s}
	for _, step := range []func() error{m.language, m.parameters, m.result, m.options, m.defaults} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	if err := e.place(f, s.OrReplace); err != nil {
		return nil, err
	}
	if err := m.body(); err != nil {
		return nil, err
	}
	return e.define(f, "CREATE FUNCTION"), nil
})

// place gives a function its number: a new one, or that of the one whose place it takes.
func (e *env) place(f *catalog.Function, replace bool) error {
	old := e.Catalog.FunctionWith(f.Schema, f.Name, f.InputTypes())
	if err := e.mayReplaceFunction(old, f, replace); err != nil {
		return err
	}
	if old != nil {
		f.OID, f.Owner, f.Version, e.replacing = old.OID, old.Owner, old.Version+1, old.OID
	} else {
		f.OID = e.OIDs.Take(1)
	}
	return nil
}

// define is the plan that puts a function into the catalog.
func (e *env) define(f *catalog.Function, tag string) *Plan {
	c := e.change()
	c.diff.Changes = append(c.diff.Changes, catalog.Change{Function: f})
	c.diff.NextOID = f.OID + 1
	return c.done(tag)
}

// functionMaker describes a new function.
type functionMaker struct {
	*env
	f *catalog.Function
	s *ast.CreateFunction
}

func errFunction(format string, args ...any) *pgerr.Error {
	return pgerr.New(pgerr.InvalidFunctionDefinition, format, args...)
}

// language refuses what has no body in SQL.
func (m *functionMaker) language() error {
	body, name := m.s.Body, strings.ToLower(m.s.Options.Language)
	switch {
	case name == "" && (body == nil || body.Kind == ast.BodyString):
		return errFunction("no language specified")
	case name != "" && name != "sql" && body != nil && body.Kind != ast.BodyString:
		return errFunction("inline SQL function body only valid for language SQL")
	case name == "plpgsql", name == "c", name == "internal":
		return pgerr.Unsupported("a function in language %s", name).WithHint("Write it in SQL: LANGUAGE sql.")
	case name != "" && name != "sql":
		return pgerr.New(pgerr.UndefinedObject, "language %q does not exist", m.s.Options.Language)
	case body == nil:
		return errFunction("no function body specified")
	}
	return nil
}

var paramModes = map[string]catalog.ParamMode{"IN": catalog.ParamIn, "OUT": catalog.ParamOut, "INOUT": catalog.ParamInOut,
	"TABLE": catalog.ParamTable, "VARIADIC": catalog.ParamVariadic}

// parameters describes the parameters, but for their defaults.
func (m *functionMaker) parameters() error {
	for _, p := range m.s.Params {
		t, relation, err := m.paramType(p.Type)
		switch {
		case paramModes[p.Mode] != catalog.ParamOut && p.Mode != "TABLE" && (isPseudo(p.Type) || t.Is(col.Record) && p.Type.Dims == 0):
			return errFunction("SQL functions cannot have arguments of type %s", ast.QuoteIdent(p.Type.Name))
		case pgerr.CodeOf(err) == pgerr.UndefinedObject && pgerr.From(err).Hint == "":
			missing := *p.Type
			missing.Mods = nil
			return pgerr.New(pgerr.UndefinedObject, "type %s does not exist", missing.String())
		case err != nil:
			return err
		case relation != nil:
			m.env.use(relation)
			m.f.DependsOn = append(m.f.DependsOn, relation.OID)
		}
		added := catalog.Param{Name: p.Name, Mode: paramModes[p.Mode], Type: t}
		switch {
		case added.IsInput() && m.f.IsVariadic():
			return errFunction("VARIADIC parameter must be the last input parameter")
		case added.Mode == catalog.ParamVariadic && fn.ElementOf(t).OID == 0:
			return errFunction("VARIADIC parameter must be an array")
		}
		m.f.Params = append(m.f.Params, added)
	}
	if len(m.f.Inputs()) > 100 {
		return pgerr.New(pgerr.TooManyArguments, "functions cannot have more than 100 arguments")
	}
	for i, p := range m.f.Params {
		for _, o := range m.f.Params[:i] {
			apart := !o.IsOutput() && !p.IsInput() || !o.IsInput() && !p.IsOutput()
			if p.Name != "" && p.Name == o.Name && !apart {
				return errFunction("parameter name %q used more than once", p.Name)
			}
		}
	}
	return nil
}

// paramType finds the type of a parameter or a result, whose modifiers PostgreSQL leaves away;
// relation is the one whose rows it is, else nil.
func (m *functionMaker) paramType(n *ast.TypeName) (t col.Type, relation *catalog.Relation, err error) {
	t, err = resolveType(n)
	if err == nil {
		return bare(t), nil, nil
	}
	if poly := fn.PolymorphicNamed(n.Name); poly.OID != 0 && n.Schema == "" && n.Dims == 0 {
		return poly, nil, nil
	}
	if pgerr.CodeOf(err) == pgerr.UndefinedObject && n.Dims == 0 {
		if r, missing := m.Catalog.Lookup(m.Path, n.Schema, n.Name); missing == nil && r.Kind != catalog.Sink && r.TypeOID() != 0 {
			return col.Type{OID: r.TypeOID(), Mod: -1}, r, nil
		}
	}
	return t, nil, err
}

// result describes what the function returns.
func (m *functionMaker) result() error {
	f, s := m.f, m.s
	out := f.Outputs()
	f.Set = s.SetOf || slices.ContainsFunc(out, func(p catalog.Param) bool { return p.Mode == catalog.ParamTable })
	var implied col.Type
	switch len(out) {
	case 0:
	case 1:
		implied = out[0].Type
	default:
		implied = anyRow
	}
	if s.Returns == nil {
		if f.Result = implied; len(out) == 0 {
			return errFunction("function result type must be specified")
		}
		return m.polymorphic()
	}
	t, relation, err := m.paramType(s.Returns)
	if s.Returns.Name == "void" && s.Returns.Schema == "" {
		return m.env.at(s.Returns.Pos, pgerr.Unsupported("a function without result"))
	}
	if isPseudo(s.Returns) {
		return errFunction("SQL functions cannot return type %s", ast.QuoteIdent(s.Returns.Name))
	}
	if err != nil {
		if pgerr.CodeOf(err) == pgerr.UndefinedObject {
			return err
		}
		return m.env.at(s.Returns.Pos, err)
	}
	if relation != nil {
		m.env.use(relation)
		f.RowOf, f.DependsOn = relation.OID, append(f.DependsOn, relation.OID)
		t = anyRow
	}
	if len(out) > 0 && (!implied.Is(t) || relation != nil) {
		return errFunction("function result type must be %s because of OUT parameters", implied)
	}
	f.Result = t
	return m.polymorphic()
}

// options describes what the function says of itself.
func (m *functionMaker) options() error {
	f, o := m.f, m.s.Options
	if o.Volatility != "" {
		f.Volatility = strings.ToLower(o.Volatility[:1])
	}
	f.Strict, f.Leakproof = o.Strictness == "STRICT", o.Leakproof == "LEAKPROOF"
	if o.Security == "SECURITY DEFINER" {
		return pgerr.Unsupported("SECURITY DEFINER").WithHint("A function has the rights of who calls it.")
	}
	switch o.Parallel {
	case "":
	case "safe", "restricted", "unsafe":
		f.Parallel = o.Parallel[:1]
	default:
		return pgerr.New(pgerr.SyntaxError, "parameter \"parallel\" must be SAFE, RESTRICTED, or UNSAFE")
	}
	if f.Set {
		f.Rows = 1000
	}
	for _, x := range []struct {
		text string
		to   *float64
		name string
	}{{o.Cost, &f.Cost, "COST"}, {o.Rows, &f.Rows, "ROWS"}} {
		if x.text == "" {
			continue
		}
		if *x.to, _ = strconv.ParseFloat(x.text, 64); *x.to <= 0 {
			return pgerr.New(pgerr.InvalidParameterValue, "%s must be positive", x.name)
		}
	}
	if o.Rows != "" && !f.Set {
		return pgerr.New(pgerr.InvalidParameterValue, "ROWS is not applicable when function does not return a set")
	}
	if len(o.SearchPath) > 0 {
		var path []string
		for _, v := range o.SearchPath {
			path = append(path, v.Text)
		}
		f.Settings = map[string]string{"search_path": strings.Join(path, ",")}
	}
	return nil
}

// defaults binds the defaults of the parameters and keeps their text.
func (m *functionMaker) defaults() error {
	had := false
	for i, p := range m.s.Params {
		at := &m.f.Params[i]
		switch {
		case p.Default == nil && had && at.IsInput():
			return errFunction("input parameters after one with a default value must also have defaults")
		case p.Default == nil:
			continue
		case !at.IsInput():
			return errFunction("only input parameters can have default values")
		}
		had = true
		b := &binder{env: m.env, clause: clause{name: "DEFAULT expression"}}
		x, err := b.expr(p.Default)
		if err != nil {
			return err
		}
		fits := x.Type().Is(col.Unknown) || fn.Accepts(at.Type, x.Type())
		if !fn.IsPolymorphic(at.Type) {
			_, err = b.coerce(x, at.Type, fn.Assignment)
			fits = pgerr.CodeOf(err) != pgerr.CannotCoerce
		}
		if !fits {
			err = pgerr.New(pgerr.DatatypeMismatch, "argument of DEFAULT must be type %s, not type %s", m.Catalog.FormatType(m.Path, bare(at.Type)), bare(x.Type()))
		}
		if err != nil {
			return m.env.at(p.Default.Position(), err)
		}
		if slices.ContainsFunc(exprTypes([]expr.Expr{x}), func(t col.Type) bool { return t.Is(col.Record) }) {
			return m.env.at(p.Default.Position(), pgerr.Unsupported("a row as the default of a parameter"))
		}
		at.Default = m.storedText(p.Default)
	}
	m.f.DependsOn = m.depends()
	return nil
}

// depends are the relations, functions and models that what was bound so far names.
func (m *functionMaker) depends() []catalog.OID {
	out := slices.Concat(m.f.DependsOn, m.directUses(), m.directFunctions(), m.askedModels())
	slices.Sort(out)
	return slices.Compact(out)
}

var bodyForms = map[ast.BodyKind]catalog.BodyForm{ast.BodyString: catalog.StringBody, ast.BodyReturn: catalog.ReturnBody, ast.BodyAtomic: catalog.AtomicBody}

// body binds the body as a call would, with parameters of a prepared statement in place of
// arguments.
func (m *functionMaker) body() error {
	s := m.s.Body
	f := m.f
	if f.Body, f.Form = s.Text, bodyForms[s.Kind]; f.Form != catalog.StringBody && m.takesAny() {
		return errFunction("SQL function with unquoted function body cannot have polymorphic arguments")
	}
	if f.Form != catalog.StringBody && f.Settings == nil {
		f.Settings = map[string]string{"search_path": strings.Join(lastingPath(m.Path), ",")}
	}
	all, err := parse.FunctionBody(s.Kind, s.Text)
	if err != nil {
		return m.inBody(err)
	}
	q, err := onlyQuery(all)
	if err == nil && q == nil {
		err = errResult(f.Name, m.resultName(f, f.Result), "Function's final statement must be SELECT or INSERT/UPDATE/DELETE RETURNING.")
	}
	if err != nil || m.takesAny() {
		return m.inBody(err)
	}
	around := *m.Env
	around.Text, around.Path = s.Text, settingPath(f.Settings, m.Path)
	inner := newEnv(&around, nil)
	inner.replacing, inner.notices = m.replacing, m.notices
	call := &functionCall{Function: f, ret: f.Result, value: true}
	args := []expr.Expr{}
	for i, p := range f.Inputs() {
		inner.params = append(inner.params, p.Type)
		args = append(args, inner.standIn(i+1, p.Type))
	}
	if _, err = inner.boundBody(call, q, args); err != nil {
		return m.inBody(err)
	}
	for oid, version := range inner.uses {
		m.uses[oid] = version
	}
	if f.Form != catalog.StringBody {
		m.direct, m.scored = inner.direct, inner.scored
		f.DependsOn = m.depends()
	}
	return nil
}

// standIn is a parameter while no call gives it a value.
func (e *env) standIn(number int, t col.Type) expr.Expr {
	r := e.rowsOf(t)
	if r == nil {
		return expr.NewParam(number, t)
	}
	row := &rowValue{names: []string{}}
	_, fields := e.fieldsOfRows(r)
	for _, c := range fields {
		row.fields, row.names = append(row.fields, expr.NewNull(c.Type)), append(row.names, c.Name)
	}
	return e.rowCall(row)
}

// resultName is the result's type as messages have it.
func (e *env) resultName(f *catalog.Function, t col.Type) string {
	if f.RowOf != 0 {
		return e.Catalog.Relation(f.RowOf).Name
	}
	return e.Catalog.FormatType(e.Path, t)
}

// inBody moves the position of an error in the body to where the body stands in the statement.
func (m *functionMaker) inBody(err error) error {
	if err == nil {
		return nil
	}
	p := *pgerr.From(err)
	switch at := m.s.Body.ValuePos; {
	case p.Position > 0 && at >= 0:
		p.Position += pgerr.Position(m.Text, at) - 1
	default:
		p.Position = 0
	}
	return &p
}

// bodyQuery is the query that a function was stored with.
func bodyQuery(form catalog.BodyForm, text string) (*ast.Query, error) {
	for kind, f := range bodyForms {
		if f == form {
			all, err := parse.FunctionBody(kind, text)
			if err != nil {
				return nil, err
			}
			return onlyQuery(all)
		}
	}
	return nil, pgerr.New(pgerr.DataCorrupted, "a function has no body")
}

// onlyQuery is the query that a body is; nil: its last statement is something else.
func onlyQuery(all []ast.Stmt) (*ast.Query, error) {
	if len(all) == 0 {
		return nil, nil
	}
	q, ok := all[len(all)-1].(*ast.Query)
	switch {
	case len(all) > 1:
		return nil, pgerr.Unsupported("a function of several statements").WithHint("Write one query, with WITH where that helps.")
	case !ok:
		return nil, nil
	}
	if _, into := ast.WithoutInto(q.Body); into != nil {
		return nil, pgerr.Unsupported("SELECT INTO in a function")
	}
	return q, nil
}
