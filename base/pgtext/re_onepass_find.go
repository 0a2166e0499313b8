package pgtext

import (
	"bytes"
	"math/bits"
	"unicode/utf8"
)

// find finds the first match at or behind from, and writes its offsets and its captures' to loc,
// which has room for them. The search jumps from one place of the literal to the next where the
// expression has one. sure is false where it would take more than linear time: nothing is known
// then. It ends, not sure, when stop says so; nil: nothing does.
func (o *onePass) find(loc []int, s []byte, from int, l *literal, stop func() bool) (found, sure bool) {
	if o.anchored {
		if from > 0 {
			return false, true
		}
		_, found = o.try(loc, s, 0)
		return found, true
	}
	work := 8*(len(s)-from) + 256
	at := -1 // where the literal is next
	ask := work - stopEvery
	for p := from; p <= len(s); {
		if l.text != nil && at < p {
			if at = l.next(s, p); at < 0 {
				return false, true
			}
			p = max(p, l.reach(s, at))
		}
		read, ok := o.try(loc, s, p)
		if ok {
			return true, true
		}
		if work -= read; work < 0 {
			return false, false
		}
		if work < ask {
			if stop != nil && stop() {
				return false, false
			}
			ask = work - stopEvery
		}
		if p == len(s) {
			break
		}
		p += charLen(s[p:])
	}
	return false, true
}

// try matches at a place of the text; read is how many bytes were looked at.
func (o *onePass) try(loc []int, s []byte, start int) (read int, found bool) {
	var now [onePassSlots]int
	for i := range o.slots {
		now[i] = -1
	}
	now[0] = start
	for state, pos := 0, start; ; {
		way := &o.ways[state]
		if n := len(way.text); n > 0 && bytes.HasPrefix(s[pos:], way.text) {
			state, pos = way.to, pos+n
		}
		row := o.steps[state*o.width:][:o.width]
		end := row[o.width-1]
		found = o.end(loc, &now, end, pos, len(s)) || found
		if found && o.shortest {
			return pos - start, true
		}
		if to := o.stay(state, row, s, pos); to > pos {
			pos = to
			found = o.end(loc, &now, end, pos, len(s)) || found
		}
		if pos == len(s) {
			return pos - start, found
		}
		step, size := row[o.class[utf8.RuneSelf]], 1
		if c := s[pos]; c < utf8.RuneSelf {
			step = row[o.class[c]]
		} else {
			size = charLen(s[pos:])
		}
		if step.to == 0 || !step.holds(pos, len(s)) {
			return pos - start, found
		}
		step.note(now[:], pos)
		pos += size
		state = int(step.to) - 1
	}
}

// end takes the match that ends at pos, if one does.
func (o *onePass) end(loc []int, now *[onePassSlots]int, end onePassStep, pos, n int) bool {
	if end.to == 0 || !end.holds(pos, n) {
		return false
	}
	copy(loc[:o.slots], now[:])
	end.note(loc, pos)
	loc[1] = pos
	return true
}

// stay goes on by the characters that lead from a state to itself and change nothing else.
func (o *onePass) stay(state int, row []onePassStep, s []byte, pos int) int {
	if way := &o.ways[state]; way.stays {
		if n := bytes.IndexByte(s[pos:], way.until); n >= 0 {
			return pos + n
		}
		return len(s)
	}
	here := onePassStep{to: uint16(state + 1)}
	beyond := row[o.class[utf8.RuneSelf]] == here
	for pos < len(s) {
		if c := s[pos]; c >= utf8.RuneSelf && !beyond || c < utf8.RuneSelf && row[o.class[c]] != here {
			break
		}
		pos++ // the bytes of a character are all alike
	}
	return pos
}

func (s onePassStep) holds(pos, n int) bool {
	return (s.needs&atStart == 0 || pos == 0) && (s.needs&atEnd == 0 || pos == n)
}

func (s onePassStep) note(slots []int, pos int) {
	for m := s.slots; m != 0; m &= m - 1 {
		slots[bits.TrailingZeros16(m)] = pos
	}
}
