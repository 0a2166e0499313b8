package tidy

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// No drawer for whatever fits nowhere.
func TestNames(t *testing.T) {
	drawer := regexp.MustCompile(`(?:^|[/_])(utils?|common|helpers?|manager|impl|v2)(?:[/_.]|$)`)
	for _, file := range files(t, ".go") {
		if m := drawer.FindStringSubmatch(file); m != nil {
			t.Errorf("%s: %q says nothing about what is inside", file, m[1])
		}
	}
}

const longest = 600

// A long file says why it is long.
func TestFileSizes(t *testing.T) {
	for _, file := range files(t, ".go") {
		text := read(t, file)
		if n := strings.Count(text, "\n"); n > longest && !strings.Contains(text, "This file is long because") {
			t.Errorf("%s has %d lines and does not say why (a comment \"This file is long because …\")", file, n)
		}
	}
}

// The words are put together here, so that this file does not contain them.
var forbidden = regexp.MustCompile(`\b(` + strings.Join([]string{"TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK",
	"(?i:co" + "pilot)", "(?i:chat" + "gpt)", "(?i:sub" + "agent)"}, "|") + `)\b`)

var absolute = regexp.MustCompile("(?:^|[\\s\"'`(=])/(?:work|home|root|Users|mnt)/[a-z]")

func TestText(t *testing.T) {
	for _, file := range files(t, ".go", ".md", ".sql", ".test", ".txt", "Makefile", ".sh", ".toml", ".yml", ".java", ".rs", "run") {
		if strings.Contains(file, "/testdata/fuzz/") {
			continue
		}
		text, n := read(t, file), 0
		if strings.Contains(text, "\x00") {
			t.Errorf("%s is no text", file) // what go test -c leaves ends in .test, too
			continue
		}
		for line := range strings.SplitSeq(text, "\n") {
			n++
			if m := forbidden.FindString(line); m != "" {
				t.Errorf("%s:%d: %q", file, n, m)
			}
			if absolute.MatchString(line) {
				t.Errorf("%s:%d: a path of one machine: %s", file, n, strings.TrimSpace(line))
			}
		}
	}
}

// Tests wait for what happens, and every test runs.
func TestTests(t *testing.T) {
	bad := regexp.MustCompile(`time\.Slee` + `p\(|\b[tb]\.Ski` + `p(Now|f)?\(`)
	for _, file := range files(t, "_test.go") {
		n := 0
		for line := range strings.SplitSeq(read(t, file), "\n") {
			if n++; bad.MatchString(line) {
				t.Errorf("%s:%d: %s", file, n, strings.TrimSpace(line))
			}
		}
	}
}

// What is exported says its contract.
func TestContracts(t *testing.T) {
	broken := map[string]string{}
	docs := map[string]bool{}
	known := interfaceMethods(t)
	for _, file := range files(t, ".go") {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, filepath.Join(root, file), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if ast.IsGenerated(f) {
			continue
		}
		if docs[path.Dir(file)] = docs[path.Dir(file)] || f.Doc != nil; f.Name.Name == "main" {
			continue
		}
		for _, d := range f.Decls {
			for _, name := range silent(d) {
				if _, method, is := strings.Cut(name, "."); is && known[method] {
					continue
				}
				broken[path.Dir(file)+"."+name] = fmt.Sprintf("exported without a comment, in %s", file)
			}
		}
	}
	for pkg, said := range docs {
		if !said {
			broken[pkg] = "a package without a comment"
		}
	}
	hold(t, "contracts", broken)
}

// interfaceMethods are the names of methods whose contract stands at an interface: one of
// the project's or one of the standard library's everyday ones.
func interfaceMethods(t *testing.T) map[string]bool {
	names := map[string]bool{}
	for _, everyday := range []string{"String", "Error", "Unwrap", "Close", "Read", "Write", "Len", "Less", "Swap", "Enabled", "Handle"} {
		names[everyday] = true
	}
	for _, file := range files(t, ".go") {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, file), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if i, is := n.(*ast.InterfaceType); is {
				for _, m := range i.Methods.List {
					for _, name := range m.Names {
						names[name.Name] = true
					}
				}
			}
			return true
		})
	}
	return names
}

// silent are the exported names of a declaration that no comment stands at.
func silent(d ast.Decl) (names []string) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		name := d.Name.Name
		if d.Recv != nil {
			r := receiver(d.Recv.List[0].Type)
			if !ast.IsExported(r) {
				return nil
			}
			name = r + "." + name
		}
		if d.Name.IsExported() && d.Doc == nil {
			names = append(names, name)
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
					names = append(names, s.Name.Name)
				}
			case *ast.ValueSpec:
				for _, n := range s.Names {
					if n.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
						names = append(names, n.Name)
					}
				}
			}
		}
	}
	return names
}

func receiver(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.StarExpr:
		return receiver(x.X)
	case *ast.IndexExpr:
		return receiver(x.X)
	case *ast.IndexListExpr:
		return receiver(x.X)
	case *ast.Ident:
		return x.Name
	}
	return ""
}
