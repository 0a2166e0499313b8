package tidbcore

import (
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"sync"

	"github.com/pingcap/tidb/pkg/parser"
	tast "github.com/pingcap/tidb/pkg/parser/ast"
	"github.com/pingcap/tidb/pkg/parser/mysql"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/lex"
)

// A TiDB parser costs 17 KB and serves one goroutine at a time.
var parsers = sync.Pool{New: func() any {
	p := parser.New()
	p.SetSQLMode(mysql.ModeANSIQuotes | mysql.ModeNoBackslashEscapes | mysql.ModeIgnoreSpace)
	return p
}}

// Query parses the query at the cursor and moves over it. It gives up as lex.Cursor
// does.
func Query(c *lex.Cursor) *ast.Query {
	e := encoder{Cursor: c}
	e.query()
	return decode(&e, (*decoder).query)
}

// Expr parses the expression at the cursor and moves over it. It gives up as lex.Cursor
// does.
func Expr(c *lex.Cursor) ast.Expr { return single(c, (*encoder).expr) }

// DefaultExpr parses the expression behind a column's DEFAULT, which cannot hold AND, OR,
// NOT or a test without parentheses.
func DefaultExpr(c *lex.Cursor) ast.Expr {
	return single(c, func(e *encoder) { e.exprAbove(levelLike) })
}

// single parses one expression.
func single(c *lex.Cursor, walk func(e *encoder)) ast.Expr {
	e := encoder{Cursor: c}
	e.text("SELECT")
	walk(&e)
	if x := e.lone(1); x != nil {
		return x
	}
	return decode(&e, (*decoder).single)
}

// Change parses the INSERT, UPDATE or DELETE at the cursor, with its WITH, and moves over
// it. It gives up as lex.Cursor does.
func Change(c *lex.Cursor) ast.Stmt {
	e := encoder{Cursor: c}
	e.change()
	return decode(&e, (*decoder).change)
}

// IndexElems parses the columns and expressions of an index, from behind the opening
// parenthesis up to the closing one. It gives up as lex.Cursor does.
func IndexElems(c *lex.Cursor) []*ast.IndexElem {
	e := encoder{Cursor: c}
	e.text("SELECT")
	var elems []*ast.IndexElem
	n := e.marker(func(f *feed) ast.Expr {
		for _, x := range elems {
			x.Expr = f.next()
		}
		return nil
	})
	e.open('e', n)
	elems = e.indexElems()
	e.text(")")
	decode(&e, (*decoder).single)
	return elems
}

// decode lets TiDB's grammar read the skeleton and f turn what it read into Millrace's tree. The parser
// is free for others only then: its stack still leads to the nodes, and its next text would write to them.
func decode[T any](e *encoder, f func(*decoder) T) T {
	text, starts := e.render()
	d := &decoder{encoder: e, starts: starts, parser: parsers.Get().(*parser.Parser)}
	var err error
	if d.root, err = read(d.parser, text); err != nil { // the parser is left to the collector
		d.misread(text, err)
	}
	v := f(d)
	parsers.Put(d.parser)
	return v
}

// single decodes the one expression of a SELECT.
func (d *decoder) single() ast.Expr {
	return d.expr(d.root.(*tast.SelectStmt).Fields.Fields[0].Expr)
}

func read(p *parser.Parser, text string) (root tast.StmtNode, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = pgerr.New(pgerr.InternalError, "parser failed: %v", r)
		}
	}()
	stmts, _, err := p.ParseSQL(text)
	if err != nil {
		return nil, err
	}
	if len(stmts) != 1 {
		return nil, fmt.Errorf("%d statements", len(stmts))
	}
	return stmts[0], nil
}

var near = regexp.MustCompile(`(?s)^line \d+ column \d+ near "(.*)"(?:\(total length (\d+)\))? ?`)

// misread gives up at the user's token that TiDB's error points at.
func (d *decoder) misread(text string, err error) {
	m := near.FindStringSubmatch(err.Error())
	if m == nil {
		d.FailWith(pgerr.From(err), int(d.Tokens[d.out[0].src].Pos))
	}
	rest := len(m[1])
	if m[2] != "" {
		rest, _ = strconv.Atoi(m[2])
	}
	if i := d.tokenAt(len(text) - rest); i >= 0 && rest > 0 {
		d.At = int(d.out[i].src)
	}
	d.Fail()
}

// tokenAt returns the index of the skeleton's token that covers the offset.
func (d *decoder) tokenAt(offset int) int {
	return sort.Search(len(d.starts), func(i int) bool { return int(d.starts[i]) > offset }) - 1
}
