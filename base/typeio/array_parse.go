package typeio

import (
	"strconv"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// arrayReader reads an array literal. The states and what each refuses are PostgreSQL's.
type arrayReader struct {
	text  []byte // the whole literal, for messages
	s     []byte // what is left of it
	elem  []byte // the element being read
	shape col.Shape
	level int                // braces that are open
	leaf  int                // how many are around every element; 0: none was read
	count [col.MaxDims]int32 // members of each open brace
	known [col.MaxDims]bool  // how long a dimension is
	state arrayState
	elems *col.Vector
	parse func(v *col.Vector, text []byte, s *settings) error
	set   *settings
}

type arrayState uint8

const (
	noLevel arrayState = iota
	levelStarted
	elemDone
	elemDelimited
	levelDone
	levelDelimited
)

func (r *arrayReader) malformed(detail string) error {
	return pgerr.New(pgerr.InvalidTextRepresentation, "malformed array literal: \"%s\"", r.text).WithDetail("%s", detail)
}

func (r *arrayReader) unexpected(c byte) error {
	return r.malformed(`Unexpected "` + string(rune(c)) + `" character.`)
}

func isArraySpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func (r *arrayReader) skipSpace() {
	for len(r.s) > 0 && isArraySpace(r.s[0]) {
		r.s = r.s[1:]
	}
}

func parseArrayText(v *col.Vector, text []byte, elem col.Type, s *settings) error {
	r := arrayReader{text: text, s: text, elems: col.NewVector(elem), parse: Of(elem).ParseText, set: s}
	stated, err := r.bounds()
	if err != nil {
		return err
	}
	if stated.Dims == 0 && (len(r.s) == 0 || r.s[0] != '{') {
		return r.malformed(`Array value must start with "{" or dimension information.`)
	}
	if err := r.contents(); err != nil {
		return err
	}
	if r.elems.N == 0 {
		r.shape = col.Shape{}
	}
	if stated.Dims > 0 {
		if stated.Dims != r.shape.Dims || stated.Len != r.shape.Len {
			return r.malformed("Specified array dimensions do not match array contents.")
		}
		r.shape = stated
	}
	v.AppendBytes(col.AppendArray(nil, &r.shape, r.elems, 0))
	return nil
}

// bounds reads [1:2][0:3]= in front of a literal.
func (r *arrayReader) bounds() (s col.Shape, err error) {
	for {
		if r.skipSpace(); len(r.s) == 0 || r.s[0] != '[' {
			break
		}
		if s.Dims >= col.MaxDims {
			return s, ErrTooManyDims(s.Dims + 1)
		}
		r.s = r.s[1:]
		lower, upper := int32(1), int32(0)
		if upper, err = r.bound(`"[" must introduce explicitly-specified array dimensions.`); err != nil {
			return s, err
		}
		if len(r.s) > 0 && r.s[0] == ':' {
			r.s = r.s[1:]
			lower = upper
			if upper, err = r.bound("Missing array dimension value."); err != nil {
				return s, err
			}
		}
		if len(r.s) == 0 || r.s[0] != ']' {
			return s, r.malformed(`Missing "]" after array dimensions.`)
		}
		r.s = r.s[1:]
		if upper < lower {
			return s, pgerr.New(pgerr.ArraySubscriptError, "upper bound cannot be less than lower bound")
		}
		length := int64(upper) - int64(lower) + 1
		if length > col.MaxElements {
			return s, ErrArrayTooBig()
		}
		if err := checkDimension(int32(length), lower); err != nil {
			return s, err
		}
		s.Len[s.Dims], s.Lower[s.Dims] = int32(length), lower
		s.Dims++
	}
	if s.Dims == 0 {
		return s, nil
	}
	if len(r.s) == 0 || r.s[0] != '=' {
		return s, r.malformed(`Missing "=" after array dimensions.`)
	}
	r.s = r.s[1:]
	if r.skipSpace(); len(r.s) == 0 || r.s[0] != '{' {
		return s, r.malformed(`Array contents must start with "{".`)
	}
	return s, nil
}

// bound reads a subscript; one beyond all integers is the farthest that there is.
func (r *arrayReader) bound(missing string) (int32, error) {
	n := 0
	for n < len(r.s) && (r.s[n] >= '0' && r.s[n] <= '9' || n == 0 && (r.s[n] == '-' || r.s[n] == '+')) {
		n++
	}
	if n == 0 {
		return 0, r.malformed(missing)
	}
	x, err := strconv.ParseInt(string(r.s[:n]), 10, 32)
	if err != nil && x == 0 {
		return 0, r.malformed(missing)
	}
	r.s = r.s[n:]
	return int32(x), nil
}

// contents reads from the first brace to the last.
func (r *arrayReader) contents() error {
	for {
		r.skipSpace()
		if len(r.s) == 0 {
			return r.malformed("Unexpected end of input.")
		}
		var err error
		switch r.s[0] {
		case '{':
			err = r.open()
		case '}':
			if err = r.close(); err == nil && r.level == 0 {
				r.s = r.s[1:]
				if r.skipSpace(); len(r.s) > 0 {
					return r.malformed("Junk after closing right brace.")
				}
				return nil
			}
		case ',':
			err = r.comma()
		default:
			if r.state != levelStarted && r.state != elemDelimited {
				return r.misplaced(r.s[0])
			}
			if err = r.element(); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		r.s = r.s[1:]
	}
}

func (r *arrayReader) misplaced(c byte) error {
	if c == '\\' {
		return r.unexpected(c)
	}
	return r.malformed("Unexpected array element.")
}

func (r *arrayReader) open() error {
	if r.state != noLevel && r.state != levelStarted && r.state != levelDelimited {
		return r.unexpected('{')
	}
	r.state = levelStarted
	if r.level >= col.MaxDims {
		return ErrTooManyDims(r.level + 1)
	}
	if r.leaf > 0 && r.level >= r.leaf {
		return r.malformed(unequalLevels)
	}
	r.count[r.level] = 0
	r.level++
	r.shape.Dims = max(r.shape.Dims, r.level)
	return nil
}

const unequalLevels = "Multidimensional arrays must have sub-arrays with matching dimensions."

// close ends a brace; all of one level hold as many members.
func (r *arrayReader) close() error {
	if r.state != elemDone && r.state != levelDone && (r.state != levelStarted || r.level != 1) {
		return r.unexpected('}')
	}
	r.level--
	if r.state != levelStarted {
		r.count[r.level]++
	}
	r.state = levelDone
	if r.known[r.level] && r.shape.Len[r.level] != r.count[r.level] {
		return r.malformed(unequalLevels)
	}
	r.known[r.level] = true
	r.shape.Len[r.level], r.shape.Lower[r.level] = r.count[r.level], 1
	return nil
}

func (r *arrayReader) comma() error {
	switch r.state {
	case elemDone:
		r.state = elemDelimited
	case levelDone:
		r.state = levelDelimited
	default:
		return r.unexpected(',')
	}
	r.count[r.level-1]++
	return nil
}

// element reads an element up to the comma or brace behind it.
func (r *arrayReader) element() error {
	if r.leaf == 0 {
		r.leaf = r.level
	}
	if r.level != r.leaf {
		return r.malformed(unequalLevels)
	}
	r.state, r.elem = elemDone, r.elem[:0]
	quoted, keep := false, 0
	if r.s[0] == '"' {
		quoted = true
		if err := r.quoted(); err != nil {
			return err
		}
		keep = len(r.elem)
	}
	for ; len(r.s) > 0; r.s = r.s[1:] {
		switch c := r.s[0]; {
		case c == ',' || c == '}':
			return r.append(quoted, keep)
		case c == '{':
			return r.unexpected(c)
		case quoted && c == '\\':
			return r.unexpected(c)
		case c == '"', quoted && !isArraySpace(c):
			return r.malformed("Unexpected array element.")
		case c == '\\':
			if len(r.s) < 2 {
				return r.malformed("Unexpected end of input.")
			}
			r.s = r.s[1:]
			r.elem = append(r.elem, r.s[0])
			keep = len(r.elem)
		default:
			if r.elem = append(r.elem, c); !isArraySpace(c) {
				keep = max(keep, len(r.elem))
			}
		}
	}
	return r.malformed("Unexpected end of input.")
}

// quoted reads from one quote to the other.
func (r *arrayReader) quoted() error {
	for i := 1; i < len(r.s); i++ {
		switch r.s[i] {
		case '"':
			r.s = r.s[i+1:]
			return nil
		case '\\':
			if i++; i == len(r.s) {
				return r.malformed("Unexpected end of input.")
			}
		}
		r.elem = append(r.elem, r.s[i])
	}
	return r.malformed("Unexpected end of input.")
}

// append takes the element over. An unquoted NULL without an escape is NULL.
func (r *arrayReader) append(quoted bool, keep int) error {
	elem := r.elem[:keep]
	if !quoted && len(elem) == 4 && strings.EqualFold(string(elem), "null") && !r.escaped() {
		r.elems.AppendNull()
		return nil
	}
	return r.parse(r.elems, elem, r.set)
}

// escaped reports whether the element just read had a backslash.
func (r *arrayReader) escaped() bool {
	at := len(r.text) - len(r.s)
	for i := at - 1; i >= 0 && r.text[i] != ',' && r.text[i] != '{'; i-- {
		if r.text[i] == '\\' {
			return true
		}
	}
	return false
}
