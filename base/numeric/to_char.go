package numeric

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/cockroachdb/apd/v3"

	"github.com/millracedb/millrace/base/pgerr"
)

// AppendNumeric is to_char(numeric, format), also for integers. 22003 where the value
// shifted by V is out of range.
func (p *Picture) AppendNumeric(dst []byte, d *apd.Decimal) ([]byte, error) {
	switch {
	case p.flags&hasRoman != 0:
		var t apd.Decimal
		if err := Round(&t, d, 0); err != nil {
			return dst, err
		}
		n, err := ToInt32(&t)
		if err != nil {
			return dst, err
		}
		return p.write(dst, roman(int(n)), 0, 0, 0), nil
	case p.flags&hasExponent != 0:
		if d.Form != apd.Finite {
			return append(dst, p.hashes(6)...), nil
		}
		return p.appendScientific(dst, d), nil
	}
	var t apd.Decimal
	t.Set(d)
	if p.multi > 0 {
		shift := apd.Decimal{}
		SetInt64(&shift, 1, 0)
		shift.Coeff.Set(tenTo(int32(p.multi)))
		if err := Mul(&t, &t, &shift); err != nil {
			return dst, err
		}
	}
	if err := Round(&t, &t, int32(p.post)); err != nil {
		return dst, err
	}
	if t.Form == apd.NaN && p.ordinal() && p.pre+p.multi >= len("NaN") {
		return dst, pgerr.New(pgerr.InvalidTextRepresentation, "\"NaN\" is not a number")
	}
	return p.appendPlain(dst, String(&t), p.post), nil
}

// ordinal reports that TH is in the picture and counts.
func (p *Picture) ordinal() bool {
	return p.flags&hasDecimal == 0 && slices.ContainsFunc(p.nodes, func(n node) bool { return n.key == "TH" })
}

// AppendFloat is to_char(float8, format), and of float4 with size 32: it shows 15 or 6
// digits at most.
func (p *Picture) AppendFloat(dst []byte, f float64, size int) []byte {
	digits := 15
	if size == 32 {
		digits = 6
	}
	switch {
	case p.flags&hasRoman != 0:
		n := math.RoundToEven(f)
		if !(math.Abs(n) < math.MaxInt32) {
			n = 0
		}
		return p.write(dst, roman(int(n)), 0, 0, 0)
	case p.flags&hasExponent != 0:
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return append(dst, p.hashes(6)...)
		}
		if !math.Signbit(f) {
			dst = append(dst, ' ')
		}
		return strconv.AppendFloat(dst, f, 'e', p.post, 64)
	}
	if p.multi > 0 {
		f *= math.Pow10(p.multi)
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return p.appendPlain(dst, map[bool]string{true: "-Infinity", false: "Infinity"}[f < 0], p.post)
	}
	post := p.post
	if whole := len(strconv.FormatFloat(math.Abs(f), 'f', 0, 64)); whole >= digits {
		post = 0
	} else {
		post = min(post, digits-whole)
	}
	return p.appendPlain(dst, strconv.FormatFloat(f, 'f', post, 64), post)
}

// hashes stands for what the format cannot show.
func (p *Picture) hashes(more int) string {
	b := []byte(strings.Repeat("#", p.pre+p.post+more))
	b[0] = ' '
	b[min(p.pre+1, len(b)-1)] = '.'
	return string(b)
}

func (p *Picture) appendScientific(dst []byte, d *apd.Decimal) []byte {
	exp := 0
	var t apd.Decimal
	t.Set(d)
	if n := digitCount(&d.Coeff); n > 0 {
		exp = n + int(d.Exponent) - 1
		t.Exponent = -int32(n - 1)
		rescale(&t, int32(p.post), roundHalf) // 9.99 becomes 10.0 and stays so, as in PostgreSQL
	} else {
		t.Exponent = -int32(p.post)
	}
	if !t.Negative {
		dst = append(dst, ' ')
	}
	dst = append(Append(dst, &t), 'e')
	sign := byte('+')
	if exp < 0 {
		sign, exp = '-', -exp
	}
	if dst = append(dst, sign); exp < 10 {
		dst = append(dst, '0')
	}
	return strconv.AppendInt(dst, int64(exp), 10)
}

func (p *Picture) appendPlain(dst []byte, number string, post int) []byte {
	sign := byte('+')
	if strings.HasPrefix(number, "-") {
		sign, number = '-', number[1:]
	}
	pre := p.pre + p.multi
	whole := strings.IndexByte(number, '.')
	if whole < 0 {
		whole = len(number)
	}
	spaces := 0
	if whole < pre {
		spaces = pre - whole
	} else if whole > pre {
		b := []byte(strings.Repeat("#", pre+post+1))
		b[pre] = '.'
		number = string(b)
	}
	return p.write(dst, number, sign, spaces, post)
}

func roman(n int) string {
	if n > 3999 || n < 1 {
		return strings.Repeat("#", 15)
	}
	ones := [10]string{"", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"}
	letters := []*strings.Replacer{nil, strings.NewReplacer("I", "X", "V", "L", "X", "C"), strings.NewReplacer("I", "C", "V", "D", "X", "M"), strings.NewReplacer("I", "M")}
	s := letters[3].Replace(ones[n/1000]) + letters[2].Replace(ones[n/100%10]) + letters[1].Replace(ones[n/10%10])
	return s + ones[n%10]
}

// writer walks the picture beside the number, by the rules of PostgreSQL's
// NUM_processor; sign 0 is a Roman number.
type writer struct {
	p                       *Picture
	out                     []byte
	number                  string
	at                      int // next of number
	sign                    byte
	flags                   int
	spaces, current, count  int
	post                    int
	zeroStart, lastRelevant int // lastRelevant: index in number, -1 for all
	signWritten, inNumber   bool
	cut                     int // PostgreSQL ends the text where digits run out; -1: nowhere
}

func (p *Picture) write(dst []byte, number string, sign byte, spaces, post int) []byte {
	w := writer{p: p, out: dst, number: number, sign: sign, flags: p.flags, spaces: spaces, post: post, lastRelevant: -1, cut: -1}
	if sign == 0 {
		w.flags = p.flags & (hasFill | hasRoman)
	}
	if w.zeroStart = p.zeroStart; w.zeroStart > 0 {
		w.zeroStart--
	}
	if w.flags&(hasPlus|hasMinus) != 0 {
		w.signWritten = w.flags&(hasPlus|hasMinus) != hasPlus
	} else {
		if sign != '-' && w.flags&hasFill != 0 {
			w.flags &^= hasBracket
		}
		w.signWritten = sign == '+' && w.flags&hasFill != 0 && w.flags&hasSign == 0
	}
	w.count = post + p.pre + p.multi - 1
	if w.flags&hasFill != 0 && w.flags&hasDecimal != 0 {
		w.relevant()
	}
	if !w.signWritten && spaces == 0 {
		w.count++
	}
	for i := range p.nodes {
		w.node(&p.nodes[i])
	}
	if w.cut >= 0 {
		return w.out[:w.cut]
	}
	return w.out
}

// relevant finds the last digit that FM keeps: none of the zeros at the end, unless a 0
// of the picture stands for them.
func (w *writer) relevant() {
	point := strings.IndexByte(w.number, '.')
	if point < 0 {
		return
	}
	w.lastRelevant = point
	for i := point + 1; i < len(w.number); i++ {
		if w.number[i] != '0' {
			w.lastRelevant = i
		}
	}
	if w.p.zeroEnd > w.spaces {
		w.lastRelevant = max(w.lastRelevant, min(len(w.number)-1, w.p.zeroEnd-w.spaces))
	}
}

func (w *writer) put(s string) { w.out = append(w.out, s...) }

func (w *writer) fill() bool { return w.flags&hasFill != 0 }

func (w *writer) node(n *node) {
	switch n.key {
	case "":
		w.put(n.text)
	case "9", "0", ".", "D":
		w.part(n.key)
	case ",", "G":
		if w.inNumber {
			w.put(",")
		} else if !w.fill() {
			w.put(" ")
		}
	case "L":
		w.put(" ")
	case "RN":
		w.roman(n.lower)
	case "TH":
		w.ordinal(n.lower)
	case "MI", "PL":
		want := map[string]byte{"MI": '-', "PL": '+'}[n.key]
		if w.sign == want {
			w.put(string(want))
		} else if !w.fill() {
			w.put(" ")
		}
	case "SG":
		w.out = append(w.out, w.sign)
	}
}

func (w *writer) roman(lower bool) {
	s := w.number
	if w.flags&hasRoman == 0 {
		return
	}
	if lower {
		s = strings.ToLower(s)
	}
	if !w.fill() {
		w.put(strings.Repeat(" ", max(15-len(s), 0)))
	}
	w.put(s)
}

func (w *writer) ordinal(lower bool) {
	if w.flags&(hasRoman|hasDecimal) != 0 || w.number[0] == '#' || w.sign == '-' {
		return
	}
	s, n := "TH", len(w.number)
	if n < 2 || w.number[n-2] != '1' {
		switch w.number[n-1] {
		case '1':
			s = "ST"
		case '2':
			s = "ND"
		case '3':
			s = "RD"
		}
	}
	if lower {
		s = strings.ToLower(s)
	}
	w.put(s)
}

// hiddenZero reports the zero before the point that only a 0 of the picture shows.
func (w *writer) hiddenZero() bool {
	return w.flags&hasZero == 0 && w.at == 0 && w.number[0] == '0' && w.post != 0
}

func (w *writer) lastIsPoint() bool { return w.lastRelevant >= 0 && w.number[w.lastRelevant] == '.' }

func (w *writer) part(key string) {
	if w.flags&hasRoman != 0 {
		return
	}
	w.inNumber = false
	zero := w.flags&hasZero != 0
	if !w.signWritten && (w.current >= w.spaces || zero && w.zeroStart == w.current) && (!w.hiddenZero() || w.lastIsPoint()) {
		w.leadingSign()
	}
	switch {
	case w.current < w.spaces && (w.zeroStart > w.current || !zero):
		if !w.fill() {
			w.put(" ")
		}
	case w.current < w.spaces:
		w.put("0")
		w.inNumber = true
	default:
		w.digit(key)
	}
	end := w.count
	if w.spaces > 0 {
		end++
	}
	if w.flags&hasDecimal != 0 {
		end++
	}
	if w.lastRelevant >= 0 && w.lastRelevant == w.at {
		end = w.current
	}
	if w.current+1 == end {
		if w.signWritten && w.flags&hasBracket != 0 {
			w.put(map[bool]string{true: " ", false: ">"}[w.sign == '+'])
		} else if w.flags&hasSign != 0 && w.p.signBehind {
			w.out = append(w.out, w.sign)
		}
	}
	w.current++
}

func (w *writer) leadingSign() {
	switch {
	case w.flags&hasSign != 0:
		if w.p.signBehind {
			return
		}
		w.out = append(w.out, w.sign)
	case w.flags&hasBracket != 0:
		w.put(map[bool]string{true: " ", false: "<"}[w.sign == '+'])
	case w.sign == '-':
		w.put("-")
	case !w.fill():
		w.put(" ")
	}
	w.signWritten = true
}

func (w *writer) digit(key string) {
	if w.at >= len(w.number) {
		if w.cut < 0 && (w.lastRelevant < 0 || key == "0") {
			w.cut = len(w.out)
		}
		return
	}
	switch c := w.number[w.at]; {
	case c == '.':
		if !w.lastIsPoint() || w.fill() {
			w.put(".")
		}
	case w.lastRelevant >= 0 && w.at > w.lastRelevant && key != "0":
	case w.hiddenZero():
		if !w.fill() {
			w.put(" ")
		} else if w.lastIsPoint() {
			w.put("0")
		}
	default:
		w.out = append(w.out, c)
		w.inNumber = true
	}
	w.at++
}
