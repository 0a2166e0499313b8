package pgtext

import (
	"regexp/syntax"
	"unicode/utf8"
)

// onePass matches by a table, one look-up a character. It serves expressions in which the
// characters read so far and the next one leave one way to go on: there is one way to match a
// span then, and the captures follow from it. Texts are told apart by ASCII characters; all
// others must mean the same to the expression.
type onePass struct {
	class    [utf8.RuneSelf + 1]uint8 // of each ASCII character; the last is of all others
	width    int                      // steps of a state: one a class, and that which ends the match
	steps    []onePassStep
	ways     []onePassWay // by state
	slots    int          // offsets of a match and its captures
	shortest bool         // the first end counts, not the last
	anchored bool         // a match begins where the text does
}

// onePassStep leads to a state when its assertions hold, and notes the place in slots.
type onePassStep struct {
	to    uint16 // the state + 1; 0: there is no such step
	slots uint16 // a bit each
	needs uint8  // of atStart and atEnd
}

// onePassWay is what is done in a state without looking a character up: staying there up to
// the one character that ends it, or following the only characters that lead on.
type onePassWay struct {
	stays bool   // by every character but until
	until byte   // 0 may stand for none: it is looked for like another
	text  []byte // empty: there are several
	to    int    // the state behind text
}

const (
	atStart = 1 << iota
	atEnd
)

// What a table may have: its bytes and the bits of a step are bounded, and so is the time that
// a pattern takes to compile.
const (
	onePassSlots = 16
	onePassSteps = 4096
)

// newOnePass makes the table of a pattern in Go's syntax, nil if it has none.
func newOnePass(pattern []byte, shortest bool) *onePass {
	re, err := syntax.Parse(string(pattern), syntax.Perl)
	if err != nil || 2*re.MaxCap()+2 > onePassSlots {
		return nil
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return nil
	}
	b := onePassBuilder{onePass: onePass{slots: 2*re.MaxCap() + 2, shortest: shortest}, prog: prog, state: map[uint32]uint16{}}
	if !b.classify() {
		return nil
	}
	b.stateOf(uint32(prog.Start))
	for i := 0; i < len(b.starts); i++ {
		clear(b.seen)
		if !b.leave(i, b.starts[i], onePassStep{}) {
			return nil
		}
	}
	b.ways = make([]onePassWay, len(b.starts))
	for i := range b.ways {
		b.ways[i] = b.wayOf(i)
	}
	b.anchored = true
	for _, s := range b.steps[:b.width] {
		b.anchored = b.anchored && (s.to == 0 || s.needs&atStart != 0)
	}
	return &b.onePass
}

// onePassBuilder makes the states: where a match begins, and what follows an instruction that
// takes a character.
type onePassBuilder struct {
	onePass
	prog    *syntax.Prog
	state   map[uint32]uint16 // of an instruction at which one begins, + 1
	starts  []uint32          // their instructions
	samples []rune            // a character of each class
	seen    []bool            // instructions that the current state comes to without a character
}

// classify tells the characters apart by the instructions that take them.
func (b *onePassBuilder) classify() bool {
	b.seen = make([]bool, len(b.prog.Inst))
	var takes []*syntax.Inst
	for i := range b.prog.Inst {
		switch in := &b.prog.Inst[i]; in.Op {
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			if takes = append(takes, in); !alikeBeyondASCII(in) {
				return false
			}
		}
	}
	if len(takes) >= onePassSteps/2 {
		return false
	}
	known := map[string]uint8{}
	key := make([]byte, len(takes))
	for r := range rune(len(b.class)) {
		for i, in := range takes {
			key[i] = 0
			if in.MatchRune(r) {
				key[i] = 1
			}
		}
		k, ok := known[string(key)]
		if !ok {
			k = uint8(len(b.samples))
			known[string(key)] = k
			b.samples = append(b.samples, r)
		}
		b.class[r] = k
	}
	b.width = len(b.samples) + 1
	return true
}

// alikeBeyondASCII reports whether an instruction takes all characters beyond ASCII or none.
func alikeBeyondASCII(in *syntax.Inst) bool {
	if in.Op == syntax.InstRuneAny || in.Op == syntax.InstRuneAnyNotNL {
		return true
	}
	if syntax.Flags(in.Arg)&syntax.FoldCase != 0 && len(in.Rune) == 1 {
		return false // some have a letter of ASCII as their other case
	}
	if len(in.Rune) == 1 {
		return in.Rune[0] < utf8.RuneSelf
	}
	covered := rune(utf8.RuneSelf)
	for i := 0; i+1 < len(in.Rune); i += 2 {
		if from, to := in.Rune[i], in.Rune[i+1]; to >= covered {
			if from > covered {
				return false
			}
			covered = to + 1
		}
	}
	return covered == utf8.RuneSelf || covered > utf8.MaxRune
}

// stateOf is the state that begins at an instruction, + 1.
func (b *onePassBuilder) stateOf(pc uint32) uint16 {
	s, ok := b.state[pc]
	if !ok {
		b.starts = append(b.starts, pc)
		b.steps = append(b.steps, make([]onePassStep, b.width)...)
		s = uint16(len(b.starts))
		b.state[pc] = s
	}
	return s
}

// leave enters the steps of a state by the instructions that are reached from pc without a
// character, having noted and demanded what s says; false: there are two ways.
func (b *onePassBuilder) leave(state int, pc uint32, s onePassStep) bool {
	if b.seen[pc] || len(b.steps) > onePassSteps {
		return false
	}
	b.seen[pc] = true
	in := &b.prog.Inst[pc]
	switch in.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		return b.leave(state, in.Out, s) && b.leave(state, in.Arg, s)
	case syntax.InstNop:
		return b.leave(state, in.Out, s)
	case syntax.InstCapture:
		s.slots |= 1 << in.Arg
		return b.leave(state, in.Out, s)
	case syntax.InstEmptyWidth:
		switch syntax.EmptyOp(in.Arg) {
		case syntax.EmptyBeginText:
			s.needs |= atStart
		case syntax.EmptyEndText:
			s.needs |= atEnd
		default:
			return false
		}
		return b.leave(state, in.Out, s)
	case syntax.InstMatch:
		s.to = 1
		return b.enter(state, b.width-1, s)
	case syntax.InstFail:
		return true
	}
	s.to = b.stateOf(in.Out)
	for k, r := range b.samples {
		if in.MatchRune(r) && !b.enter(state, k, s) {
			return false
		}
	}
	return true
}

func (b *onePassBuilder) enter(state, k int, s onePassStep) bool {
	at := &b.steps[state*b.width+k]
	if at.to != 0 {
		return false
	}
	*at = s
	return true
}

// wayOf finds what a state's steps have in common.
func (b *onePassBuilder) wayOf(state int) (w onePassWay) {
	here, others, char := onePassStep{to: uint16(state + 1)}, 0, byte(0)
	row := b.steps[state*b.width:][:b.width]
	for k, s := range row[:b.width-1] {
		if s != here {
			others++
			char, w.stays = b.only(k)
		}
	}
	if others == 1 && w.stays {
		w.until = char
		return w
	}
	w.stays = false
	for at := state; len(w.text) < len(b.starts); {
		char, to, ok := b.single(at)
		if !ok {
			break
		}
		w.text, at = append(w.text, char), to
		w.to = at
	}
	return w
}

// single is the one character that leads on from a state where no match ends, if that is all it
// does.
func (b *onePassBuilder) single(state int) (char byte, to int, ok bool) {
	row := b.steps[state*b.width:][:b.width]
	if row[b.width-1].to != 0 {
		return 0, 0, false
	}
	ways := 0
	for k, s := range row[:b.width-1] {
		if s.to != 0 {
			ways++
			char, ok = b.only(k)
			to, ok = int(s.to)-1, ok && s.slots == 0 && s.needs == 0
		}
	}
	return char, to, ok && ways == 1
}

// only is the one character of a class of ASCII characters.
func (b *onePassBuilder) only(class int) (char byte, ok bool) {
	if int(b.class[utf8.RuneSelf]) == class {
		return 0, false
	}
	n := 0
	for c, k := range b.class[:utf8.RuneSelf] {
		if int(k) == class {
			char, n = byte(c), n+1
		}
	}
	return char, n == 1
}
