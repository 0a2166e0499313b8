package parse

import (
	"strings"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/tidbcore"
)

var _ = statement("create table", parseCreateTable)

func parseCreateTable(p *parser) ast.Stmt {
	p.only(false, true)
	t := &ast.CreateTable{Pos: p.pos(), Temp: p.temp, IfNotExists: p.ifNotExists(), Name: p.Name()}
	switch {
	case p.OneOf(0, "as with on using tablespace"), p.onlyNames():
		return p.tableAs(t)
	case p.Is("of"), p.Is("partition"):
		p.Refuse(p.Pos(), "a table made of a type or a partition", "")
	}
	t.TableBody = p.tableBody(t.Name)
	for {
		switch pos := p.Pos(); {
		case p.Is("append"):
			p.At++
			p.Need("only")
			t.AppendOnly = true
		case p.Is("on", "conflict") && t.OnConflict == nil:
			p.At += 2
			t.OnConflict = p.conflictPolicy(pos)
		case p.Is("with") && p.IsMark(1, "(") && t.With == nil:
			t.With = p.withOptions()
		case p.Is("on", "commit") && t.OnCommit == "":
			t.OnCommit = p.onCommit()
		case p.OneOf(0, "inherits partition using tablespace without"):
			p.Refuse(pos, "this clause of CREATE TABLE", "")
		default:
			return t
		}
	}
}

// tableAs moves over what stands behind the name in CREATE TABLE … AS.
func (p *parser) tableAs(t *ast.CreateTable) ast.Stmt {
	a := &ast.CreateTableAs{Pos: t.Pos, Temp: t.Temp, IfNotExists: t.IfNotExists, Name: t.Name, Columns: p.columns()}
	if p.OneOf(0, "using tablespace without") {
		p.Refuse(p.Pos(), "this clause of CREATE TABLE", "")
	}
	a.With = p.withOptions()
	if p.Is("on", "commit") {
		a.OnCommit = p.onCommit()
	}
	if p.Is("tablespace") {
		p.Refuse(p.Pos(), "this clause of CREATE TABLE", "")
	}
	p.Need("as")
	if p.Is("execute") {
		p.At++
		x := &ast.CreateTableExecute{Table: a, Execute: parseExecute(p).(*ast.Execute)}
		p.withData(a)
		return x
	}
	a.Query, _ = p.query()
	p.withData(a)
	return a
}

// withData moves over WITH [NO] DATA.
func (p *parser) withData(a *ast.CreateTableAs) {
	if p.Is("with") && p.OneOf(1, "data no") {
		a.NoData = p.IsAt(1, "no")
		if p.At += 1; a.NoData {
			p.At++
		}
		p.Need("data")
	}
}

// onCommit moves over ON COMMIT and what it does.
func (p *parser) onCommit() string {
	p.At += 2
	switch {
	case p.Accept("drop"):
		return "DROP"
	case p.OneOf(0, "preserve delete"):
		what := strings.ToUpper(p.Label().Name)
		p.Need("rows")
		return what + " ROWS"
	}
	p.Fail()
	return ""
}

// onlyNames reports whether the parentheses at the cursor hold nothing but names, as
// those of CREATE TABLE … AS do.
func (p *parser) onlyNames() bool {
	if !p.IsMark(0, "(") || !p.IsName(1) || !p.IsMark(2, ",") && !p.IsMark(2, ")") {
		return false
	}
	from := p.At
	p.columns()
	if !p.OneOf(0, "as using with on tablespace") {
		p.Fail()
	}
	p.At = from
	return true
}

// conflictPolicy moves over what stands behind CREATE TABLE … ON CONFLICT.
func (p *parser) conflictPolicy(pos int) *ast.ConflictPolicy {
	c := &ast.ConflictPolicy{Pos: pos}
	switch {
	case p.Accept("overwrite"):
		c.Action = "OVERWRITE"
	case p.Accept("ignore"):
		c.Action = "IGNORE"
	default:
		p.Need("do")
		if p.Accept("nothing") {
			c.Action = "DO NOTHING"
			break
		}
		p.Need("update")
		c.Action = "DO UPDATE"
		if p.Accept("full") {
			c.Action = "OVERWRITE"
		}
	}
	if p.Accept("with", "version", "column") {
		p.NeedMark("(")
		v := p.Ident()
		c.Version = &v
		p.NeedMark(")")
	}
	return c
}

// tableBody moves over (columns, constraints, watermark).
func (p *parser) tableBody(table ast.Name) ast.TableBody {
	var t ast.TableBody
	p.NeedMark("(")
	if p.AcceptMark(")") {
		return t
	}
	for {
		switch {
		case p.Is("watermark", "for"):
			if t.Watermark != nil {
				p.FailWith(pgerr.New(pgerr.SyntaxError, "multiple watermarks for one stream are not allowed"), p.Pos())
			}
			t.Watermark = p.watermark()
		case p.Is("like"):
			p.Refuse(p.Pos(), "LIKE in CREATE TABLE", "Name the columns.")
		case p.OneOf(0, "constraint check unique primary foreign exclude"):
			t.Constraints = append(t.Constraints, p.tableConstraint())
		default:
			t.Columns = append(t.Columns, p.columnDef(table))
		}
		if !p.AcceptMark(",") {
			p.NeedMark(")")
			return t
		}
	}
}

// watermark moves over WATERMARK FOR column AS expr.
func (p *parser) watermark() *ast.Watermark {
	w := &ast.Watermark{Pos: p.Pos()}
	p.At += 2
	w.Column = p.Ident()
	p.Need("as")
	w.Expr = tidbcore.Expr(p.Cursor)
	return w
}

// columnDef moves over name type and the constraints behind them.
func (p *parser) columnDef(table ast.Name) *ast.ColumnDef {
	name := p.Ident()
	c := &ast.ColumnDef{Pos: name.Pos, Name: name.Name, Type: tidbcore.TypeName(p.Cursor)}
	serial := isSerial(c.Type)
	nullable, last := false, 0
	c.NotNull = serial
	twice := func(message string, pos int) {
		err := pgerr.New(pgerr.SyntaxError, "%s for column \"%s\" of table \"%s\"", message, c.Name, table.Name)
		err.Nowhere = serial // as in PostgreSQL, which finds it in what it has made of the type
		p.FailWith(err, pos)
	}
	for {
		if what := severalValues(c, serial); what != "" {
			twice(what, last)
		}
		pos := p.Pos()
		last = pos
		name := ""
		if p.Accept("constraint") {
			name = p.Ident().Name
		}
		switch {
		case p.Accept("not"):
			p.Need("null")
			if c.NotNull = true; nullable {
				twice("conflicting NULL/NOT NULL declarations", pos)
			}
		case p.Accept("null"):
			if nullable = true; c.NotNull {
				twice("conflicting NULL/NOT NULL declarations", pos)
			}
		case p.Accept("default"):
			if c.Default != nil || serial {
				twice("multiple default values specified", pos)
			}
			c.Default = tidbcore.DefaultExpr(p.Cursor)
		case p.Is("generated"):
			p.generated(c, nullable, twice)
		case p.Accept("collate"):
			c.Collation = p.Name()
		case p.OneOf(0, "primary unique check references"):
			c.Constraints = append(c.Constraints, p.constraint(name, pos, false))
		case p.refusedConstraint(), name != "":
			p.Fail()
		default:
			return c
		}
	}
}

// isSerial reports whether a column takes its values from a sequence that its type makes.
func isSerial(t *ast.TypeName) bool {
	switch t.Name {
	case "smallserial", "serial2", "serial", "serial4", "bigserial", "serial8":
		return t.Schema == ""
	}
	return false
}

// severalValues says which two clauses give a column its values, where that is none of PostgreSQL's.
func severalValues(c *ast.ColumnDef, serial bool) string {
	given := c.Default != nil || serial
	switch {
	case given && c.Identity != nil:
		return "both default and identity specified"
	case given && c.Generated != nil:
		return "both default and generation expression specified"
	case c.Identity != nil && c.Generated != nil:
		return "both identity and generation expression specified"
	}
	return ""
}

// generated moves over GENERATED ALWAYS AS (expr) STORED or GENERATED … AS IDENTITY.
func (p *parser) generated(c *ast.ColumnDef, nullable bool, twice func(message string, pos int)) {
	pos, always := p.Pos(), true
	p.At++
	if p.Accept("by") {
		p.Need("default")
		always = false
	} else {
		p.Need("always")
	}
	p.Need("as")
	if p.Is("identity") {
		if c.Identity != nil {
			twice("multiple identity specifications", pos)
		}
		if nullable && !c.NotNull {
			twice("conflicting NULL/NOT NULL declarations", pos)
		}
		c.Identity, c.NotNull = p.identity(pos, always), true
		return
	}
	if c.Generated != nil {
		twice("multiple generation clauses specified", pos)
	}
	c.Generated = p.parenExpr()
	p.Need("stored")
	if !always {
		p.FailWith(pgerr.New(pgerr.SyntaxError, "for a generated column, GENERATED ALWAYS must be specified"), pos)
	}
}

// refusedConstraint refuses what may stand behind a column or a constraint in PostgreSQL
// and not here yet.
func (p *parser) refusedConstraint() bool {
	switch {
	case p.OneOf(0, "exclude compression storage deferrable initially"), p.Is("not", "deferrable"), p.Is("no", "inherit"):
		p.Refuse(p.Pos(), "this constraint", "")
	}
	return false
}

// tableConstraint moves over [CONSTRAINT name] PRIMARY KEY (…), UNIQUE (…), CHECK (…)
// or FOREIGN KEY (…) REFERENCES ….
func (p *parser) tableConstraint() *ast.Constraint {
	pos := p.Pos()
	name := ""
	if p.Accept("constraint") {
		name = p.Ident().Name
	}
	p.refusedConstraint()
	c := p.constraint(name, pos, true)
	p.refusedConstraint()
	return c
}

// constraint moves over a constraint; of a table it names its columns.
func (p *parser) constraint(name string, pos int, table bool) *ast.Constraint {
	c := &ast.Constraint{Pos: pos, Name: name}
	switch {
	case p.Accept("primary"):
		p.Need("key")
		c.Kind = ast.PrimaryKey
	case p.Accept("unique"):
		c.Kind = ast.Unique
		if p.Is("nulls") {
			p.Refuse(p.Pos(), "UNIQUE NULLS NOT DISTINCT", "")
		}
	case p.Accept("check"):
		c.Kind, c.Check = ast.Check, p.parenExpr()
		return c
	case table && p.Accept("foreign"):
		p.Need("key")
		c.Kind = ast.ForeignKey
	case !table && p.Is("references"):
		c.Kind = ast.ForeignKey
	default:
		p.Fail()
	}
	if table {
		if !p.IsMark(0, "(") {
			p.Fail()
		}
		c.Columns = p.columns()
	}
	if table && c.Kind != ast.ForeignKey && p.Accept("include") {
		if !p.IsMark(0, "(") {
			p.Fail()
		}
		c.Include = p.columns()
	}
	if c.Kind == ast.ForeignKey {
		c.References = p.references(table)
	}
	return c
}
