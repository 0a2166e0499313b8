package parse

import (
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/lex"
	"github.com/millracedb/millrace/sql/tidbcore"
)

var _ = statement("copy", parseCopy)

func parseCopy(p *parser) ast.Stmt {
	if p.isCopyModel() {
		return parseCopyModel(p)
	}
	c := &ast.Copy{Pos: p.pos()}
	if p.Is("binary") && !p.OneOf(1, "from to") && !p.IsMark(1, "(") {
		c.Options = append(c.Options, formatOption(p.Pos(), "binary"))
		p.At++
	}
	if p.AcceptMark("(") {
		if p.Is("subscribe") {
			c.Query = p.nested()
		} else {
			c.Query = p.preparable()
		}
		p.NeedMark(")")
		p.Need("to")
	} else {
		c.Table = p.Name()
		c.Columns = p.columns()
		if c.From = p.Accept("from"); !c.From {
			p.Need("to")
		}
	}
	p.copyFile(c)
	p.copyOptions(c)
	if c.From && p.Accept("where") {
		c.Where = tidbcore.Expr(p.Cursor)
	}
	return c
}

// copyFile moves over STDIN, STDOUT, a file or a program.
func (p *parser) copyFile(c *ast.Copy) {
	c.Program = p.Accept("program")
	switch {
	case p.Peek(0).Kind == lex.String:
		c.File = p.String()
	case c.Program || !p.OneOf(0, "stdin stdout"):
		p.Fail()
	default:
		p.At++
	}
}

// copyOptions moves over [WITH] (options), or the options of the older syntax.
func (p *parser) copyOptions(c *ast.Copy) {
	if p.OneOf(0, "using delimiters") {
		p.Accept("using")
		p.Need("delimiters")
		c.Options = append(c.Options, &ast.Option{Pos: p.Pos(), Name: "delimiter", Kind: ast.OptionString, ValuePos: p.Pos(), Value: p.String()})
	}
	p.Accept("with")
	if p.IsMark(0, "(") {
		c.Options = append(c.Options, p.optionList()...)
		return
	}
	for {
		o := p.oldOption()
		if o == nil {
			return
		}
		c.Options = append(c.Options, o)
	}
}

func formatOption(pos int, format string) *ast.Option {
	return &ast.Option{Pos: pos, Name: "format", Kind: ast.OptionWord, Value: format, ValuePos: pos}
}

// oldOption moves over one option of COPY's older syntax and returns it as the option it
// is today, nil at the end.
func (p *parser) oldOption() *ast.Option {
	o := &ast.Option{Pos: p.Pos()}
	switch {
	case p.OneOf(0, "binary csv"):
		return formatOption(o.Pos, p.Label().Name)
	case p.OneOf(0, "header freeze"):
		o.Name = p.Label().Name
	case p.OneOf(0, "delimiter null quote escape"):
		o.Name = p.Label().Name
		p.Accept("as")
		o.Kind, o.ValuePos, o.Value = ast.OptionString, p.Pos(), p.String()
	case p.Accept("encoding"):
		o.Name, o.Kind, o.ValuePos, o.Value = "encoding", ast.OptionString, p.Pos(), p.String()
	case p.Accept("force"):
		o.Name = p.forced()
		o.ValuePos = p.Pos()
		if p.AcceptMark("*") && o.Name == "force_quote" {
			o.Kind = ast.OptionStar
			break
		}
		o.Kind, o.List = ast.OptionList, p.Idents()
	default:
		return nil
	}
	return o
}

// forced moves over what stands behind FORCE and returns the option's name of today.
func (p *parser) forced() string {
	switch {
	case p.Accept("quote"):
		return "force_quote"
	case p.Accept("null"):
		return "force_null"
	}
	p.Need("not", "null")
	return "force_not_null"
}
