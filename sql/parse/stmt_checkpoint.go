package parse

import "github.com/millracedb/millrace/sql/ast"

var _ = statement("checkpoint", parseCheckpoint)

func parseCheckpoint(p *parser) ast.Stmt { return &ast.Checkpoint{Pos: p.pos()} }
