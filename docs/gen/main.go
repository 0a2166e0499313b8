// Command gen writes docs/functions.md from the registries of functions and aggregates, and
// the pictures of docs/event-time.md and docs/scoring.md.
// It runs in its own folder: go generate ./docs/gen.
package main

import (
	"fmt"
	"log"
	"os"
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/exec/over"
	_ "github.com/millracedb/millrace/planner" // registers the functions of the catalog
)

//go:generate go run .

const path = "../functions.md"

func main() {
	if err := os.WriteFile(path, []byte(page()), 0o666); err != nil {
		log.Fatal(err)
	}
	if err := writePictures(); err != nil {
		log.Fatal(err)
	}
}

// entry is one line of a section: the overloads of a name with one doc sentence.
type entry struct {
	signatures []string
	doc        string
}

// page is the whole text.
func page() string {
	var functions, operators, casts section
	for _, s := range fn.All() {
		switch {
		case strings.HasPrefix(s.Name, "_"), strings.HasSuffix(s.Name, "_assign"), s.Name == "retype", s.Inner:
			// what the planner puts into plans; nobody calls them by name
		case s.IsCast():
			casts.add(s.Name, fmt.Sprintf("%s → %s", typeName(s.Params[0].Type), typeName(s.Ret)), s.Doc)
		case s.IsOperator():
			operators.add(s.Name, operator(s), s.Doc)
		default:
			functions.add(s.Name, signature(s), s.Doc)
		}
	}
	var sets section
	for _, f := range fn.Sets() {
		if !f.Inner {
			sets.add(f.Name, rowsSignature(f), f.Doc)
		}
	}
	var aggregates section
	for _, a := range agg.All() {
		args := make([]string, len(a.Args))
		for i, t := range a.Args {
			args[i] = typeName(t)
		}
		if len(args) == 0 {
			args = []string{"*"}
		}
		aggregates.add(a.Name, fmt.Sprintf("%s(%s) → %s", a.Name, strings.Join(args, ", "), typeName(a.Ret)), a.Doc)
	}
	var windows section
	for _, f := range over.All() {
		args := make([]string, len(f.Args))
		for i, t := range f.Args {
			args[i] = typeName(t)
		}
		windows.add(f.Name, fmt.Sprintf("%s(%s) → %s", f.Name, strings.Join(args, ", "), typeName(f.Ret)), f.Doc)
	}
	return "# Functions, operators, casts, aggregates and window functions\n\n" +
		"Written by `docs/gen` from the registries: every line stands beside the code that it describes.\n" +
		functions.text("Functions") + sets.text("Functions that return rows") + operators.text("Operators") + casts.text("Casts") + aggregates.text("Aggregates") + windows.text("Window functions")
}

type section struct {
	names   []string
	entries map[string][]*entry
}

func (s *section) add(name, signature, doc string) {
	if s.entries == nil {
		s.entries = map[string][]*entry{}
	}
	if s.entries[name] == nil {
		s.names = append(s.names, name)
	}
	i := slices.IndexFunc(s.entries[name], func(e *entry) bool { return e.doc == doc })
	if i < 0 {
		i = len(s.entries[name])
		s.entries[name] = append(s.entries[name], &entry{doc: doc})
	}
	s.entries[name][i].signatures = append(s.entries[name][i].signatures, signature)
}

func (s *section) text(title string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n## %s\n\n| signature | |\n|---|---|\n", title)
	slices.Sort(s.names)
	for _, name := range s.names {
		for _, e := range s.entries[name] {
			fmt.Fprintf(&b, "| %s | %s |\n", cell("`"+strings.Join(e.signatures, "`<br>`")+"`"), cell(e.doc))
		}
	}
	return b.String()
}

// cell keeps bars from ending a cell.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

func signature(s *fn.Scalar) string {
	args := make([]string, len(s.Params))
	for i, p := range s.Params {
		args[i] = typeName(p.Type)
		if p.Name != "" {
			args[i] = p.Name + " " + args[i]
		}
		if p.HasDef {
			args[i] += " = " + p.Default
		}
		if s.Variadic && i == len(s.Params)-1 {
			args[i] = "VARIADIC " + args[i]
		}
	}
	return fmt.Sprintf("%s(%s) → %s", s.Name, strings.Join(args, ", "), typeName(s.Ret))
}

func rowsSignature(f *fn.SetFunc) string {
	s := signature(&f.Scalar)
	switch {
	case f.Record:
		return strings.Replace(s, " → void", " → rows of a record", 1)
	case len(f.Columns) > 0:
		columns := make([]string, len(f.Columns))
		for i, c := range f.Columns {
			columns[i] = c.Name + " " + typeName(c.Type)
		}
		head, _, _ := strings.Cut(s, " → ")
		return head + " → rows (" + strings.Join(columns, ", ") + ")"
	}
	return strings.Replace(s, " → ", " → rows of ", 1)
}

func operator(s *fn.Scalar) string {
	if len(s.Params) == 1 {
		return fmt.Sprintf("%s %s → %s", s.Name, typeName(s.Params[0].Type), typeName(s.Ret))
	}
	return fmt.Sprintf("%s %s %s → %s", typeName(s.Params[0].Type), s.Name, typeName(s.Params[1].Type), typeName(s.Ret))
}

func typeName(t col.Type) string {
	if name := fn.PseudoName(t); name != "" {
		return name
	}
	return t.String()
}
