package numeric

import (
	"strings"

	"github.com/millracedb/millrace/base/pgerr"
)

// Flags of a number picture.
const (
	hasDecimal = 1 << iota
	hasFill
	hasSign // S
	hasMinus
	hasPlus
	hasBracket
	hasZero
	hasRoman
	hasMulti
	hasExponent
)

// node is a keyword in capitals, or text if key is empty.
type node struct {
	key   string
	lower bool
	text  string
}

// Picture is a number format of to_char and to_number, cut once and used for many
// values, from any goroutine.
type Picture struct {
	nodes              []node
	flags              int
	pre, post, multi   int // digits before and behind the point, and shifted by V
	signBehind         bool
	signAt             int // digits before S
	zeroStart, zeroEnd int
}

// Longer keywords come first.
var pictureKeys = []string{"EEEE", "FM", "MI", "PL", "PR", "RN", "SG", "SP", "TH", ",", ".", "0", "9", "B", "C", "D", "G", "L", "S", "V"}

func errPicture(format string) error { return pgerr.New(pgerr.SyntaxError, "%s", format) }

// NewPicture cuts a format. 42601 for keywords that exclude each other.
func NewPicture(format string) (*Picture, error) {
	p := &Picture{}
	for format != "" {
		if key := keyAt(format); key != "" {
			n := node{key: key, lower: format[0] >= 'a'}
			format = format[len(key):]
			p.nodes = append(p.nodes, n)
			if err := p.count(key); err != nil {
				return nil, err
			}
			continue
		}
		format = p.literal(format)
	}
	if p.flags&hasSign != 0 && !p.signBehind && p.pre == p.signAt {
		p.signBehind = true
	}
	return p, nil
}

func keyAt(s string) string {
	for _, k := range pictureKeys {
		if strings.HasPrefix(s, k) || strings.HasPrefix(s, strings.ToLower(k)) {
			return k
		}
	}
	return ""
}

func (p *Picture) literal(s string) (rest string) {
	take := func() {
		n := 1
		for n < len(s) && s[n]&0xC0 == 0x80 {
			n++
		}
		p.nodes = append(p.nodes, node{text: s[:n]})
		s = s[n:]
	}
	if s[0] != '"' {
		if s[0] == '\\' && len(s) > 1 && s[1] == '"' {
			s = s[1:]
		}
		take()
		return s
	}
	for s = s[1:]; s != "" && s[0] != '"'; {
		if s[0] == '\\' && len(s) > 1 {
			s = s[1:]
		}
		take()
	}
	return strings.TrimPrefix(s, "\"")
}

// count notes what a keyword says of the whole.
func (p *Picture) count(key string) error {
	if p.flags&hasExponent != 0 && key != "EEEE" {
		return errPicture("\"EEEE\" must be the last pattern used")
	}
	switch key {
	case "9", "0":
		return p.digit(key)
	case ".", "D":
		if p.flags&hasDecimal != 0 {
			return errPicture("multiple decimal points")
		}
		if p.flags&hasMulti != 0 {
			return errPicture("cannot use \"V\" and decimal point together")
		}
		p.flags |= hasDecimal
	case "FM":
		p.flags |= hasFill
	case "S":
		if p.flags&hasSign != 0 {
			return errPicture("cannot use \"S\" twice")
		}
		if p.flags&(hasPlus|hasMinus|hasBracket) != 0 {
			return errPicture("cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together")
		}
		p.flags |= hasSign
		p.signBehind, p.signAt = p.flags&hasDecimal != 0, p.pre
	case "MI", "PL", "SG":
		if p.flags&hasSign != 0 {
			return errPicture("cannot use \"S\" and \"" + key + "\" together")
		}
		p.flags |= map[string]int{"MI": hasMinus, "PL": hasPlus, "SG": hasMinus | hasPlus}[key]
	case "PR":
		if p.flags&(hasSign|hasPlus|hasMinus) != 0 {
			return errPicture("cannot use \"PR\" and \"S\"/\"PL\"/\"MI\"/\"SG\" together")
		}
		p.flags |= hasBracket
	case "RN":
		p.flags |= hasRoman
	case "V":
		if p.flags&hasDecimal != 0 {
			return errPicture("cannot use \"V\" and decimal point together")
		}
		p.flags |= hasMulti
	case "EEEE":
		return p.exponent()
	}
	return nil
}

func (p *Picture) digit(key string) error {
	if p.flags&hasBracket != 0 {
		return errPicture("\"" + key + "\" must be ahead of \"PR\"")
	}
	if key == "9" && p.flags&hasMulti != 0 {
		p.multi++
		return nil
	}
	if key == "0" && p.flags&(hasZero|hasDecimal) == 0 {
		p.flags |= hasZero
		p.zeroStart = p.pre + 1
	}
	if p.flags&hasDecimal != 0 {
		p.post++
	} else {
		p.pre++
	}
	if key == "0" {
		p.zeroEnd = p.pre + p.post
	}
	return nil
}

func (p *Picture) exponent() error {
	if p.flags&hasExponent != 0 {
		return errPicture("cannot use \"EEEE\" twice")
	}
	if p.flags&(hasFill|hasSign|hasBracket|hasMinus|hasPlus|hasRoman|hasMulti) != 0 {
		e := pgerr.New(pgerr.SyntaxError, "\"EEEE\" is incompatible with other formats")
		e.Detail = "\"EEEE\" may only be used together with digit and decimal point patterns."
		return e
	}
	p.flags |= hasExponent
	return nil
}
