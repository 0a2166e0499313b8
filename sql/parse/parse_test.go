package parse

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
)

// TestParse runs the golden files. Their commands:
//
//	parse   prints each statement as the tree prints it
//	tree    prints each statement's tree with its positions
//	expr    prints one expression
//
// An error prints with its SQLSTATE and a caret. Whatever parses must print text that
// parses to an equal tree, in every command.
func TestParse(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "parse", "tree":
				return run(t, d.Input, d.Cmd == "tree")
			case "expr":
				x, err := Expr(d.Input)
				if err != nil {
					return caret(d.Input, err)
				}
				sameExpr(t, x)
				return x.String() + "\n"
			}
			t.Fatalf("unknown command %s", d.Cmd)
			return ""
		})
	})
}

func run(t *testing.T, text string, tree bool) string {
	all, err := Statements(text)
	if err != nil {
		return caret(text, err)
	}
	var b strings.Builder
	for _, s := range all {
		if err := fixpoint(s.Tree); err != nil {
			t.Errorf("%s\n%v", s.Text, err)
		}
		if tree {
			b.WriteString(dump(s.Tree, true) + "\n")
			continue
		}
		b.WriteString(s.Tree.String() + "\n")
		if u, ok := s.Tree.(*ast.Unsupported); ok {
			fmt.Fprintf(&b, "unsupported: %s\n", u.Feature)
			if u.Hint != "" {
				fmt.Fprintf(&b, "HINT: %s\n", u.Hint)
			}
		}
	}
	return b.String()
}

// fixpoint checks that the tree prints text that parses to an equal tree.
func fixpoint(tree ast.Stmt) error {
	printed := tree.String()
	again, err := One(printed)
	if err != nil {
		return fmt.Errorf("printed as %s: %w", printed, err)
	}
	if want, got := dump(tree, false), dump(again.Tree, false); want != got {
		return fmt.Errorf("printed as %s\nwant %s\ngot %s", printed, want, got)
	}
	return nil
}

func sameExpr(t *testing.T, x ast.Expr) {
	t.Helper()
	again, err := Expr(x.String())
	if err != nil {
		t.Errorf("printed as %s: %v", x, err)
	} else if want, got := dump(x, false), dump(again, false); want != got {
		t.Errorf("printed as %s\nwant %s\ngot %s", x, want, got)
	}
}

// caret prints an error as psql does: the line it points at, and a caret below.
func caret(text string, err error) string {
	var e *pgerr.Error
	if !errors.As(err, &e) {
		return "not an *Error: " + err.Error()
	}
	s := fmt.Sprintf("ERROR:  %s: %s\n", e.Code, e.Message)
	if e.Position > 0 {
		runes := []rune(text)
		at := e.Position - 1
		start, line := 0, 1
		for i, r := range runes[:at] {
			if r == '\n' {
				start, line = i+1, line+1
			}
		}
		end := at
		for end < len(runes) && runes[end] != '\n' {
			end++
		}
		head := fmt.Sprintf("LINE %d: ", line)
		s += head + string(runes[start:end]) + "\n" + strings.Repeat(" ", len(head)+at-start) + "^\n"
	}
	if e.Detail != "" {
		s += "DETAIL:  " + e.Detail + "\n"
	}
	if e.Hint != "" {
		s += "HINT:  " + e.Hint + "\n"
	}
	return s
}
