package pgtext

import (
	"strings"
	"unicode/utf8"
)

// bracket reads a bracket expression behind its [.
func (p *reParser) bracket() reNode {
	if p.accept("[:<:]]") {
		p.words = true
		return reWordEdge{}
	}
	if p.accept("[:>:]]") {
		p.words = true
		return reWordEdge{end: true}
	}
	negate := p.accept("^")
	var set runeSet
	for first := true; ; first = false {
		if !p.more() {
			p.fail(errRegexp(reBadBrack))
			return nil
		}
		if !first && p.accept("]") {
			break
		}
		if p.peek() == '-' && !first && !strings.HasPrefix(p.src[p.pos:], "-]") {
			p.fail(errRegexp(reBadRange))
			return nil
		}
		set = p.bracketPart(set)
	}
	set = set.normal()
	if negate {
		set = p.anyBut(set).normal().negated()
	}
	return p.set(set)
}

// bracketPart adds a character, a range or a class to set.
func (p *reParser) bracketPart(set runeSet) runeSet {
	class, lo, ok := p.bracketItem()
	if !ok {
		return append(set, class...)
	}
	hi := lo
	if p.more() && p.peek() == '-' && !strings.HasPrefix(p.src[p.pos:], "-]") {
		p.next()
		if !p.more() {
			p.fail(errRegexp(reBadBrack))
			return nil
		}
		if _, hi, ok = p.bracketItem(); !ok || hi < lo {
			p.fail(errRegexp(reBadRange))
			return nil
		}
	}
	part := runeSet{lo, hi}
	if p.flags.IgnoreCase {
		part = part.folded()
	}
	return append(set, part...)
}

// bracketItem reads a character, with ok, or a class.
func (p *reParser) bracketItem() (class runeSet, r rune, ok bool) {
	switch {
	case p.accept("[:"):
		return p.namedClass(), 0, false
	case p.accept("[."), p.accept("[="):
		end := strings.Index(p.src[p.pos:], string(p.src[p.pos-1])+"]")
		if end < 0 {
			p.fail(errRegexp(reBadBrack))
			return nil, 0, false
		}
		r, n := utf8.DecodeRuneInString(p.src[p.pos:])
		if n != end {
			p.fail(errRegexp("invalid collating element"))
			return nil, 0, false
		}
		p.pos += end + 2
		return nil, r, true
	case p.accept(`\`):
		if p.more() {
			if f, isClass := reClasses[p.peek()]; isClass {
				p.next()
				return f(), 0, false
			}
			_, bad := reConstraints[p.peek()]
			if c := p.peek(); c >= '1' && c <= '9' {
				n, single := p.groupNumber()
				bad = single || n > 0 && n <= p.groups
			}
			if bad {
				p.fail(errRegexp(reBadEscape))
				return nil, 0, false
			}
		}
		return nil, p.charEscape(), true
	}
	return nil, p.next(), true
}

func (p *reParser) namedClass() runeSet {
	end := strings.Index(p.src[p.pos:], ":]")
	if end < 0 {
		p.fail(errRegexp(reBadBrack))
		return nil
	}
	name := p.src[p.pos : p.pos+end]
	p.pos += end + 2
	if p.flags.IgnoreCase && (name == "lower" || name == "upper") {
		name = "alpha"
	}
	f, ok := namedSets[name]
	if !ok {
		p.fail(errRegexp("invalid character class"))
		return nil
	}
	return f()
}
