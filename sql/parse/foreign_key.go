package parse

import "github.com/millracedb/millrace/sql/ast"

const atEndHint = "A foreign key is checked when a statement ends."

// references moves over REFERENCES table (columns) and what stands behind it.
func (p *parser) references(table bool) ast.References {
	p.Need("references")
	r := ast.References{Table: p.Name(), Key: p.columns()}
	if pos := p.Pos(); p.Accept("match") && !p.Accept("simple") {
		if !p.OneOf(0, "full partial") {
			p.Fail()
		}
		p.Refuse(pos, "MATCH FULL or PARTIAL", "Leave MATCH out, and check the columns for NULL together with CHECK.")
	}
	p.referentActions(&r)
	for {
		pos := p.Pos()
		switch {
		case p.Accept("not", "deferrable"), p.Accept("initially", "immediate"):
		case p.Is("deferrable"), p.Is("initially", "deferred"):
			p.Refuse(pos, "a deferrable foreign key", atEndHint)
		case table && p.Is("not", "valid"):
			p.Refuse(pos, "a foreign key that is not valid", "")
		default:
			return r
		}
	}
}

// referentActions moves over ON UPDATE and ON DELETE.
func (p *parser) referentActions(r *ast.References) {
	for range 2 {
		pos := p.Pos()
		var a *ast.ReferentAction
		switch {
		case p.Accept("on", "update"):
			a = &r.OnUpdate
		case p.Accept("on", "delete"):
			a = &r.OnDelete
		default:
			return
		}
		switch {
		case p.Accept("no", "action"):
		case a == &r.OnDelete && p.Accept("restrict"): // which differs only from a check that is deferred
			*a = "RESTRICT"
		case a == &r.OnDelete && p.Accept("cascade"):
			*a = "CASCADE"
		case p.Is("restrict"):
			p.Refuse(pos, "ON UPDATE RESTRICT", "Leave it out: a key that is referred to may not change either, unless another row takes it in the same statement.")
		case p.Is("cascade"), p.Is("set", "null"), p.Is("set", "default"):
			p.Refuse(pos, "a foreign key that changes the rows that refer to it", "ON DELETE CASCADE lets them go; change them in a transaction else.")
		default:
			p.Accept("set")
			p.Fail()
		}
	}
}
