package pgtext

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/millracedb/millrace/base/pgerr"
)

func errRegexp(what string) *pgerr.Error {
	return pgerr.New(pgerr.InvalidRegularExpression, "invalid regular expression: %s", what)
}

const (
	reBadEscape = `invalid escape \ sequence`
	reBadParens = "parentheses () not balanced"
	reBadBrack  = "brackets [] not balanced"
	reBadCount  = "invalid repetition count(s)"
	reBadRange  = "invalid character range"
	reBadRepeat = "quantifier operand invalid"
	reTooBig    = "regular expression is too complex"
)

// maxRegexpDepth bounds the nesting of groups, which is far below what Go's parser takes.
const maxRegexpDepth = 200

// maxRepeat is PostgreSQL's DUPMAX.
const maxRepeat = 255

// reParser reads a PostgreSQL advanced regular expression (ARE). An error is kept and
// ends the input, so the methods need not return it.
type reParser struct {
	src    string
	pos    int
	flags  RegexpFlags
	groups int // captures opened
	closed int // captures closed
	depth  int
	ranges int  // in all classes so far
	copies int  // bounds of repetitions so far, multiplied
	starts bool // an anchor of the text's start was seen
	lines  bool // an anchor of a line's start was seen
	words  bool // a word boundary was seen
	asserts,
	lazies, greedies bool
	err error
}

func (p *reParser) fail(err *pgerr.Error) {
	if p.err == nil {
		p.err = err
	}
	p.pos = len(p.src)
}

func (p *reParser) more() bool { return p.pos < len(p.src) }

func (p *reParser) peek() rune {
	r, _ := utf8.DecodeRuneInString(p.src[p.pos:])
	return r
}

func (p *reParser) next() rune {
	r, n := utf8.DecodeRuneInString(p.src[p.pos:])
	p.pos += n
	return r
}

func (p *reParser) accept(s string) bool {
	if strings.HasPrefix(p.src[p.pos:], s) {
		p.pos += len(s)
		return true
	}
	return false
}

// parse reads the whole expression with its prefixes.
func (p *reParser) parse() reNode {
	if p.flags.Literal {
		return p.literal()
	}
	switch {
	case p.accept("***="):
		return p.literal()
	case p.accept("***:"):
	case strings.HasPrefix(p.src, "***"):
		p.fail(errRegexp(reBadRepeat))
	}
	p.embeddedOptions()
	if p.flags.Literal {
		return p.literal()
	}
	n := p.alternatives()
	if p.err == nil && p.more() {
		p.fail(errRegexp(reBadParens))
	}
	return n
}

func (p *reParser) literal() reNode {
	var b reBranch
	for p.more() {
		b = append(b, p.char(p.next()))
	}
	return b
}

// embeddedOptions reads (?xyz) at the beginning.
func (p *reParser) embeddedOptions() {
	rest := p.src[p.pos:]
	if len(rest) < 3 || !strings.HasPrefix(rest, "(?") || !unicode.IsLetter(rune(rest[2])) {
		return
	}
	end := strings.IndexByte(rest, ')')
	if end < 0 {
		p.fail(errRegexp("invalid embedded option"))
		return
	}
	p.pos += end + 1
	for _, c := range []byte(rest[2:end]) {
		if c == 'g' || !p.flags.set(c) {
			p.fail(errRegexp("invalid embedded option"))
			return
		}
	}
	if p.flags.unsupported {
		p.fail(errRegexpKind())
	}
}

func errRegexpKind() *pgerr.Error {
	return pgerr.Unsupported("a basic or extended regular expression (option b or e)").
		WithHint("Write the pattern as an advanced regular expression, the default.")
}

func (p *reParser) alternatives() reNode {
	if p.depth++; p.depth > maxRegexpDepth {
		p.fail(errRegexp(reTooBig))
	}
	defer func() { p.depth-- }()
	first := p.branch()
	if !p.more() || p.peek() != '|' {
		return first
	}
	all := reAlternate{first}
	for p.accept("|") {
		all = append(all, p.branch())
	}
	return all
}

func (p *reParser) branch() reNode {
	var b reBranch
	for {
		p.skipExpanded()
		if !p.more() || p.peek() == '|' || p.peek() == ')' {
			break
		}
		n := p.atom()
		if n == nil {
			continue
		}
		if reIsAssertion(n) {
			p.asserts = true
			if p.quantifierAhead() {
				p.fail(errRegexp(reBadRepeat))
			}
		} else {
			n = p.quantified(n)
		}
		b = append(b, n)
	}
	if p.err == nil && !b.wordEdgesHold() {
		p.fail(pgerr.Unsupported(`\m or \M where a character of the word does not follow or precede it in the pattern`).
			WithHint(`Use \y, or write the word itself next to it.`))
	}
	return b
}

// skipExpanded skips blanks and comments of the expanded syntax and (?#...).
func (p *reParser) skipExpanded() {
	for p.more() {
		switch {
		case strings.HasPrefix(p.src[p.pos:], "(?#"):
			end := strings.IndexByte(p.src[p.pos:], ')')
			if end < 0 {
				p.pos = len(p.src)
				return
			}
			p.pos += end + 1
		case p.flags.Expanded && unicode.IsSpace(p.peek()):
			p.next()
		case p.flags.Expanded && p.peek() == '#':
			end := strings.IndexByte(p.src[p.pos:], '\n')
			if end < 0 {
				end = len(p.src) - p.pos
			}
			p.pos += end
		default:
			return
		}
	}
}

// char is a literal character in the case or cases it stands for.
func (p *reParser) char(r rune) reNode {
	if r == utf8.RuneError {
		r = unicode.MaxRune
	}
	set := runeSet{r, r}
	if p.flags.IgnoreCase {
		set = set.folded()
	}
	return reLiteral{set}
}

// maxRegexpRanges bounds the character ranges of all classes together, some hundred of
// the widest.
const maxRegexpRanges = 1 << 18

func (p *reParser) set(s runeSet) reNode {
	if p.ranges += len(s) / 2; p.ranges > maxRegexpRanges {
		p.fail(errRegexp(reTooBig))
	}
	return reLiteral{s}
}

// anyBut leaves out the newline where the flags say so.
func (p *reParser) anyBut(s runeSet) runeSet {
	if p.flags.NewlineStops {
		return append(s, '\n', '\n').normal()
	}
	return s
}

func (p *reParser) atom() reNode {
	switch c := p.next(); c {
	case '(':
		return p.group()
	case '[':
		return p.bracket()
	case '.':
		return p.set(p.anyBut(nil).negated())
	case '^':
		if p.flags.NewlineAnchors {
			p.lines = true
			return reAssert(`(?m:^)`)
		}
		p.starts = true
		return reStart{}
	case '$':
		if p.flags.NewlineAnchors {
			return reAssert(`(?m:$)`)
		}
		return reAssert(`\z`)
	case '*', '+', '?':
		p.fail(errRegexp(reBadRepeat))
		return nil
	case '{':
		if p.more() && isDigit(p.peek()) {
			p.fail(errRegexp(reBadRepeat))
			return nil
		}
		return p.char(c)
	case '\\':
		return p.escape()
	default:
		return p.char(c)
	}
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

func (p *reParser) group() reNode {
	capture := true
	switch {
	case p.accept("?:"):
		capture = false
	case p.accept("?="), p.accept("?!"), p.accept("?<="), p.accept("?<!"):
		p.fail(pgerr.Unsupported("lookahead or lookbehind in a regular expression").
			WithHint("Patterns run in time linear in the text; use a second condition instead."))
		return nil
	case p.accept("?"):
		p.fail(errRegexp(reBadRepeat))
		return nil
	}
	if capture {
		p.groups++
	}
	in := p.alternatives()
	if p.err == nil && !p.accept(")") {
		p.fail(errRegexp(reBadParens))
	}
	if capture {
		p.closed++
	}
	return reGroup{in: in, capture: capture}
}

func (p *reParser) quantifierAhead() bool {
	p.skipExpanded()
	if !p.more() {
		return false
	}
	switch p.peek() {
	case '*', '+', '?':
		return true
	case '{':
		return p.pos+1 < len(p.src) && isDigit(rune(p.src[p.pos+1]))
	}
	return false
}

func (p *reParser) quantified(atom reNode) reNode {
	if !p.quantifierAhead() {
		return atom
	}
	q := reRepeat{atom: atom, max: -1}
	switch p.next() {
	case '*':
	case '+':
		q.min = 1
	case '?':
		q.max = 1
	case '{':
		q.min = p.count()
		q.max = q.min
		q.exact = true
		if p.accept(",") {
			q.exact = false
			q.max = -1
			if p.more() && isDigit(p.peek()) {
				q.max = p.count()
			}
		}
		if p.err == nil && !p.more() {
			p.fail(errRegexp("braces {} not balanced"))
		}
		if p.err == nil && !p.accept("}") {
			p.fail(errRegexp(reBadCount))
		}
		if q.max >= 0 && q.max < q.min {
			p.fail(errRegexp(reBadCount))
		}
		p.copies = min(max(p.copies, 1)*max(q.min, q.max, 1), maxCopies)
	}
	q.lazy = p.accept("?")
	if !q.exact {
		p.lazies = p.lazies || q.lazy
		p.greedies = p.greedies || !q.lazy
	}
	if p.quantifierAhead() {
		p.fail(errRegexp(reBadRepeat))
	}
	return q
}

// maxCopies is how often Go's automata repeat a part at most.
const maxCopies = 1000

func (p *reParser) count() int {
	n := 0
	for p.more() && isDigit(p.peek()) {
		if n = n*10 + int(p.next()-'0'); n > maxRepeat {
			p.fail(errRegexp(reBadCount))
			return 0
		}
	}
	return n
}
