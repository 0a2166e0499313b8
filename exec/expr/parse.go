package expr

import (
	"strconv"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// maxDepth bounds the nesting of a stored expression.
const maxDepth = 4096

// Parse reads the whole of text, the stored form of one expression.
func Parse(text string) (Expr, error) {
	e, rest, _, err := ParsePrefix(text)
	if err == nil && strings.TrimLeft(rest, " \n") != "" {
		err = pgerr.New(pgerr.DataCorrupted, "stored expression: text behind its end")
	}
	if err != nil {
		return nil, err
	}
	return e, nil
}

// ParsePrefix reads an expression at the beginning of text and returns what follows. stale
// lists the functions that have another version now than when the text was written: what
// was computed with them must be computed anew. Errors are XX001.
func ParsePrefix(text string) (e Expr, rest string, stale []string, err error) {
	p := &parser{text: text}
	if e, err = p.expr(); err != nil {
		return nil, text, nil, err
	}
	return e, p.text[p.at:], p.stale, nil
}

type parser struct {
	text  string
	at    int
	depth int
	stale []string
}

// nodes are the parsers of what stands behind a node's name.
var nodes = map[string]func(*parser) (Expr, error){}

func node(name string, parse func(*parser) (Expr, error)) struct{} {
	nodes[name] = parse
	return struct{}{}
}

func (p *parser) fail(want string) error {
	return pgerr.New(pgerr.DataCorrupted, "stored expression: %s expected at byte %d", want, p.at)
}

func (p *parser) space() {
	for p.at < len(p.text) && (p.text[p.at] == ' ' || p.text[p.at] == '\n') {
		p.at++
	}
}

func (p *parser) expr() (Expr, error) {
	p.space()
	if p.at >= len(p.text) || p.text[p.at] != '(' {
		return nil, p.fail("(")
	}
	p.at++
	if p.depth++; p.depth > maxDepth {
		return nil, p.fail("less nesting")
	}
	parse := nodes[p.atom()]
	if parse == nil {
		return nil, p.fail("name of a node")
	}
	e, err := parse(p)
	if err != nil {
		return nil, err
	}
	p.space()
	if p.at >= len(p.text) || p.text[p.at] != ')' {
		return nil, p.fail(")")
	}
	p.at++
	p.depth--
	return e, nil
}

// atom reads up to a blank or parenthesis.
func (p *parser) atom() string {
	p.space()
	from := p.at
	for p.at < len(p.text) && !strings.ContainsRune(" \n()'", rune(p.text[p.at])) {
		p.at++
	}
	return p.text[from:p.at]
}

// word takes the atom if it is next.
func (p *parser) word(w string) bool {
	at := p.at
	if p.atom() == w {
		return true
	}
	p.at = at
	return false
}

func (p *parser) number() (int, error) {
	n, err := strconv.ParseUint(p.atom(), 10, 31)
	if err != nil {
		return 0, p.fail("number")
	}
	return int(n), nil
}

func (p *parser) typ() (col.Type, error) {
	name, mod, hasMod := strings.Cut(p.atom(), ":")
	t, ok := col.TypeNamed(name)
	if oid, num := strings.CutPrefix(name, "#"); num {
		n, err := strconv.ParseUint(oid, 10, 32)
		t, ok = col.Type{OID: col.OID(n), Mod: -1}, err == nil
	}
	if !ok {
		return t, p.fail("type")
	}
	if hasMod {
		m, err := strconv.ParseUint(mod, 10, 31)
		if err != nil {
			return t, p.fail("type modifier")
		}
		t.Mod = int32(m)
	}
	return t, nil
}

func (p *parser) quoted() (string, error) {
	p.space()
	if p.at >= len(p.text) || p.text[p.at] != '\'' {
		return "", p.fail("quoted text")
	}
	var b strings.Builder
	for i := p.at + 1; i < len(p.text); i++ {
		if p.text[i] != '\'' {
			b.WriteByte(p.text[i])
			continue
		}
		if i+1 < len(p.text) && p.text[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		p.at = i + 1
		return b.String(), nil
	}
	return "", p.fail("end of quoted text")
}

// args reads expressions up to the end of the node.
func (p *parser) args() ([]Expr, error) {
	var args []Expr
	for {
		p.space()
		if p.at >= len(p.text) || p.text[p.at] == ')' {
			return args, nil
		}
		e, err := p.expr()
		if err != nil {
			return nil, err
		}
		args = append(args, e)
	}
}

// conditions reads boolean expressions.
func (p *parser) conditions() ([]Expr, error) {
	args, err := p.args()
	for _, a := range args {
		if !a.Type().Is(col.Bool) {
			return nil, p.fail("condition")
		}
	}
	return args, err
}
