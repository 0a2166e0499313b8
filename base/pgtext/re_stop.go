package pgtext

import (
	"bytes"
	"io"
	"regexp"
	"time"
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

// searchAll finds all matches. Where the automaton must see the text as a whole it goes on with a
// copy of it when the search is stopped, and what it finds is dropped.
func (r *Regexp) searchAll(s []byte) ([][]int, error) {
	if !r.mayStop(s) {
		return r.match.FindAllSubmatchIndex(s, -1), nil
	}
	found := make(chan [][]int, 1)
	text := bytes.Clone(s)
	go func() { found <- r.match.FindAllSubmatchIndex(text, -1) }()
	ask := time.NewTicker(lookEvery)
	defer ask.Stop()
	for {
		select {
		case all := <-found:
			return all, nil
		case <-ask.C:
			if r.stop() {
				return nil, errStopped
			}
		}
	}
}

// lookEvery is the time between two looks at whether to stop a search that asks for none itself.
const lookEvery = 5 * time.Millisecond

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
