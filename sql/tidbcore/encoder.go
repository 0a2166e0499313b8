package tidbcore

import (
	"strconv"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/lex"
)

const (
	maxDepth  = 1000    // brackets within brackets
	maxHeight = 50000   // of a tree; chains of operators count
	maxTokens = 1 << 20 // of a skeleton
)

// piece is a part of the skeleton: a hole, if letter is not 0, and text behind it.
type piece struct {
	letter byte
	number int32
	text   string
}

// token is one token of the skeleton. It stands for the user's token src; op is the
// number, from one, of the operator whose right operand starts here.
type token struct {
	piece
	before  []piece // put before it, the last first
	src, op int32
}

// operator is an operator of the skeleton, by its right operand.
type operator struct {
	ast.Operator
	not, symmetric bool
}

// feed hands a builder the marker's arguments one after the other.
type feed struct{ args []ast.Expr }

func (f *feed) next() ast.Expr {
	x := f.args[0]
	f.args = f.args[1:]
	return x
}

// marker is a hole for an expression: a leaf, or what build makes of the arguments.
type marker struct {
	leaf  ast.Expr
	build func(f *feed) ast.Expr
}

// encoder writes the skeleton of one statement or expression. Its methods are named by
// what they move over; they give up as lex.Cursor does.
type encoder struct {
	*lex.Cursor
	out       []token
	pending   int32 // the operator that waits for its right operand
	depth     int
	height    int // of the tree of what was written last
	rowAt     int // where the row that was just written starts, -1 if it was none
	bareEnd   int // where a call ends that FILTER, OVER and WITHIN GROUP cannot stand behind: a function in FROM
	operators []operator

	markers []marker
	sources []source
	joins   []*ast.Join
	ctes    []*ast.CTE
	selects []selectShape
	tails   []tailShape
	effects []effect
}

// write appends text to the skeleton for the user's token src.
func (e *encoder) write(p piece, src int) {
	e.out = append(e.out, token{piece: p, src: int32(src), op: e.pending})
	e.pending = 0
}

// text appends structure that stands for the next token.
func (e *encoder) text(s string) { e.write(piece{text: s}, e.At) }

// open appends a hole and an opening parenthesis.
func (e *encoder) open(letter byte, number int) {
	e.write(piece{letter, int32(number), "("}, e.At)
}

// wrap puts p before the token at index at.
func (e *encoder) wrap(at int, p piece) {
	e.out[at].before = append(e.out[at].before, p)
	e.rowAt = -1
}

// marker returns the number of a new marker.
func (e *encoder) marker(build func(f *feed) ast.Expr) int {
	e.markers = append(e.markers, marker{build: build})
	return len(e.markers) - 1
}

// surround makes what stands from index at on the arguments of a marker.
func (e *encoder) surround(at int, build func(f *feed) ast.Expr) {
	e.wrap(at, piece{'e', int32(e.marker(build)), "("})
	e.text(")")
	e.rise()
}

// leaf writes a hole for x.
func (e *encoder) leaf(x ast.Expr, src int) {
	e.markers = append(e.markers, marker{leaf: x})
	e.write(piece{'e', int32(len(e.markers) - 1), ""}, src)
	e.height = max(e.height, 1)
}

// lone returns the leaf that is all that was written from index at on, or nil.
func (e *encoder) lone(at int) ast.Expr {
	if len(e.out) != at+1 || len(e.out[at].before) > 0 || e.out[at].letter != 'e' {
		return nil
	}
	return e.markers[e.out[at].number].leaf
}

// op notes an operator whose right operand comes next.
func (e *encoder) op(o operator) {
	e.operators = append(e.operators, o)
	e.pending = int32(len(e.operators))
}

// aside runs f on an empty skeleton and returns what it wrote.
func (e *encoder) aside(f func()) []token {
	out, pending := e.out, e.pending
	e.out, e.pending = nil, 0
	f()
	written := e.out
	e.out, e.pending = out, pending
	return written
}

func (e *encoder) enter() {
	if e.depth++; e.depth > maxDepth {
		e.tooDeep()
	}
}

func (e *encoder) leave() { e.depth-- }

// rise notes that the tree just written got one level more.
func (e *encoder) rise() {
	if e.height++; e.height > maxHeight {
		e.tooDeep()
	}
}

func (e *encoder) tooDeep() {
	e.FailWith(pgerr.New(pgerr.StatementTooComplex, "stack depth limit exceeded").
		WithHint("Expressions and queries may be nested %d deep.", maxDepth), e.Pos())
}

// render returns the skeleton and where each of its tokens starts.
func (e *encoder) render() (string, []int32) {
	if len(e.out) > maxTokens {
		e.FailWith(pgerr.New(pgerr.ProgramLimitExceeded, "statement is too complex").
			WithDetail("It has more than %d parts.", maxTokens), int(e.Tokens[e.out[0].src].Pos))
	}
	b := make([]byte, 0, 8*len(e.out))
	starts := make([]int32, len(e.out))
	for i := range e.out {
		t := &e.out[i]
		starts[i] = int32(len(b))
		for k := len(t.before) - 1; k >= 0; k-- {
			b = t.before[k].append(b)
		}
		b = append(t.piece.append(b), ' ')
	}
	return string(b), starts
}

func (p piece) append(b []byte) []byte {
	if p.letter != 0 {
		b = append(b, '`', p.letter)
		b = append(strconv.AppendInt(b, int64(p.number), 10), '`')
	}
	return append(b, p.text...)
}
