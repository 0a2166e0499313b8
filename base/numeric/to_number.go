package numeric

import (
	"strings"

	"github.com/cockroachdb/apd/v3"

	"github.com/millracedb/millrace/base/pgerr"
)

// numberReader walks the picture beside the text, by the rules of PostgreSQL's
// NUM_processor for to_number.
type numberReader struct {
	p         *Picture
	s         string
	sign      byte // blank until one is read
	digits    []byte
	pre, post int
	point     bool
}

// Parse is to_number(text, format). 0A000 for RN and EEEE, 22P02 for text without digits.
func (p *Picture) Parse(d *apd.Decimal, text string) error {
	switch {
	case p.flags&hasExponent != 0:
		return pgerr.New(pgerr.FeatureNotSupported, "\"EEEE\" not supported for input")
	case p.flags&hasRoman != 0:
		return pgerr.New(pgerr.FeatureNotSupported, "\"RN\" not supported for input")
	}
	r := numberReader{p: p, s: text, sign: ' '}
	for i := range p.nodes {
		if r.s == "" {
			break
		}
		r.node(&p.nodes[i])
	}
	if n := len(r.digits); n > 0 && r.digits[n-1] == '.' {
		r.digits = r.digits[:n-1]
	}
	number := string(r.sign) + string(r.digits)
	if err := Parse(d, number); err != nil {
		return err
	}
	precision, scale := int32(max(p.pre, 0)+p.multi+r.post), int32(r.post)
	if err := ApplyTypmod(d, precision, scale); err != nil {
		return err
	}
	if p.multi > 0 {
		var by apd.Decimal
		SetInt64(&by, 1, 0)
		by.Coeff.Set(tenTo(int32(p.multi)))
		return Div(d, d, &by)
	}
	return nil
}

func (r *numberReader) skip(n int) { r.s = r.s[min(n, len(r.s)):] }

// skipText passes over up to n characters that are no part of a number.
func (r *numberReader) skipText(n int) {
	for ; n > 0 && r.s != "" && !strings.ContainsRune("0123456789.,+-", rune(r.s[0])); n-- {
		r.character()
	}
}

func (r *numberReader) character() {
	n := 1
	for n < len(r.s) && r.s[n]&0xC0 == 0x80 {
		n++
	}
	r.skip(n)
}

func (r *numberReader) node(n *node) {
	switch n.key {
	case "":
		r.character()
	case "9", "0", ".", "D":
		r.part(n.key)
		r.skip(1)
	case ",", "G":
		// No digit is ever "in" here, so the picture's FM makes separators idle.
		if r.p.flags&hasFill == 0 && r.s[0] == ',' {
			r.skip(1)
		}
	case "L":
		r.skipText(1)
	case "TH":
		if r.p.flags&hasDecimal == 0 {
			r.skipText(2)
		}
	case "MI", "PL", "SG":
		if r.s[0] == '-' && n.key != "PL" || r.s[0] == '+' && n.key != "MI" {
			r.sign = r.s[0]
			r.skip(1)
		} else {
			r.skipText(1)
		}
	}
}

// part reads a digit or the point, and signs around the number; what it leaves at the
// head of s, the caller passes over.
func (r *numberReader) part(key string) {
	if r.s[0] == ' ' {
		r.skip(1)
	}
	if r.s == "" {
		return
	}
	flags := r.p.flags
	if r.sign == ' ' && key != "." && key != "D" && r.pre+r.post == 0 {
		switch {
		case flags&hasSign != 0 && r.p.signBehind:
			// Its place is behind; a sign here is read as one only without S.
			if r.s[0] == '-' || r.s[0] == '+' {
				r.sign = r.s[0]
				r.skip(1)
			}
		case r.s[0] == '-' || flags&hasBracket != 0 && r.s[0] == '<':
			r.sign = '-'
			r.skip(1)
		case r.s[0] == '+':
			r.sign = '+'
			r.skip(1)
		}
	}
	if r.s == "" {
		return
	}
	read := false
	switch {
	case isDigit(r.s[0]):
		if r.point && r.post == r.p.post {
			return
		}
		r.digits = append(r.digits, r.s[0])
		if r.point {
			r.post++
		} else {
			r.pre++
		}
		read = true
	case flags&hasDecimal != 0 && !r.point && r.s[0] == '.':
		r.digits, r.point, read = append(r.digits, '.'), true, true
	}
	if r.sign == ' ' && r.pre+r.post > 0 {
		r.signBehind(read)
	}
}

func (r *numberReader) signBehind(read bool) {
	switch {
	case r.p.flags&hasSign != 0 && read && len(r.s) > 1 && !isDigit(r.s[1]):
		if r.s[1] == '-' || r.s[1] == '+' {
			r.sign = r.s[1]
			r.skip(1)
		}
	case !read && r.p.flags&hasSign == 0 && r.p.flags&(hasPlus|hasMinus) != 0 && (r.s[0] == '-' || r.s[0] == '+'):
		r.sign = r.s[0]
	}
}
