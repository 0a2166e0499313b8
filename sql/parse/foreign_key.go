package parse

import (
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
)

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
	p.deferral(&r)
	if pos := p.Pos(); table && p.Is("not", "valid") {
		p.Refuse(pos, "a foreign key that is not valid", "")
	}
	return r
}

// deferral moves over [NOT] DEFERRABLE and INITIALLY IMMEDIATE or DEFERRED, in any order.
func (p *parser) deferral(r *ast.References) {
	fixed, deferrable, when := false, false, false
	fail := func(message string, pos int) { p.FailWith(pgerr.New(pgerr.SyntaxError, "%s", message), pos) }
	for {
		pos, before := p.Pos(), fixed || deferrable
		switch {
		case p.Accept("not", "deferrable"):
			fixed = true
		case p.Accept("deferrable"):
			deferrable = true
		case p.Is("initially"):
			if p.At++; when {
				fail("multiple INITIALLY IMMEDIATE/DEFERRED clauses not allowed", pos)
			}
			when, before = true, false
			if !p.Accept("immediate") {
				p.Need("deferred")
				r.Deferred = true
			}
		default:
			r.Deferrable = deferrable || r.Deferred
			return
		}
		if before {
			fail("multiple DEFERRABLE/NOT DEFERRABLE clauses not allowed", pos)
		}
		if fixed && r.Deferred {
			fail("constraint declared INITIALLY DEFERRED must be DEFERRABLE", pos)
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
		case a == &r.OnDelete && p.Accept("restrict"):
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
