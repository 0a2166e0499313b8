package parse

import (
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/tidbcore"
)

var (
	_ = statement("insert", parseChange)
	_ = statement("update", parseChange)
	_ = statement("delete", parseChange)
)

func parseChange(p *parser) ast.Stmt {
	p.At--
	return tidbcore.Change(p.Cursor)
}
