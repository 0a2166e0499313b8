package pgtext

import (
	"io"
	"regexp"
	"time"
	"unicode/utf8"

	"github.com/millracedb/millrace/base/beside"
	"github.com/millracedb/millrace/base/long"
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

// longMatch is how many characters times states make a match that is to be stopped midway.
const longMatch = 1 << 23

// mayStop reports whether matching takes so long that it is to be stopped midway.
func (r *Regexp) mayStop(s []byte) bool {
	return r.stop != nil && (len(s) >= stopEvery || len(s)*r.width >= longMatch)
}

func (r *Regexp) stoppable(s []byte) *stoppableText {
	return &stoppableText{s: s, every: 1, asked: time.Now(), stop: r.stop}
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
	done, unwatch := watched(r.stop)
	defer unwatch()
	text := long.Clone(s)
	var all [][]int
	if !beside.Run(done, func() { all = r.match.FindAllSubmatchIndex(text, -1) }) {
		return nil, errStopped
	}
	return all, nil
}

// lookEvery is the time between two looks at whether to stop a search that asks for none itself.
const lookEvery = 5 * time.Millisecond

// watched closes done when stop says so, until unwatch is called.
func watched(stop func() bool) (done <-chan struct{}, unwatch func()) {
	stopped, over := make(chan struct{}), make(chan struct{})
	go func() {
		look := time.NewTicker(lookEvery)
		defer look.Stop()
		for {
			select {
			case <-over:
				return
			case <-look.C:
				if stop() {
					close(stopped)
					return
				}
			}
		}
	}()
	return stopped, func() { close(over) }
}

// stoppableText hands a text to an automaton, and ends early when it is told to. How many characters
// it hands on before it asks again depends on how long the automaton takes over them.
type stoppableText struct {
	s              []byte
	at, ask, every int
	asked          time.Time
	stop           func() bool
	stopped        bool
}

// looks asks whether to stop, and again after some milliseconds at most.
func (t *stoppableText) looks() {
	now := time.Now()
	if now.Sub(t.asked) < lookEvery {
		t.every = min(2*t.every, stopEvery)
	} else {
		t.every = max(t.every/2, 1)
	}
	t.asked, t.ask = now, t.at+t.every
	t.stopped = t.stopped || t.stop()
}

// ReadRune returns the next character.
func (t *stoppableText) ReadRune() (rune, int, error) {
	if t.at >= t.ask {
		t.looks()
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
