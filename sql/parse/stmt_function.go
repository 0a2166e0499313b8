package parse

import (
	"strings"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/lex"
	"github.com/millracedb/millrace/sql/tidbcore"
)

var (
	_ = statement("create function", parseCreateFunction)
	_ = statement("drop function", parseDropFunction(false))
	_ = statement("drop routine", parseDropFunction(true))
)

func parseCreateFunction(p *parser) ast.Stmt {
	p.only(true, false)
	f := &ast.CreateFunction{Pos: p.pos(), OrReplace: p.orReplace, Name: p.Name()}
	f.Params = p.funcParams(true)
	if p.Accept("returns") {
		p.returns(f)
	}
	o := &funcOptions{parser: p, of: f, seen: map[string]bool{}}
	for o.option() {
	}
	from := p.At
	switch {
	case f.Body != nil && p.OneOf(0, "return begin"):
		p.FailWith(pgerr.New(pgerr.InvalidFunctionDefinition, "duplicate function body specified"), -1)
	case p.Accept("return"):
		x := p.At
		tidbcore.Expr(p.Cursor)
		f.Body = &ast.FuncBody{Kind: ast.BodyReturn, Text: p.Range(x), ValuePos: int(p.Tokens[x].Pos)}
	case p.Accept("begin"):
		p.Need("atomic")
		f.Body = p.atomicBody(from)
	}
	return f
}

// returns moves over what follows RETURNS.
func (p *parser) returns(f *ast.CreateFunction) {
	if !p.Accept("table") {
		f.SetOf = p.Accept("setof")
		f.Returns = p.funcType()
		return
	}
	p.NeedMark("(")
	for {
		c := &ast.FuncParam{Pos: p.Pos(), Mode: "TABLE", Name: p.paramName()}
		c.Type = p.funcType()
		f.Params = append(f.Params, c)
		if !p.AcceptMark(",") {
			break
		}
	}
	p.NeedMark(")")
	for _, a := range f.Params {
		if a.Mode == "OUT" || a.Mode == "INOUT" {
			p.FailWith(pgerr.New(pgerr.SyntaxError, "OUT and INOUT arguments aren't allowed in TABLE functions"), -1)
		}
	}
}

// paramName moves over a parameter's name.
func (p *parser) paramName() string {
	if !p.IsLabel(0) || p.Peek(0).Kind == lex.Word && !namesParam(p.Peek(0).Text) {
		p.Fail()
	}
	return p.Label().Name
}

// namesParam reports whether a word may be a parameter's name, as it may be that of a type or
// a function.
func namesParam(word string) bool {
	c := ast.KeywordClass(word)
	return c != ast.ColName && c != ast.Reserved
}

// funcParams moves over the parameters of a function in parentheses.
func (p *parser) funcParams(defaults bool) (params []*ast.FuncParam) {
	p.NeedMark("(")
	if p.AcceptMark(")") {
		return nil
	}
	for {
		params = append(params, p.funcParam(defaults))
		if !p.AcceptMark(",") {
			break
		}
	}
	p.NeedMark(")")
	return params
}

func (p *parser) funcParam(defaults bool) *ast.FuncParam {
	a := &ast.FuncParam{Pos: p.Pos(), Mode: p.paramMode()}
	if p.nameAhead() {
		a.Name = p.paramName()
		if a.Mode == "" {
			a.Mode = p.paramMode()
		}
	}
	if a.Mode == "" {
		a.Mode = "IN"
	}
	a.Type = p.funcType()
	if defaults && (p.Accept("default") || p.AcceptMark("=")) {
		a.Default = tidbcore.Expr(p.Cursor)
	}
	return a
}

// paramMode moves over the mode of a parameter; empty: it has none.
func (p *parser) paramMode() string {
	switch {
	case p.Accept("variadic"):
		return "VARIADIC"
	case p.Accept("in"):
		if p.Accept("out") {
			return "INOUT"
		}
		return "IN"
	case p.Accept("out"):
		return "OUT"
	case p.Accept("inout"):
		return "INOUT"
	}
	return ""
}

// nameAhead reports whether a name stands before a parameter's type.
func (p *parser) nameAhead() bool {
	if !p.IsLabel(0) || !p.IsLabel(1) || p.Is("double", "precision") {
		return false
	}
	return (p.Peek(0).Kind == lex.QuotedWord || namesParam(p.Peek(0).Text)) && !p.IsAt(1, "default") && !p.IsAt(1, "array") && !p.IsAt(1, "order")
}

// funcType moves over the type of a parameter or a result.
func (p *parser) funcType() *ast.TypeName {
	if p.Is("setof") {
		p.Fail()
	}
	t := tidbcore.TypeName(p.Cursor)
	if p.IsMark(0, "%") {
		p.Refuse(p.Pos(), "%TYPE", "Write the type.")
	}
	return t
}

// atomicBody moves over the statements of BEGIN ATOMIC.
func (p *parser) atomicBody(begin int) *ast.FuncBody {
	from := p.At
	b := &ast.FuncBody{Kind: ast.BodyAtomic, ValuePos: p.Pos()}
	for !p.Is("end") {
		if p.Accept("return") {
			p.Refuse(int(p.Tokens[begin].Pos), "RETURN in BEGIN ATOMIC", "Write RETURN in place of BEGIN ATOMIC.")
		}
		tidbcore.Query(p.Cursor)
		p.NeedMark(";")
	}
	b.Text = p.Range(from)
	p.Need("end")
	return b
}

// funcOptions moves over the options of CREATE FUNCTION.
type funcOptions struct {
	*parser
	of   *ast.CreateFunction
	seen map[string]bool
}

// once refuses an option that stands twice.
func (o *funcOptions) once(kind string, at int) {
	if o.seen[kind] {
		o.FailWith(pgerr.New(pgerr.SyntaxError, "conflicting or redundant options"), at)
	}
	o.seen[kind] = true
}

// option moves over one option; false: there is no more.
func (o *funcOptions) option() bool {
	at, to := o.Pos(), &o.of.Options
	words := func(kind string, field *string, value string) bool {
		o.once(kind, at)
		*field = value
		return true
	}
	switch {
	case o.Accept("language"):
		return words("language", &to.Language, o.wordOrString())
	case o.Accept("immutable"):
		return words("volatility", &to.Volatility, "IMMUTABLE")
	case o.Accept("stable"):
		return words("volatility", &to.Volatility, "STABLE")
	case o.Accept("volatile"):
		return words("volatility", &to.Volatility, "VOLATILE")
	case o.Accept("strict"), o.Accept("returns", "null", "on", "null", "input"):
		return words("strict", &to.Strictness, "STRICT")
	case o.Accept("called", "on", "null", "input"):
		return words("strict", &to.Strictness, "CALLED ON NULL INPUT")
	case o.Accept("leakproof"):
		return words("leakproof", &to.Leakproof, "LEAKPROOF")
	case o.Accept("not", "leakproof"):
		return words("leakproof", &to.Leakproof, "NOT LEAKPROOF")
	case o.Accept("security", "invoker"), o.Accept("external", "security", "invoker"):
		return words("security", &to.Security, "SECURITY INVOKER")
	case o.Accept("security", "definer"), o.Accept("external", "security", "definer"):
		return words("security", &to.Security, "SECURITY DEFINER")
	case o.Accept("parallel"):
		return words("parallel", &to.Parallel, o.Label().Name)
	case o.Accept("cost"):
		return words("cost", &to.Cost, o.number())
	case o.Accept("rows"):
		return words("rows", &to.Rows, o.number())
	case o.Is("as"):
		o.once("as", at)
		o.At++
		o.of.Body = o.stringBody()
		return true
	}
	return o.otherOption(at)
}

// otherOption moves over SET, and refuses what functions here cannot have.
func (o *funcOptions) otherOption(at int) bool {
	switch {
	case o.Accept("set"):
		s, ok := o.set(&ast.Set{Pos: at}).(*ast.Set)
		if !ok || s.Name != "search_path" || s.Default {
			o.Refuse(at, "this setting of a function", "A function may SET search_path.")
		}
		o.of.Options.SearchPath = s.Values
		return true
	case o.OneOf(0, "window support transform"):
		o.Refuse(at, strings.ToUpper(o.Peek(0).Text)+" in CREATE FUNCTION", "")
	}
	return false
}

// wordOrString moves over the name of a language.
func (p *parser) wordOrString() string {
	if p.Peek(0).Kind == lex.String {
		return p.String()
	}
	return p.Label().Name
}

// stringBody moves over the string behind AS.
func (p *parser) stringBody() *ast.FuncBody {
	t := p.Peek(0)
	b := &ast.FuncBody{Text: p.String(), ValuePos: -1}
	written := p.Text[t.Pos:t.End]
	if i := strings.Index(written, b.Text); i >= 0 && (strings.HasPrefix(written, "$") || strings.HasPrefix(written, "'")) {
		b.ValuePos = int(t.Pos) + i
	}
	if p.IsMark(0, ",") {
		p.FailWith(pgerr.New(pgerr.InvalidFunctionDefinition, "only one AS item needed for language %q", "sql"), -1)
	}
	return b
}

func parseDropFunction(routine bool) form {
	return func(p *parser) ast.Stmt {
		d := &ast.DropFunction{Pos: p.pos(), Routine: routine, IfExists: p.ifExists()}
		for {
			f := ast.FuncRef{Name: p.Name()}
			if f.Listed = p.IsMark(0, "("); f.Listed {
				f.Params = p.funcParams(false)
			}
			d.Functions = append(d.Functions, f)
			if !p.AcceptMark(",") {
				break
			}
		}
		d.Cascade = p.cascade()
		return d
	}
}

// FunctionBody parses what a function was stored with: the text between its quotes, the
// expression of RETURN, or the statements of BEGIN ATOMIC. It returns them; an expression as
// the query of its value. An error is a *pgerr.Error whose position counts in text.
func FunctionBody(kind ast.BodyKind, text string) (all []ast.Stmt, err error) {
	if kind == ast.BodyReturn {
		x, err := Expr(text)
		if err != nil {
			return nil, err
		}
		body := &ast.Select{Targets: []*ast.Target{{Pos: x.Position(), Expr: x}}}
		return []ast.Stmt{&ast.Query{Body: body}}, nil
	}
	list, err := Statements(text)
	for _, s := range list {
		all = append(all, s.Tree)
	}
	return all, err
}
