package parse

import (
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/lex"
)

// withOptions moves over WITH (name = value, …), if it is there.
func (p *parser) withOptions() []*ast.Option {
	if !p.Is("with") || !p.IsMark(1, "(") {
		return nil
	}
	p.At += 2
	var all []*ast.Option
	for {
		o := p.optionName()
		if p.AcceptMark("=") {
			p.optionValue(o)
		}
		all = append(all, o)
		if !p.AcceptMark(",") {
			break
		}
	}
	p.NeedMark(")")
	return all
}

// optionName moves over a name, which may be dotted or a string.
func (p *parser) optionName() *ast.Option {
	o := &ast.Option{Pos: p.Pos()}
	if p.Peek(0).Kind == lex.String {
		o.Name = p.String()
		return o
	}
	o.Name = p.Label().Name
	for p.AcceptMark(".") {
		o.Name += "." + p.Label().Name
	}
	return o
}

// optionValue moves over a word, a string or a number.
func (p *parser) optionValue(o *ast.Option) {
	o.ValuePos = p.Pos()
	switch t := p.Peek(0); {
	case t.Kind == lex.String:
		o.Kind, o.Value = ast.OptionString, t.Text
		p.At++
	case p.IsLabel(0):
		o.Kind, o.Value = ast.OptionWord, t.Text
		p.At++
	default:
		o.Kind, o.Value = ast.OptionNumber, p.number()
	}
}

// number moves over a number with its sign.
func (p *parser) number() string {
	sign := ""
	if p.AcceptMark("-") {
		sign = "-"
	} else {
		p.AcceptMark("+")
	}
	t := p.Peek(0)
	if t.Kind != lex.Integer && t.Kind != lex.Decimal {
		p.Fail()
	}
	p.At++
	return sign + t.Text
}

// optionList moves over (name [value], …) as COPY and EXPLAIN have it.
func (p *parser) optionList() []*ast.Option {
	p.NeedMark("(")
	var all []*ast.Option
	for {
		o := &ast.Option{Pos: p.Pos(), Name: p.Label().Name}
		switch {
		case p.IsMark(0, ",") || p.IsMark(0, ")"):
		case p.AcceptMark("*"):
			o.Kind = ast.OptionStar
		case p.IsMark(0, "("):
			o.Kind, o.ValuePos = ast.OptionList, p.Pos()
			o.List = p.columns()
		default:
			if p.IsReserved(0) && !p.OneOf(0, "true false on") {
				p.Fail()
			}
			p.optionValue(o)
		}
		all = append(all, o)
		if !p.AcceptMark(",") {
			break
		}
	}
	p.NeedMark(")")
	return all
}
