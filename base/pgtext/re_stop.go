package pgtext

import (
	"io"
	"regexp"
	"unicode/utf8"

	"github.com/millracedb/millrace/base/pgerr"
)

// stopEvery is how many bytes are looked at between two looks at whether to stop.
const stopEvery = 1 << 16

var errStopped = pgerr.New(pgerr.QueryCanceled, "canceling statement due to user request")

// Until returns the expression with matches that end, with 57014, when stop says so.
func (r *Regexp) Until(stop func() bool) *Regexp {
	x := *r
	x.stop = stop
	return &x
}

// mayStop reports whether matching takes so long that it is to be stopped midway.
func (r *Regexp) mayStop(s []byte) bool { return r.stop != nil && len(s) >= stopEvery }

func (r *Regexp) stoppable(s []byte) *stoppableText {
	return &stoppableText{s: s, ask: stopEvery, stop: r.stop}
}

// search finds the first match of an automaton and its captures.
func (r *Regexp) search(re *regexp.Regexp, s []byte) ([]int, error) {
	if !r.mayStop(s) {
		return re.FindSubmatchIndex(s), nil
	}
	t := r.stoppable(s)
	loc := re.FindReaderSubmatchIndex(t)
	return loc, t.err()
}

// stoppableText hands a text to an automaton, and ends early when it is told to.
type stoppableText struct {
	s       []byte
	at, ask int
	stop    func() bool
	stopped bool
}

// ReadRune returns the next character.
func (t *stoppableText) ReadRune() (rune, int, error) {
	if t.at >= t.ask {
		t.ask = t.at + stopEvery
		t.stopped = t.stopped || t.stop()
	}
	if t.at >= len(t.s) || t.stopped {
		return 0, 0, io.EOF
	}
	if c := t.s[t.at]; c < utf8.RuneSelf {
		t.at++
		return rune(c), 1, nil
	}
	c, n := utf8.DecodeRune(t.s[t.at:])
	t.at += n
	return c, n, nil
}

func (t *stoppableText) err() error {
	if t.stopped {
		return errStopped
	}
	return nil
}
