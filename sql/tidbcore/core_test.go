package tidbcore

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/pingcap/tidb/pkg/parser"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/lex"
)

func cursor(t *testing.T, text string) *lex.Cursor {
	t.Helper()
	l, err := lex.Lex(text)
	if err != nil {
		t.Fatal(err)
	}
	return &lex.Cursor{Lexed: l}
}

// TestSkeleton holds the text that TiDB's grammar reads to the one doc.go shows.
func TestSkeleton(t *testing.T) {
	e := encoder{Cursor: cursor(t, "SELECT a::int, sum(b) FILTER (WHERE c > 1) FROM t WHERE d || 'x' = $1")}
	e.query()
	text, _ := e.render()
	const want = "SELECT `e1`(`e0` ) , `e2`( `e3` , `e4` > `e5` ) FROM `f0` WHERE `e6` >> `e7` = `e8` HAVING `s0`( ) "
	if text != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}

// TestMisread checks that an error of TiDB's grammar points at the user's token. The
// encoder lets none happen, so the test spoils a skeleton.
func TestMisread(t *testing.T) {
	text := "SELECT a + b FROM t"
	e := encoder{Cursor: cursor(t, text)}
	e.query()
	for i := range e.out {
		if e.out[i].text == "+" {
			e.out[i].text = "+ )"
		}
	}
	err := func() (err error) {
		defer lex.Catch(&err)
		decode(&e, (*decoder).query)
		return nil
	}()
	got := pgerr.From(err)
	if got.Code != pgerr.SyntaxError || got.Position != strings.Index(text, "+")+1 {
		t.Errorf("got %s %s at %d", got.Code, got.Message, got.Position)
	}
}

// TestReadRecovers checks that a panic inside TiDB's parser is an error of the statement.
func TestReadRecovers(t *testing.T) {
	if _, err := read(parser.New(), "SELECT 1; SELECT 2"); err == nil {
		t.Error("two statements are one")
	}
	_, err := read(nil, "SELECT 0")
	if pgerr.CodeOf(err) != pgerr.InternalError || !strings.HasPrefix(err.Error(), "parser failed") {
		t.Errorf("got %v", err)
	}
}

// TestParserIsKept checks that nobody else gets the parser whose tree is still read.
func TestParserIsKept(t *testing.T) {
	e := encoder{Cursor: cursor(t, "SELECT a + b FROM t")}
	e.query()
	decode(&e, func(d *decoder) *ast.Query {
		for range 100 {
			if parsers.Get().(*parser.Parser) == d.parser {
				t.Error("the parser is free")
			}
		}
		return d.query()
	})
}

// TestNoTestDriver checks that TiDB's driver for its own tests is not linked.
func TestNoTestDriver(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(out), "pingcap/tidb/pkg/parser") || strings.Contains(string(out), "test_driver") {
		t.Errorf("unexpected dependencies:\n%s", out)
	}
}
