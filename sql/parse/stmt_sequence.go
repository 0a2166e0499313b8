package parse

import (
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/lex"
	"github.com/millracedb/millrace/sql/tidbcore"
)

var (
	_ = statement("create sequence", parseCreateSequence)
	_ = statement("alter sequence", parseAlterSequence)
	_ = statement("drop sequence", parseDrop(ast.KindSequence))
)

func parseCreateSequence(p *parser) ast.Stmt {
	p.only(false, true)
	return &ast.CreateSequence{Pos: p.pos(), Temp: p.temp, IfNotExists: p.ifNotExists(), Name: p.Name(), Options: p.sequenceOptions()}
}

func parseAlterSequence(p *parser) ast.Stmt {
	a := &ast.AlterSequence{Pos: p.pos(), IfExists: p.ifExists(), Name: p.Name()}
	switch {
	case p.Accept("rename"):
		p.Need("to")
		a.NewName = p.Ident()
		return a
	case p.OneOf(0, "owner set"):
		p.Refuse(p.Pos(), "this form of ALTER SEQUENCE", "")
	}
	if a.Options = p.sequenceOptions(); len(a.Options) == 0 {
		p.Fail()
	}
	return a
}

// sequenceOptions moves over the options of a sequence, as many as there are.
func (p *parser) sequenceOptions() (all []*ast.SequenceOption) {
	for {
		o := p.sequenceOption()
		if o == nil {
			return all
		}
		for _, before := range all {
			if before.Kind == o.Kind {
				p.FailWith(pgerr.New(pgerr.SyntaxError, "conflicting or redundant options"), o.Pos)
			}
		}
		all = append(all, o)
	}
}

// sequenceOption moves over an option, if one follows.
func (p *parser) sequenceOption() *ast.SequenceOption {
	o := &ast.SequenceOption{Pos: p.Pos()}
	word, may := ast.SequenceOptionKind(""), ""
	switch {
	case p.Accept("as"):
		o.Kind, o.Type = ast.SequenceType, tidbcore.TypeName(p.Cursor)
		return o
	case p.Accept("cycle"):
		o.Kind = ast.SequenceCycle
		return o
	case p.Accept("no"):
		switch o.No = true; {
		case p.Accept("minvalue"):
			o.Kind = ast.SequenceMin
		case p.Accept("maxvalue"):
			o.Kind = ast.SequenceMax
		default:
			p.Need("cycle")
			o.Kind = ast.SequenceCycle
		}
		return o
	case p.Accept("owned", "by"):
		o.Kind, o.Owner = ast.SequenceOwner, p.dotted()
		if o.No = len(o.Owner) == 1 && o.Owner[0].Name == "none"; o.No {
			o.Owner = nil
		}
		return o
	case p.Accept("sequence"):
		p.Need("name")
		o.Kind, o.Owner = ast.SequenceName, p.dotted()
		return o
	case p.Accept("restart"):
		o.Kind = ast.SequenceRestart
		if p.Accept("with") || p.isNumber() {
			o.Value = p.number()
		}
		return o
	case p.Accept("increment"):
		word, may = ast.SequenceIncrement, "by"
	case p.Accept("start"):
		word, may = ast.SequenceStart, "with"
	case p.Accept("minvalue"):
		word = ast.SequenceMin
	case p.Accept("maxvalue"):
		word = ast.SequenceMax
	case p.Accept("cache"):
		word = ast.SequenceCache
	default:
		return nil
	}
	if may != "" {
		p.Accept(may)
	}
	o.Kind, o.Value = word, p.number()
	return o
}

// dotted moves over a name of any number of parts.
func (p *parser) dotted() []ast.Ident {
	parts := []ast.Ident{p.Ident()}
	for p.AcceptMark(".") {
		parts = append(parts, p.Label())
	}
	return parts
}

// isNumber reports whether a number is next, or its sign.
func (p *parser) isNumber() bool {
	k := p.Peek(0).Kind
	return k == lex.Integer || k == lex.Decimal || p.IsMark(0, "-") || p.IsMark(0, "+")
}

// identity moves over IDENTITY and its options in GENERATED … AS IDENTITY.
func (p *parser) identity(pos int, always bool) *ast.Identity {
	p.Need("identity")
	i := &ast.Identity{Pos: pos, Always: always}
	if p.AcceptMark("(") {
		i.Options = p.sequenceOptions()
		p.NeedMark(")")
	}
	return i
}
