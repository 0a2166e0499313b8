package parse

import (
	"slices"
	"strings"

	"github.com/millracedb/millrace/sql/ast"
)

// form parses one kind of statement. It is called with the cursor behind the words it was
// registered with.
type form func(p *parser) ast.Stmt

// node is a word of the statements' first words; below it stand the words that may
// follow.
type node struct {
	parse form
	below map[string]*node
}

var forms = &node{}

// statement registers the form of the statements that start with the words.
func statement(words string, parse form) form {
	n := forms
	for w := range strings.SplitSeq(words, " ") {
		if n.below == nil {
			n.below = map[string]*node{}
		}
		if n.below[w] == nil {
			n.below[w] = &node{}
		}
		n = n.below[w]
	}
	if n.parse != nil {
		panic("two statements start with " + words)
	}
	n.parse = parse
	return parse
}

// Words returns the first words of every statement in order, for completion and for the tests
// that look whether each is tested.
func Words() []string {
	var all []string
	var walk func(n *node, prefix string)
	walk = func(n *node, prefix string) {
		if n.parse != nil {
			all = append(all, prefix)
		}
		for w, b := range n.below {
			walk(b, strings.TrimLeft(prefix+" "+w, " "))
		}
	}
	walk(forms, "")
	slices.Sort(all)
	return all
}

// find moves over the longest registered words at the cursor and returns their form.
func (p *parser) find() form {
	n := forms
	for {
		next := n.below[p.word()]
		if next == nil {
			break
		}
		n = next
		p.At++
		if n == forms.below["create"] {
			p.createWords()
		}
	}
	if n.parse == nil {
		p.Fail()
	}
	return n.parse
}

// word returns the unquoted word that is next, or "".
func (p *parser) word() string {
	if !p.IsLabel(0) || p.Text[p.Pos()] == '"' {
		return ""
	}
	return p.Peek(0).Text
}

// createWords moves over what may stand between CREATE and the kind of the object.
func (p *parser) createWords() {
	defer func() { p.kind = p.At }()
	if p.Accept("or") {
		p.Need("replace")
		p.orReplace = true
	}
	if p.OneOf(0, "global local") && p.OneOf(1, "temp temporary") {
		p.At++
	}
	switch {
	case p.Accept("temp"), p.Accept("temporary"):
		p.temp = true
	case p.Is("unlogged") && p.IsAt(1, "materialized"):
		p.Refuse(p.Pos(), "UNLOGGED MATERIALIZED VIEW", "")
	case p.Accept("unlogged"): // every table is logged, and every sequence
		if !p.OneOf(0, "table sequence") {
			p.Fail()
		}
	case p.Accept("unique"):
		p.unique = true
		if !p.Is("index") {
			p.Fail()
		}
	}
}

// only refuses the words between CREATE and the kind that the kind does not take.
func (p *parser) only(orReplace, temp bool) {
	if p.orReplace && !orReplace || p.temp && !temp {
		p.At = p.kind
		p.Fail()
	}
}
