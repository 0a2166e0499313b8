package ast

// CreateFunction is CREATE FUNCTION.
type CreateFunction struct {
	Pos       int
	OrReplace bool
	Name      Name
	Params    []*FuncParam // the columns of RETURNS TABLE among them
	Returns   *TypeName    // nil: it was not written, or is RETURNS TABLE
	SetOf     bool         // RETURNS SETOF
	Options   FuncOptions
	Body      *FuncBody // nil: none was written
}

// FuncParam is a parameter of a function.
type FuncParam struct {
	Pos     int
	Mode    string // "IN", "OUT", "INOUT", "VARIADIC", or "TABLE" for a column of RETURNS TABLE
	Name    string // empty: it has none
	Type    *TypeName
	Default Expr // nil: it has none
}

// FuncOptions is what a function says of itself beside its parameters, its result and its
// body. Empty: it was not said.
type FuncOptions struct {
	Language   string
	Volatility string // "IMMUTABLE", "STABLE", "VOLATILE"
	Strictness string // "STRICT", "CALLED ON NULL INPUT"
	Leakproof  string // "LEAKPROOF", "NOT LEAKPROOF"
	Security   string // "SECURITY INVOKER", "SECURITY DEFINER"
	Parallel   string // lower case
	Cost, Rows string // numbers
	SearchPath []SetValue
}

// BodyKind tells how a function's body is written.
type BodyKind uint8

const (
	BodyString BodyKind = iota // AS '…'
	BodyReturn                 // RETURN x
	BodyAtomic                 // BEGIN ATOMIC … END
)

// FuncBody is a function's body. Text is what stands between the quotes, the expression of
// RETURN, or the statements of BEGIN ATOMIC; ValuePos is its byte offset where it stands in
// the statement as it is, else -1.
type FuncBody struct {
	Kind     BodyKind
	Text     string
	ValuePos int
}

// FuncRef is a function as DROP names it.
type FuncRef struct {
	Name   Name
	Listed bool // the parameters are listed
	Params []*FuncParam
}

// DropFunction is DROP FUNCTION, DROP ROUTINE or DROP AGGREGATE.
type DropFunction struct {
	Pos       int
	Routine   bool // it drops a function or an aggregate
	Aggregate bool // it drops aggregates
	IfExists  bool
	Functions []FuncRef
	Cascade   bool
}

func (*CreateFunction) stmt() {}
func (*DropFunction) stmt()   {}

func (c *CreateFunction) Position() int { return c.Pos }
func (p *FuncParam) Position() int      { return p.Pos }
func (d *DropFunction) Position() int   { return d.Pos }

func (c *CreateFunction) String() string { return text(c) }
func (p *FuncParam) String() string      { return text(p) }
func (d *DropFunction) String() string   { return text(d) }

func (c *CreateFunction) Children(yield func(Node) bool) {
	_ = each(yield, c.Params) && one(yield, c.Returns)
}
func (p *FuncParam) Children(yield func(Node) bool) {
	_ = one(yield, p.Type) && one(yield, p.Default)
}
func (d *DropFunction) Children(yield func(Node) bool) {
	for _, f := range d.Functions {
		if !each(yield, f.Params) {
			return
		}
	}
}

func (c *CreateFunction) AppendTo(b []byte) []byte {
	var params, table []*FuncParam
	for _, p := range c.Params {
		if p.Mode == "TABLE" {
			table = append(table, p)
		} else {
			params = append(params, p)
		}
	}
	b = when(append(b, "CREATE "...), c.OrReplace, "OR REPLACE ")
	b = parens(c.Name.AppendTo(append(b, "FUNCTION "...)), params)
	switch {
	case len(table) > 0:
		b = parens(append(b, " RETURNS TABLE "...), table)
	case c.Returns != nil:
		b = c.Returns.AppendTo(when(append(b, " RETURNS "...), c.SetOf, "SETOF "))
	}
	b = c.Options.appendTo(b)
	if c.Body != nil {
		b = c.Body.appendTo(b)
	}
	return b
}

func (p *FuncParam) AppendTo(b []byte) []byte {
	b = when(b, p.Mode != "IN" && p.Mode != "TABLE", p.Mode+" ")
	if p.Name != "" {
		b = append(appendParamName(b, p.Name), ' ')
	}
	return clause(p.Type.AppendTo(b), " DEFAULT ", p.Default)
}

// appendParamName quotes what would read as a type's first word.
func appendParamName(b []byte, name string) []byte {
	if c := KeywordClass(name); bareLabel(name) && name != "double" && (c <= Unreserved || c == TypeFunc) {
		return append(b, name...)
	}
	return quoted(b, name)
}

func (o FuncOptions) appendTo(b []byte) []byte {
	if o.Language != "" {
		b = appendLabel(append(b, " LANGUAGE "...), o.Language)
	}
	for _, words := range []string{o.Volatility, o.Strictness, o.Leakproof, o.Security} {
		b = when(b, words != "", " "+words)
	}
	for _, x := range [][2]string{{" PARALLEL ", o.Parallel}, {" COST ", o.Cost}, {" ROWS ", o.Rows}} {
		b = when(b, x[1] != "", x[0]+x[1])
	}
	return appendSetValues(when(b, len(o.SearchPath) > 0, " SET search_path TO "), o.SearchPath)
}

func (f *FuncBody) appendTo(b []byte) []byte {
	switch f.Kind {
	case BodyReturn:
		return append(append(b, " RETURN "...), f.Text...)
	case BodyAtomic:
		return append(append(append(b, " BEGIN ATOMIC "...), f.Text...), " END"...)
	}
	return appendString(append(b, " AS "...), f.Text)
}

// Words are the words that the statement begins with.
func (d *DropFunction) Words() string {
	switch {
	case d.Aggregate:
		return "DROP AGGREGATE"
	case d.Routine:
		return "DROP ROUTINE"
	}
	return "DROP FUNCTION"
}

func (d *DropFunction) AppendTo(b []byte) []byte {
	b = when(append(append(b, d.Words()...), ' '), d.IfExists, "IF EXISTS ")
	for i, f := range d.Functions {
		b = f.Name.AppendTo(when(b, i > 0, ", "))
		switch {
		case d.Aggregate:
			b = appendAggregateParams(b, f.Params)
		case f.Listed:
			b = parens(b, f.Params)
		}
	}
	return when(b, d.Cascade, " CASCADE")
}
