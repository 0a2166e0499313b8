package tidy

import (
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/millracedb/millrace/"

// A package imports folders of lower floors, and of its own folder what an arrow allows.
// Neighbours on a floor never import each other. Tests look anywhere.
const floors = `
floor 5: cmd
floor 4: server
floor 3: planner
floor 2: exec catalog
floor 1: storage sql wire connect ml
floor 0: base examples

base/col        -> base/jsonb base/long base/numeric base/pgerr
base/datetime   -> base/pgerr
base/jsonb      -> base/long base/numeric base/pgerr base/pgtext
base/numeric    -> base/pgerr
base/pgtext     -> base/beside base/long base/pgerr
base/typeio     -> base/col base/datetime base/jsonb base/long base/numeric base/pgerr base/pgtext
storage/blob    -> storage/disk
storage/checkpoint -> storage/disk storage/pool
storage/log     -> storage/disk
storage/state   -> storage/pool
ml/trees        -> ml ml/forest
ml/onnx         -> ml ml/forest
ml/linear       -> ml
sql/lex         -> sql/ast
sql/tidbcore    -> sql/ast sql/lex
sql/parse       -> sql/ast sql/lex sql/tidbcore
exec/agg        -> exec/fn
exec/expr       -> exec/fn
exec/over       -> exec/agg exec/fn
exec            -> exec/agg exec/expr exec/fn exec/over
cmd/millrace    -> cmd/millrace/internal/modelbench cmd/millrace/internal/nexbench
`

// outside are the folders that look anywhere: tests, and the programs that measure and
// that write docs.
var outside = []string{"tests", "docs", "bench"}

func TestFloors(t *testing.T) {
	floor, arrows := table(t)
	used := map[string]bool{}
	for pkg, imports := range packages(t) {
		top, _, _ := strings.Cut(pkg, "/")
		if slices.Contains(outside, top) {
			continue
		}
		at, known := floor[top]
		if !known {
			t.Errorf("package %s has no floor: give %s one in tests/tidy/floors_test.go", pkg, top)
			continue
		}
		for imported, file := range imports {
			below, _, _ := strings.Cut(imported, "/")
			switch {
			case below == top:
				if used[pkg+" "+imported] = true; !arrows[pkg][imported] {
					t.Errorf("%s: no arrow leads from %s to %s", file, pkg, imported)
				}
			case floor[below] == at:
				t.Errorf("%s: %s and its neighbour %s are on the same floor", file, pkg, imported)
			case floor[below] > at:
				t.Errorf("%s: %s (floor %d) imports %s (floor %d), upward", file, pkg, at, imported, floor[below])
			}
		}
	}
	for from, tos := range arrows {
		for to := range tos {
			if !used[from+" "+to] {
				t.Errorf("nothing uses the arrow from %s to %s: take it out of the table", from, to)
			}
		}
	}
}

// table reads the floors.
func table(t *testing.T) (floor map[string]int, arrows map[string]map[string]bool) {
	floor, arrows = map[string]int{}, map[string]map[string]bool{}
	for line := range strings.SplitSeq(floors, "\n") {
		if rest, ok := strings.CutPrefix(line, "floor "); ok {
			n, folders, _ := strings.Cut(rest, ":")
			for f := range strings.FieldsSeq(folders) {
				floor[f] = int(n[0] - '0')
			}
			continue
		}
		from, tos, ok := strings.Cut(line, "->")
		if !ok && strings.TrimSpace(line) != "" {
			t.Fatalf("a line of the floors that says nothing: %s", line)
		}
		from = strings.TrimSpace(from)
		for to := range strings.FieldsSeq(tos) {
			if arrows[from] == nil {
				arrows[from] = map[string]bool{}
			}
			arrows[from][to] = true
		}
	}
	return floor, arrows
}

// packages are the project's folders with Go files, and what each imports of the project
// outside its tests, with a file that does.
func packages(t *testing.T) map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, file := range files(t, ".go") {
		pkg := path.Dir(file)
		if all[pkg] == nil {
			all[pkg] = map[string]string{}
		}
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, file), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range f.Imports {
			if name, ours := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), module); ours {
				all[pkg][name] = file
			}
		}
	}
	return all
}
