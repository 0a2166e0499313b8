package parse

import (
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/lex"
	"github.com/millracedb/millrace/sql/tidbcore"
)

var (
	_ = statement("create aggregate", parseCreateAggregate)
	_ = statement("drop aggregate", parseDropAggregate)
)

func parseCreateAggregate(p *parser) ast.Stmt {
	p.only(true, false)
	a := &ast.CreateAggregate{Pos: p.pos(), OrReplace: p.orReplace, Name: p.Name()}
	if a.Old = p.IsMark(0, "(") && p.IsLabel(1) && p.IsMark(2, "="); !a.Old {
		a.Params = p.aggregateParams()
	}
	p.NeedMark("(")
	for {
		a.Options = append(a.Options, p.aggregateOption())
		if !p.AcceptMark(",") {
			break
		}
	}
	p.NeedMark(")")
	return a
}

// aggregateParams moves over what an aggregate takes: (*), or parameters.
func (p *parser) aggregateParams() (params []*ast.FuncParam) {
	if p.IsMark(0, "(") && p.IsMark(1, "*") && p.IsMark(2, ")") {
		p.At += 3
		return nil
	}
	p.NeedMark("(")
	for {
		if p.Is("order", "by") {
			p.Refuse(p.Pos(), "an ordered-set aggregate of a user", "Write ORDER BY in the call of an aggregate.")
		}
		params = append(params, p.funcParam(false))
		if p.Is("order", "by") {
			continue
		}
		if !p.AcceptMark(",") {
			break
		}
	}
	p.NeedMark(")")
	return params
}

// aggregateOption moves over name = value.
func (p *parser) aggregateOption() *ast.AggregateOption {
	o := &ast.AggregateOption{Pos: p.Pos(), Name: p.Label().Name}
	if !p.AcceptMark("=") {
		return o
	}
	o.ValuePos = p.Pos()
	switch t := p.Peek(0); {
	case t.Kind == lex.String:
		o.Value, o.IsString = p.String(), true
	case t.Kind == lex.Operator && t.Text != "-" && t.Text != "+":
		o.Value = t.Text
		p.At++
	case p.IsLabel(0):
		o.Type = tidbcore.TypeName(p.Cursor)
	default:
		o.Value = p.number()
	}
	return o
}

func parseDropAggregate(p *parser) ast.Stmt {
	d := &ast.DropFunction{Pos: p.pos(), Aggregate: true, IfExists: p.ifExists()}
	for {
		d.Functions = append(d.Functions, ast.FuncRef{Name: p.Name(), Listed: true, Params: p.aggregateParams()})
		if !p.AcceptMark(",") {
			break
		}
	}
	d.Cascade = p.cascade()
	return d
}
