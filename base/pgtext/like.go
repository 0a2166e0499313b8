package pgtext

import (
	"bytes"
	"unicode/utf8"

	"github.com/millracedb/millrace/base/pgerr"
)

// Like is a compiled LIKE or ILIKE pattern. It is immutable and may be shared.
//
// A pattern is pieces between its percent signs; a piece is bytes and underscores. The
// first and the last piece stand at the ends of the text; the leftmost match of each of
// the others, in order, is as good as any, so no match is ever taken back and time is
// text × piece at worst and linear where pieces are plain bytes.
type Like struct {
	pieces []likePiece
	fold   bool // ILIKE
	exact  bool // no percent sign
	first  bool // a piece stands at the beginning
	last   bool // a piece stands at the end
	stop   func() bool
}

// Until returns the pattern with matches that end when stop says so: whatever they answer then
// says nothing. Nil: none ends.
func (l *Like) Until(stop func() bool) *Like {
	x := *l
	x.stop = stop
	return &x
}

// matchedBetween is how many characters are compared, at most, between two looks at whether to stop.
const matchedBetween = 1 << 20

// stopped reports whether to stop before the piece is tried again, the so many-th time.
func (p likePiece) stopped(stop func() bool, tries int) bool {
	every := matchedBetween/(p.chars+1) + 1
	return tries%every == every-1 && stop != nil && stop()
}

// likePiece is what stands between two percent signs: literals, separated by gaps of one
// or more arbitrary characters.
type likePiece struct {
	parts []likePart
	chars int // characters of the whole
}

type likePart struct {
	skip int // underscores before the literal
	lit  []byte
}

func (p likePiece) plain() bool { return len(p.parts) == 1 && p.parts[0].skip == 0 }

// CompileLike compiles a pattern of LIKE, or of ILIKE if fold is set. escape is one
// character or empty for none; LIKE without ESCAPE uses a backslash. 22025 for a longer
// escape and for a pattern that ends in the escape, which PostgreSQL notices only with
// texts that match up to there.
func CompileLike(pattern, escape []byte, fold bool) (*Like, error) {
	esc, n := utf8.DecodeRune(escape)
	if n != len(escape) {
		return nil, errEscape()
	}
	if len(escape) == 0 {
		esc = -1
	}
	l := &Like{fold: fold, exact: true, first: true, last: true}
	b := likeBuilder{fold: fold}
	for i := 0; i < len(pattern); {
		r, n := utf8.DecodeRune(pattern[i:])
		switch {
		case r == esc:
			i += n
			if i >= len(pattern) {
				return nil, pgerr.New(pgerr.InvalidEscapeSequence, "LIKE pattern must not end with escape character")
			}
			n = charLen(pattern[i:])
			b.literal(pattern[i : i+n])
		case r == '%':
			l.exact = false
			l.first = l.first && (len(l.pieces) > 0 || !b.empty())
			b.closePiece(l)
		case r == '_':
			b.skip()
		default:
			b.literal(pattern[i : i+n])
		}
		i += n
	}
	l.last = !b.empty()
	b.closePiece(l)
	return l, nil
}

// likeBuilder gathers the piece being read.
type likeBuilder struct {
	p    likePiece
	fold bool
}

func (b *likeBuilder) empty() bool { return len(b.p.parts) == 0 }

func (b *likeBuilder) skip() {
	if n := len(b.p.parts); n == 0 || len(b.p.parts[n-1].lit) > 0 {
		b.p.parts = append(b.p.parts, likePart{})
	}
	b.p.parts[len(b.p.parts)-1].skip++
	b.p.chars++
}

func (b *likeBuilder) literal(s []byte) {
	if b.empty() {
		b.p.parts = append(b.p.parts, likePart{})
	}
	last := &b.p.parts[len(b.p.parts)-1]
	if b.fold {
		last.lit = AppendLower(last.lit, s)
	} else {
		last.lit = append(last.lit, s...)
	}
	b.p.chars++
}

func (b *likeBuilder) closePiece(l *Like) {
	if !b.empty() {
		l.pieces = append(l.pieces, b.p)
	}
	b.p = likePiece{}
}

// matchAt matches the piece at the head of s and returns the bytes it took, or -1.
func (p likePiece) matchAt(s []byte) int {
	i := 0
	for _, part := range p.parts {
		for range part.skip {
			if i >= len(s) {
				return -1
			}
			i += charLen(s[i:])
		}
		if !bytes.HasPrefix(s[i:], part.lit) {
			return -1
		}
		i += len(part.lit)
	}
	return i
}

// find returns where the leftmost match of the piece in s ends, or -1.
func (p likePiece) find(s []byte, stop func() bool) int {
	if p.plain() {
		i := bytes.Index(s, p.parts[0].lit)
		if i < 0 {
			return -1
		}
		return i + len(p.parts[0].lit)
	}
	if p.parts[0].skip == 0 {
		return p.findFrom(s, stop)
	}
	for i, tries := 0, 0; i < len(s) && !p.stopped(stop, tries); i, tries = i+charLen(s[i:]), tries+1 {
		if n := p.matchAt(s[i:]); n >= 0 {
			return i + n
		}
	}
	return -1
}

// findFrom is find for a piece that begins with a literal.
func (p likePiece) findFrom(s []byte, stop func() bool) int {
	for i, tries := 0, 0; !p.stopped(stop, tries); tries++ {
		j := bytes.Index(s[i:], p.parts[0].lit)
		if j < 0 {
			return -1
		}
		i += j
		if n := p.matchAt(s[i:]); n >= 0 {
			return i + n
		}
		i++
	}
	return -1
}

// matchEnd reports whether the piece matches the end of s.
func (p likePiece) matchEnd(s []byte) bool {
	if p.plain() {
		return bytes.HasSuffix(s, p.parts[0].lit)
	}
	i := len(s)
	for range p.chars {
		if i == 0 {
			return false
		}
		_, n := utf8.DecodeLastRune(s[:i])
		i -= n
	}
	return p.matchAt(s[i:]) == len(s)-i
}

// Match reports whether the whole of s matches. ILIKE allocates for text that folding
// changes; LIKE never does.
func (l *Like) Match(s []byte) bool {
	if l.fold {
		s = foldLower(s)
	}
	pieces := l.pieces
	if l.exact {
		if len(pieces) == 0 {
			return len(s) == 0
		}
		return pieces[0].matchAt(s) == len(s)
	}
	if l.first {
		n := pieces[0].matchAt(s)
		if n < 0 {
			return false
		}
		s, pieces = s[n:], pieces[1:]
	}
	if l.last {
		for _, p := range pieces[:len(pieces)-1] {
			n := p.find(s, l.stop)
			if n < 0 {
				return false
			}
			s = s[n:]
		}
		return pieces[len(pieces)-1].matchEnd(s)
	}
	for _, p := range pieces {
		n := p.find(s, l.stop)
		if n < 0 {
			return false
		}
		s = s[n:]
	}
	return true
}

// Prefix returns the bytes with which every matching text begins, and whether the pattern
// is that prefix and then anything, so that a range of an index is the whole answer. It
// is empty for ILIKE.
func (l *Like) Prefix() (prefix []byte, whole bool) {
	if l.fold || !l.first || len(l.pieces) == 0 || l.pieces[0].parts[0].skip > 0 {
		return nil, false
	}
	return l.pieces[0].parts[0].lit, !l.exact && len(l.pieces) == 1 && l.pieces[0].plain()
}
