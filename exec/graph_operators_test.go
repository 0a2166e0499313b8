package exec

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// elsewhere are the operators that random graphs cannot have, and what tests them: those that
// stand at the edges of a dataflow, which need relations, and the ends of what runs inside others.
var elsewhere = map[string]string{
	"Materialize": "TestViewsFollowCommitsAndRestarts", "once": "TestViewsFollowCommitsAndRestarts", "relay": "TestSharedArrangements",
	"Intake": "tests/metamorphic", "outlet": "tests/metamorphic",
	"Fixpoint": "TestFixpointEqualsLoops", "finds": "TestFixpointEqualsLoops", "rounds": "TestFixpointEqualsLoops", "handsOn": "TestPartsGiveWhatTheWholeGives",
}

// operators are the types that have an Apply.
func operators(t *testing.T) []string {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			m, ok := d.(*ast.FuncDecl)
			if !ok || m.Recv == nil || m.Name.Name != "Apply" || len(m.Type.Params.List) != 4 {
				continue
			}
			of := m.Recv.List[0].Type
			if star, ok := of.(*ast.StarExpr); ok {
				of = star.X
			}
			found[of.(*ast.Ident).Name] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// Every operator is in random graphs, or tested as elsewhere says.
func TestEveryOperatorIsInRandomGraphs(t *testing.T) {
	all, met := operators(t), map[string]bool{}
	missing := func(name string) bool { return !met[name] && elsewhere[name] == "" }
	for seed := uint64(1); seed < 2000 && slices.ContainsFunc(all, missing); seed++ {
		f := newFuzzer(t, seed, seed%2 == 0, 1+int(seed%4/3))
		for _, n := range f.g.nodes {
			met[strings.TrimPrefix(strings.TrimLeft(fmt.Sprintf("%T", n.op), "*"), "exec.")] = true
		}
	}
	for _, name := range all {
		if missing(name) {
			t.Errorf("no random graph has the operator %s", name)
		}
	}
}
