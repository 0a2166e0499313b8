package planner

import (
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/parse"
)

// parseQuery parses the text of a view, which the catalog keeps as it was written.
func parseQuery(text string) (*ast.Query, error) {
	s, err := parse.One(text)
	if err != nil {
		return nil, err
	}
	q, ok := s.Tree.(*ast.Query)
	if !ok {
		return nil, pgerr.New(pgerr.DataCorrupted, "the text of a view is no query")
	}
	return q, nil
}
