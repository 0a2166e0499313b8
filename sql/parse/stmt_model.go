package parse

import (
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
)

var (
	_ = statement("create model", parseCreateModel)
	_ = statement("alter model", parseAlterModel)
	_ = statement("drop model", parseDrop(ast.KindModel))
)

func parseCreateModel(p *parser) ast.Stmt {
	p.only(false, false)
	m := &ast.CreateModel{Pos: p.pos(), IfNotExists: p.ifNotExists(), Name: p.Name()}
	p.Need("from")
	m.FilePos, m.File = p.modelFile()
	m.With = p.withOptions()
	return m
}

// modelFile moves over the name of a file of the server.
func (p *parser) modelFile() (pos int, file string) {
	if p.Is("stdin") {
		p.FailWith(pgerr.New(pgerr.SyntaxError, "a file of the server must be named").
			WithHint("The client sends a file with COPY MODEL … FROM STDIN."), p.Pos())
	}
	return p.Pos(), p.String()
}

// isCopyModel reports whether what follows COPY is a model, not a table of that name.
func (p *parser) isCopyModel() bool {
	return p.Is("model") && !p.OneOf(1, "from to") && !p.IsMark(1, "(") && !p.IsMark(1, ".")
}

func parseCopyModel(p *parser) ast.Stmt {
	p.Need("model")
	m := &ast.CopyModel{Pos: p.pos(), Name: p.Name()}
	if p.OneOf(0, "version to") {
		if p.Accept("version") {
			m.Version = p.Int()
		}
		p.Need("to", "stdout")
		m.To = true
		return m
	}
	p.Need("from", "stdin")
	m.With = p.withOptions()
	return m
}

func parseAlterModel(p *parser) ast.Stmt {
	m := &ast.AlterModel{Pos: p.pos(), IfExists: p.ifExists(), Name: p.Name()}
	switch {
	case p.Accept("add"):
		p.Need("version", "from")
		m.Action = ast.AddVersion
		m.FilePos, m.File = p.modelFile()
		m.With = p.withOptions()
	case p.Accept("drop"):
		p.Need("version")
		m.Action, m.Version = ast.DropVersion, p.Int()
	case p.Accept("set"):
		p.Need("current", "version")
		m.Action, m.Version = ast.SetCurrentVersion, p.Int()
	default:
		p.Need("rename", "to")
		m.Action, m.NewName = ast.RenameModel, p.Ident()
	}
	return m
}
