package pgtext

import (
	"regexp"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/millracedb/millrace/base/pgerr"
)

// Regexp is a compiled PostgreSQL advanced regular expression. It is immutable and may be
// shared by goroutines.
//
// The expression is parsed as PostgreSQL does and written again in Go's syntax, so that
// time is linear in the text. What such an automaton cannot do, back-references and
// lookaround, is refused (0A000). A match is the leftmost one; it is the longest of those
// if the expression prefers long matches, the shortest if it prefers short ones, by
// PostgreSQL's rule: what its first quantifier that has a preference says, and always
// long for alternatives. Within that, each quantifier takes as much or as little as it
// likes, from left to right. Between alternatives of equal overall length the first wins,
// where PostgreSQL looks for the one whose parts are longest.
//
// Word boundaries (\y \m \M) see ASCII letters, digits and underscores; text beyond ASCII
// is refused there (0A000) rather than answered wrongly.
type Regexp struct {
	match  *regexp.Regexp        // finds the span, and the captures if parts is nil
	rest   func() *regexp.Regexp // match for text whose start lies before; nil: match itself
	parts  *regexp.Regexp        // finds the captures within a span
	one    *onePass              // does what match, rest and parts do; nil where it cannot
	groups int
	words  bool
	// asserts tells that what is around a span decides whether it matches.
	asserts bool
	inner   bool // what is before a position decides whether there is a match
	literal literal
	width   int         // about the most states that a character is tried in
	stop    func() bool // ends a match; nil: nothing does
}

// maxPattern is the longest pattern, in bytes: PostgreSQL allows half a million states.
const maxPattern = 500_000

// CompileRegexp compiles a pattern. Errors are 2201B as PostgreSQL's and 0A000 for what
// is refused.
func CompileRegexp(pattern []byte, flags RegexpFlags) (*Regexp, error) {
	if len(pattern) > maxPattern {
		return nil, errRegexp(reTooBig)
	}
	p := &reParser{src: string(pattern), flags: flags}
	n := p.parse()
	if p.err != nil {
		return nil, p.err
	}
	short := n.preference() == preferShort
	emitted := n.emit(nil, reEmit{lazy: short})
	match, err := compileGo(emitted, !short)
	if err != nil {
		return nil, err
	}
	r := &Regexp{match: match, groups: p.groups, words: p.words, inner: p.lines || p.words, width: (len(pattern) + 1) * max(1, p.copies)}
	if !r.inner {
		r.literal = literalOf(emitted)
		r.one = newOnePass(emitted, short)
	}
	if p.starts {
		r.rest = sync.OnceValue(func() *regexp.Regexp {
			// It differs from match by a class in the place of an anchor.
			rest, err := compileGo(n.emit(nil, reEmit{lazy: short, rest: true}), !short)
			if err != nil {
				return match
			}
			return rest
		})
	}
	r.asserts = p.asserts
	if short && p.greedies && p.groups > 0 {
		in := reGroup{in: n, capture: false}.emit([]byte(`\A`), reEmit{})
		if r.parts, err = compileGo(append(in, `\z`...), false); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func compileGo(pattern []byte, longest bool) (*regexp.Regexp, error) {
	re, err := regexp.Compile(string(pattern))
	if err != nil {
		return nil, errRegexp(reTooBig)
	}
	if longest {
		re.Longest()
	}
	return re, nil
}

// Groups is the number of capturing parentheses.
func (r *Regexp) Groups() int { return r.groups }

func (r *Regexp) check(s []byte) error {
	if !r.words {
		return nil
	}
	for _, c := range s {
		if c >= utf8.RuneSelf {
			return pgerr.Unsupported("a word boundary in a regular expression over text beyond ASCII").
				WithHint(`Write the boundary as (^|\W) or (\W|$).`)
		}
	}
	return nil
}

// Match reports whether s contains a match (the operator ~).
func (r *Regexp) Match(s []byte) (bool, error) {
	if err := r.check(s); err != nil {
		return false, err
	}
	if r.one != nil {
		var loc [onePassSlots]int
		if found, sure := r.one.find(loc[:], s, 0, &r.literal, r.stop); sure {
			return found, nil
		}
	}
	if _, ok := r.literal.start(s); !ok {
		return false, nil
	}
	if r.mayStop(s) {
		t := r.stoppable(s)
		return r.match.MatchReader(t), t.err()
	}
	return r.match.Match(s), nil
}

// Find returns the byte offsets of the first match in s and of its captures, two each,
// -1 for a capture that took no part; nil if there is none. They are appended to loc, which
// may be nil.
func (r *Regexp) Find(loc []int, s []byte) ([]int, error) {
	if err := r.check(s); err != nil {
		return nil, err
	}
	return r.findAt(loc, s, 0)
}

// findAt finds the first match at or after the byte offset from, to which the rules of
// all apply, and appends it to loc; nil if there is none.
func (r *Regexp) findAt(loc []int, s []byte, from int) ([]int, error) {
	if r.one != nil {
		n := len(loc)
		loc = slices.Grow(loc, r.one.slots)[:n+r.one.slots]
		found, sure := r.one.find(loc[n:], s, from, &r.literal, r.stop)
		switch {
		case sure && !found:
			return nil, nil
		case sure:
			return loc, nil
		}
		loc = loc[:n]
	}
	if from == 0 {
		at, ok := r.literal.start(s)
		if !ok {
			return nil, nil
		}
		from = at
	}
	at, err := r.searchAt(s, from)
	if at == nil || err != nil {
		return nil, err
	}
	return append(loc, at...), nil
}

// searchAt is findAt by the automaton.
func (r *Regexp) searchAt(s []byte, from int) ([]int, error) {
	re := r.match
	if from > 0 && r.rest != nil {
		re = r.rest()
	}
	loc, err := r.search(re, s[from:])
	if loc == nil || err != nil {
		return nil, err
	}
	if r.parts != nil && (!r.asserts || from+loc[0] == 0 && from+loc[1] == len(s)) {
		span := s[from+loc[0] : from+loc[1]]
		parts, err := r.search(r.parts, span)
		if err != nil {
			return nil, err
		}
		if parts != nil {
			start := loc[0]
			for i, at := range parts {
				loc[i] = at
				if at >= 0 {
					loc[i] += start
				}
			}
		}
	}
	for i, at := range loc {
		if at >= 0 {
			loc[i] = at + from
		}
	}
	return loc, nil
}

// all calls yield with the matches from the byte offset from on, until it returns false.
// After an empty match the search goes on one character further.
func (r *Regexp) all(s []byte, from int, yield func(loc []int) bool) error {
	if err := r.check(s); err != nil {
		return err
	}
	if r.inner {
		if from > 0 {
			return pgerr.Unsupported("a start position with a pattern that looks at lines or words")
		}
		all, err := r.searchAll(s)
		for _, loc := range all {
			if !yield(loc) {
				break
			}
		}
		return err
	}
	for from <= len(s) {
		loc, err := r.findAt(nil, s, from)
		if loc == nil || err != nil || !yield(loc) {
			return err
		}
		if r.stop != nil && r.stop() {
			return errStopped
		}
		from = loc[1]
		if loc[0] == loc[1] {
			if from >= len(s) {
				return nil
			}
			from += charLen(s[from:])
		}
	}
	return nil
}
