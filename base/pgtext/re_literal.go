package pgtext

import (
	"bytes"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// literal is a string that every match contains, at most so many bytes behind its start. The
// text is searched for it first, which is much faster than the automaton.
type literal struct {
	text   []byte
	before int
	rare   int // place in text of its byte that other text has least
}

// leastLiteral is the shortest string that is worth a search.
const leastLiteral = 2

// literalOf finds such a string in a pattern of Go's syntax: the first part of fixed text,
// behind parts of bounded length. Without text: there is none.
func literalOf(pattern []byte) (l literal) {
	re, err := syntax.Parse(string(pattern), syntax.Perl)
	if err != nil {
		return l
	}
	parts := []*syntax.Regexp{re}
	for len(parts) > 0 {
		part := parts[0]
		switch {
		case part.Op == syntax.OpConcat || part.Op == syntax.OpCapture:
			parts = append(append([]*syntax.Regexp{}, part.Sub...), parts[1:]...)
			continue
		case part.Op == syntax.OpLiteral && part.Flags&syntax.FoldCase == 0:
			if text := []byte(string(part.Rune)); len(text) >= leastLiteral {
				return literal{text, l.before, rarest(text)}
			}
		}
		most, ok := longestMatch(part)
		if !ok {
			return literal{}
		}
		l.before += most
		parts = parts[1:]
	}
	return literal{}
}

// longestMatch is how many bytes a part matches at most; false: there is no bound, or a great
// one.
func longestMatch(re *syntax.Regexp) (most int, ok bool) {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText:
		return 0, true
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase != 0 { // whose other case may be longer
			return 4 * len(re.Rune), true
		}
		return len(string(re.Rune)), true
	case syntax.OpCharClass:
		if n := len(re.Rune); n > 0 && re.Rune[n-1] < utf8.RuneSelf {
			return 1, true
		}
		return 4, true
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 4, true
	case syntax.OpCapture, syntax.OpQuest:
		return longestMatch(re.Sub[0])
	case syntax.OpConcat, syntax.OpAlternate:
		for _, sub := range re.Sub {
			n, bounded := longestMatch(sub)
			if !bounded {
				return 0, false
			}
			if re.Op == syntax.OpConcat {
				most += n
			} else {
				most = max(most, n)
			}
		}
		return most, most < 64
	}
	return 0, false
}

// frequent is what texts are mostly made of, the most frequent last; other bytes are rare.
const frequent = "0123456789:=&?%+ZQXJKVBPYGFWMUCLDRHSNIOATE,-/.zqxjkvbpygfwmucldrhsnioate "

// rarest is the place of the byte that texts have least.
func rarest(text []byte) (at int) {
	least := len(frequent)
	for i, c := range text {
		if rank := strings.IndexByte(frequent, c); rank < least {
			at, least = i, rank
		}
	}
	return at
}

// nextTries is how often the rarest byte is met in vain before the search changes.
const nextTries = 4

// next is where the string is at or behind from, -1: nowhere.
func (l *literal) next(s []byte, from int) int {
	for range nextTries {
		if from+l.rare >= len(s) {
			return -1
		}
		n := bytes.IndexByte(s[from+l.rare:], l.text[l.rare])
		if n < 0 {
			return -1
		}
		if from += n; bytes.HasPrefix(s[from:], l.text) {
			return from
		}
		from++
	}
	if at := bytes.Index(s[from:], l.text); at >= 0 {
		return from + at
	}
	return -1
}

// reach is where a match that has the string at a place begins at the earliest.
func (l *literal) reach(s []byte, at int) (from int) {
	from = max(at-l.before, 0)
	for from > 0 && s[from]&0xc0 == 0x80 { // not within a character
		from--
	}
	return from
}

// start is where the search for a match may begin; false: there is none.
func (l *literal) start(s []byte) (from int, ok bool) {
	if l.text == nil {
		return 0, true
	}
	at := l.next(s, 0)
	if at < 0 {
		return 0, false
	}
	return l.reach(s, at), true
}
