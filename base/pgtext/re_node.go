package pgtext

import "strconv"

// reNode is a piece of a parsed regular expression.
type reNode interface {
	// emit appends the node in Go's syntax.
	emit(dst []byte, e reEmit) []byte
	// preference is whether the node prefers a long or a short match, or has no say.
	preference() rePreference
	// edge returns the characters with which a match must begin, or end if last is set;
	// nil if it may be empty or is not known.
	edge(last bool) runeSet
}

type rePreference uint8

const (
	preferNone rePreference = iota
	preferLong
	preferShort
)

// reEmit says how the nodes are written.
type reEmit struct {
	lazy bool // every quantifier takes the least
	rest bool // the text begins before: its start is not found
}

type reLiteral struct{ set runeSet }

func (n reLiteral) emit(dst []byte, _ reEmit) []byte {
	if len(n.set) == 2 && n.set[0] == n.set[1] {
		return emitRune(dst, n.set[0])
	}
	return n.set.emit(dst)
}
func (n reLiteral) preference() rePreference { return preferNone }
func (n reLiteral) edge(bool) runeSet        { return n.set }

// reStart is the start of the text, reAssert another assertion in Go's syntax.
type reStart struct{}

func (reStart) emit(dst []byte, e reEmit) []byte {
	if e.rest {
		return runeSet(nil).emit(dst)
	}
	return append(dst, `\A`...)
}
func (reStart) preference() rePreference { return preferNone }
func (reStart) edge(bool) runeSet        { return nil }

type reAssert string

func (n reAssert) emit(dst []byte, _ reEmit) []byte { return append(dst, n...) }
func (reAssert) preference() rePreference           { return preferNone }
func (reAssert) edge(bool) runeSet                  { return nil }

// reWordEdge is the beginning or the end of a word: a boundary which one of its
// neighbours in the branch decides.
type reWordEdge struct{ end bool }

func (reWordEdge) emit(dst []byte, _ reEmit) []byte { return append(dst, `\b`...) }
func (reWordEdge) preference() rePreference         { return preferNone }
func (reWordEdge) edge(bool) runeSet                { return nil }

type reGroup struct {
	in      reNode
	capture bool
}

func (n reGroup) emit(dst []byte, e reEmit) []byte {
	if n.capture {
		dst = append(dst, '(')
	} else {
		dst = append(dst, "(?:"...)
	}
	return append(n.in.emit(dst, e), ')')
}
func (n reGroup) preference() rePreference { return n.in.preference() }
func (n reGroup) edge(last bool) runeSet   { return n.in.edge(last) }

type reRepeat struct {
	atom     reNode
	min, max int // max < 0: no limit
	lazy     bool
	exact    bool // written {m}
}

func (n reRepeat) emit(dst []byte, e reEmit) []byte {
	// A lazy repetition takes the least as a whole, whatever stands within.
	in := e
	in.lazy = e.lazy || n.lazy && !n.exact
	if _, atomic := n.atom.(reLiteral); atomic {
		dst = n.atom.emit(dst, in)
	} else {
		dst = reGroup{in: n.atom, capture: false}.unlessGroup().emit(dst, in)
	}
	switch {
	case n.min == 0 && n.max < 0:
		dst = append(dst, '*')
	case n.min == 1 && n.max < 0:
		dst = append(dst, '+')
	case n.min == 0 && n.max == 1:
		dst = append(dst, '?')
	default:
		dst = strconv.AppendInt(append(dst, '{'), int64(n.min), 10)
		if n.max != n.min {
			dst = append(dst, ',')
			if n.max >= 0 {
				dst = strconv.AppendInt(dst, int64(n.max), 10)
			}
		}
		dst = append(dst, '}')
	}
	if n.lazy || e.lazy {
		dst = append(dst, '?')
	}
	return dst
}

// unlessGroup is the group within if there is one already.
func (n reGroup) unlessGroup() reNode {
	if g, ok := n.in.(reGroup); ok {
		return g
	}
	return n
}

func (n reRepeat) preference() rePreference {
	switch {
	case n.exact:
		return n.atom.preference()
	case n.lazy:
		return preferShort
	}
	return preferLong
}

func (n reRepeat) edge(last bool) runeSet {
	if n.min == 0 {
		return nil
	}
	return n.atom.edge(last)
}

// reBranch is a concatenation.
type reBranch []reNode

func (n reBranch) emit(dst []byte, e reEmit) []byte {
	for _, c := range n {
		dst = c.emit(dst, e)
	}
	return dst
}

func (n reBranch) preference() rePreference {
	for _, c := range n {
		if p := c.preference(); p != preferNone {
			return p
		}
	}
	return preferNone
}

func (n reBranch) edge(last bool) runeSet {
	for i := range n {
		c := n[i]
		if last {
			c = n[len(n)-1-i]
		}
		if reIsAssertion(c) {
			continue
		}
		return c.edge(last)
	}
	return nil
}

func reIsAssertion(n reNode) bool {
	switch n.(type) {
	case reStart, reAssert, reWordEdge:
		return true
	}
	return false
}

// wordEdgesHold reports whether each beginning and end of a word stands next to what
// must be a character of the word, so that Go's boundary means the same.
func (n reBranch) wordEdgesHold() bool {
	for i, c := range n {
		w, ok := c.(reWordEdge)
		if !ok {
			continue
		}
		side := n[i+1:].edge(false)
		if w.end {
			side = n[:i].edge(true)
		}
		if len(side) == 0 || len(without(side, wordSet())) > 0 {
			return false
		}
	}
	return true
}

type reAlternate []reNode

func (n reAlternate) emit(dst []byte, e reEmit) []byte {
	for i, c := range n {
		if i > 0 {
			dst = append(dst, '|')
		}
		dst = c.emit(dst, e)
	}
	return dst
}
func (reAlternate) preference() rePreference { return preferLong }

func (n reAlternate) edge(last bool) runeSet {
	var all runeSet
	for _, c := range n {
		s := c.edge(last)
		if s == nil {
			return nil
		}
		all = append(all, s...)
	}
	return all.normal()
}
