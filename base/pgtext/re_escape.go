package pgtext

import (
	"strconv"
	"unicode"

	"github.com/millracedb/millrace/base/pgerr"
)

// reConstraints are the escapes that match no character.
var reConstraints = map[rune]func(*reParser) reNode{
	'A': func(p *reParser) reNode { p.starts = true; return reStart{} },
	'Z': func(*reParser) reNode { return reAssert(`\z`) },
	'y': func(p *reParser) reNode { p.words = true; return reAssert(`\b`) },
	'Y': func(p *reParser) reNode { p.words = true; return reAssert(`\B`) },
	'm': func(p *reParser) reNode { p.words = true; return reWordEdge{} },
	'M': func(p *reParser) reNode { p.words = true; return reWordEdge{end: true} },
}

// reClasses are the escapes that stand for a set.
var reClasses = map[rune]func() runeSet{
	'd': digitSet, 's': spaceSet, 'w': wordSet,
	'D': func() runeSet { return digitSet().negated() },
	'S': func() runeSet { return spaceSet().negated() },
	'W': func() runeSet { return wordSet().negated() },
}

var reControls = map[rune]rune{
	'a': '\a', 'b': '\b', 'B': '\\', 'e': 0x1b, 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v',
}

// escape reads what follows a backslash outside brackets.
func (p *reParser) escape() reNode {
	if !p.more() {
		p.fail(errRegexp(reBadEscape))
		return nil
	}
	c := p.peek()
	if f, ok := reConstraints[c]; ok {
		p.next()
		return f(p)
	}
	if f, ok := reClasses[c]; ok {
		p.next()
		return p.set(f())
	}
	if c >= '1' && c <= '9' && p.backReference() {
		return nil
	}
	return p.char(p.charEscape())
}

// backReference refuses a reference to a group; more than one digit beyond the groups
// is an octal number.
func (p *reParser) backReference() bool {
	n, single := p.groupNumber()
	if n > 0 && n <= p.closed {
		p.fail(pgerr.Unsupported("a back-reference in a regular expression").
			WithHint("Patterns run in time linear in the text; capture the parts and compare them instead."))
		return true
	}
	if single || n > 0 && n <= p.groups {
		p.fail(errRegexp("invalid backreference number"))
		return true
	}
	return false
}

// groupNumber looks at the digits ahead, which are at least one; n is 0 for more than a
// number.
func (p *reParser) groupNumber() (n int, single bool) {
	end := p.pos
	for end < len(p.src) && isDigit(rune(p.src[end])) {
		end++
	}
	n, err := strconv.Atoi(p.src[p.pos:end])
	if err != nil {
		n = 0
	}
	return n, end-p.pos == 1
}

// charEscape reads the character that an escape stands for, after the backslash.
func (p *reParser) charEscape() rune {
	if !p.more() {
		p.fail(errRegexp(reBadEscape))
		return 0
	}
	c := p.next()
	if r, ok := reControls[c]; ok {
		return r
	}
	switch {
	case c == 'c' && p.more():
		return p.next() & 0x1f
	case c == 'u':
		return p.number(16, 4, 4)
	case c == 'U':
		return p.number(16, 8, 8)
	case c == 'x':
		return p.number(16, 1, 255)
	case isDigit(c):
		p.pos--
		return p.number(8, 1, 3)
	case c == 'c' || c < 0x80 && isAlnum(c):
		p.fail(errRegexp(reBadEscape))
	}
	return c
}

// number reads a character's number of least to most digits.
func (p *reParser) number(base rune, least, most int) rune {
	var n rune
	i := 0
	for ; i < most && p.more(); i++ {
		d := rune(HexValue(p.src[p.pos]))
		if d < 0 || d >= base {
			break
		}
		if n = n*base + d; n > unicode.MaxRune {
			p.fail(errRegexp(reBadEscape))
			return 0
		}
		p.pos++
	}
	if i < least {
		p.fail(errRegexp(reBadEscape))
	}
	return n
}
