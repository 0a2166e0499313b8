package parse

import "github.com/millracedb/millrace/sql/ast"

var (
	_ = statement("begin", parseBegin)
	_ = statement("start transaction", parseStart)
	_ = statement("commit", parseCommit)
	_ = statement("end", parseCommit)
	_ = statement("rollback", parseRollback)
	_ = statement("abort", parseAbort)
	_ = statement("savepoint", parseSavepoint)
	_ = statement("release", parseRelease)
)

func parseBegin(p *parser) ast.Stmt {
	p.work()
	return &ast.Begin{Pos: p.pos(), Modes: p.txnModes(false)}
}

func parseStart(p *parser) ast.Stmt {
	return &ast.Begin{Pos: p.pos(), Start: true, Modes: p.txnModes(false)}
}

// work moves over the noise word behind BEGIN and its like.
func (p *parser) work() {
	if !p.Accept("work") {
		p.Accept("transaction")
	}
}

// chain moves over AND [NO] CHAIN.
func (p *parser) chain() bool {
	if !p.Accept("and") {
		return false
	}
	no := p.Accept("no")
	p.Need("chain")
	return !no
}

func parseCommit(p *parser) ast.Stmt {
	if p.Is("prepared") {
		return p.unsupported("COMMIT PREPARED", "")
	}
	p.work()
	return &ast.Commit{Pos: p.pos(), Chain: p.chain()}
}

func parseRollback(p *parser) ast.Stmt {
	if p.Is("prepared") {
		return p.unsupported("ROLLBACK PREPARED", "")
	}
	p.work()
	if p.Accept("to") {
		if p.Is("savepoint") && p.IsName(1) {
			p.At++
		}
		return &ast.RollbackTo{Pos: p.pos(), Name: p.Ident().Name}
	}
	return &ast.Rollback{Pos: p.pos(), Chain: p.chain()}
}

func parseAbort(p *parser) ast.Stmt {
	p.work()
	return &ast.Rollback{Pos: p.pos(), Chain: p.chain()}
}

func parseSavepoint(p *parser) ast.Stmt { return &ast.Savepoint{Pos: p.pos(), Name: p.Ident().Name} }

func parseRelease(p *parser) ast.Stmt {
	if p.Is("savepoint") && p.IsName(1) {
		p.At++
	}
	return &ast.Release{Pos: p.pos(), Name: p.Ident().Name}
}

// txnModes moves over the modes of a transaction, commas between them or not.
func (p *parser) txnModes(need bool) ast.TxnModes {
	var m ast.TxnModes
	for first := true; ; first = false {
		comma := !first && p.AcceptMark(",")
		yes, no := true, false
		switch {
		case p.Accept("isolation"):
			p.Need("level")
			m.Isolation = p.isolation()
		case p.Accept("read"):
			if p.Accept("only") {
				m.ReadOnly = &yes
			} else {
				p.Need("write")
				m.ReadOnly = &no
			}
		case p.Accept("deferrable"):
			m.Deferrable = &yes
		case p.Accept("not"):
			p.Need("deferrable")
			m.Deferrable = &no
		default:
			if comma || first && need {
				p.Fail()
			}
			return m
		}
	}
}

func (p *parser) isolation() string {
	switch {
	case p.Accept("serializable"):
		return "SERIALIZABLE"
	case p.Accept("repeatable"):
		p.Need("read")
		return "REPEATABLE READ"
	}
	p.Need("read")
	if p.Accept("committed") {
		return "READ COMMITTED"
	}
	p.Need("uncommitted")
	return "READ UNCOMMITTED"
}
