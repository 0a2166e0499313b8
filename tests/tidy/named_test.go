package tidy

import (
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/exec/over"
	_ "github.com/millracedb/millrace/planner" // registers the functions of the catalog
	"github.com/millracedb/millrace/sql/parse"
)

var blanks = regexp.MustCompile(`\s+`)

// tested is the text of all .test files below a folder, in lower case with single blanks.
func tested(t *testing.T, below string) string {
	var b strings.Builder
	for _, file := range files(t, ".test") {
		if strings.HasPrefix(file, below) {
			b.WriteString(blanks.ReplaceAllString(strings.ToLower(read(t, file)), " "))
		}
	}
	return b.String()
}

// words are what the text consists of: names, and runs of operator characters.
func words(text string) map[string]bool {
	all := map[string]bool{}
	for _, w := range regexp.MustCompile(`[a-z_][a-z_0-9]*|[-+*/<>=~!@#%^&|?]+`).FindAllString(text, -1) {
		all[w] = true
	}
	return all
}

// inner are functions that the planner puts into plans for what has a syntax of its own:
// casts with a modifier, assignments, SIMILAR TO, LIKE with ESCAPE.
var inner = map[string]bool{"_text": true, "_frame_bound": true, "bpchar_assign": true, "varchar_assign": true, "retype": true, "similar_to": true, "like_escape": true}

// Every statement, function, operator of SQL and aggregate is named by a file of tests/sql.
func TestNamed(t *testing.T) {
	text := tested(t, "tests/sql/")
	broken := map[string]string{}
	for _, statement := range parse.Words() {
		if !regexp.MustCompile(`\b` + regexp.QuoteMeta(statement) + `\b`).MatchString(text) {
			broken["statement "+statement] = "no file of tests/sql names it"
		}
	}
	named := words(text)
	for _, f := range fn.All() {
		if !named[f.Name] && !inner[f.Name] && !f.Inner {
			broken["function "+f.Name] = "no file of tests/sql names it"
		}
	}
	for _, f := range fn.Sets() {
		if !named[f.Name] && !f.Inner {
			broken["function "+f.Name] = "no file of tests/sql names it"
		}
	}
	for _, a := range agg.All() {
		if !named[a.Name] {
			broken["aggregate "+a.Name] = "no file of tests/sql names it"
		}
	}
	for _, f := range over.All() {
		if !named[f.Name] {
			broken["window function "+f.Name] = "no file of tests/sql names it"
		}
	}
	hold(t, "named", broken)
}

// Every operator of a dataflow and every rule of the planner is named by a .test file,
// which shows that somebody looked at what it does.
func TestOperatorsAndRules(t *testing.T) {
	named := words(tested(t, ""))
	broken := map[string]string{}
	for _, file := range files(t, ".go") {
		dir, name := path.Split(strings.TrimSuffix(file, ".go"))
		kind, stem, _ := strings.Cut(name, "_")
		if strings.Contains(stem, "_") || dir != "exec/" && dir != "planner/" || kind != "op" && kind != "rule" {
			continue
		}
		if !named[stem] {
			broken[kind+" "+stem] = "no .test file names it"
		}
	}
	hold(t, "operators", broken)
}
