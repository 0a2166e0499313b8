package trees

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A document is what JSON and UBJSON say, as map[string]any, string, bool, nil, float64, []float64
// for an array of nothing but numbers (one or more of them), and []any for any other array.

// maxNesting is how deep a document may be.
const maxNesting = 256

// slack is what any document may take, however short.
const slack = 1 << 16

// The bytes that parts of a document take, about.
const (
	bytesOfValue  = 24
	bytesOfMember = 64
)

// budget is how many bytes a document may still take.
type budget int

func (b *budget) spend(n int) error {
	if *b -= budget(n); *b < 0 {
		return fmt.Errorf("the document takes more memory than its length allows")
	}
	return nil
}

// parseJSON reads a document that takes at most so many bytes.
func parseJSON(text []byte, bytes int) (any, error) {
	r := &jsonReader{text: string(text), budget: budget(bytes + slack)}
	v, err := r.value(0)
	if err == nil {
		if r.blanks(); r.at != len(r.text) {
			err = r.unexpected()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("byte %d: %w", r.at, err)
	}
	return v, nil
}

// jsonReader is a place in a text.
type jsonReader struct {
	text string
	at   int
	budget
}

func (r *jsonReader) unexpected() error {
	if r.at >= len(r.text) {
		return fmt.Errorf("the document ends too early")
	}
	return fmt.Errorf("unexpected %q", r.text[r.at])
}

func (r *jsonReader) blanks() {
	for r.at < len(r.text) && (r.text[r.at] == ' ' || r.text[r.at] == '\n' || r.text[r.at] == '\r' || r.text[r.at] == '\t') {
		r.at++
	}
}

// next skips blanks and then b, if it is there.
func (r *jsonReader) next(b byte) bool {
	r.blanks()
	if r.at < len(r.text) && r.text[r.at] == b {
		r.at++
		return true
	}
	return false
}

var jsonWords = []struct {
	word  string
	value any
}{{"true", true}, {"false", false}, {"null", nil}, {"NaN", math.NaN()}, {"Infinity", math.Inf(1)}, {"-Infinity", math.Inf(-1)}}

func (r *jsonReader) value(depth int) (any, error) {
	if depth > maxNesting {
		return nil, fmt.Errorf("the document is nested deeper than %d levels", maxNesting)
	}
	r.blanks()
	rest := r.text[r.at:]
	switch {
	case rest == "":
		return nil, r.unexpected()
	case rest[0] == '{':
		return r.object(depth)
	case rest[0] == '[':
		return r.array(depth)
	case rest[0] == '"':
		return r.string()
	}
	for _, w := range jsonWords {
		if strings.HasPrefix(rest, w.word) {
			r.at += len(w.word)
			return w.value, nil
		}
	}
	return r.number()
}

func (r *jsonReader) number() (float64, error) {
	n := 0
	for rest := r.text[r.at:]; n < len(rest) && strings.IndexByte("+-.0123456789eE", rest[n]) >= 0; {
		n++
	}
	v, err := strconv.ParseFloat(r.text[r.at:r.at+n], 64)
	if err != nil {
		return 0, r.unexpected()
	}
	r.at += n
	return v, nil
}

func (r *jsonReader) string() (string, error) {
	end := r.at + 1
	for end < len(r.text) && r.text[end] != '"' {
		if r.text[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(r.text) {
		r.at = len(r.text)
		return "", r.unexpected()
	}
	raw := r.text[r.at : end+1]
	if err := r.spend(len(raw)); err != nil {
		return "", err
	}
	r.at = end + 1
	if strings.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1], nil
	}
	return unescape(raw[1 : len(raw)-1])
}

func (r *jsonReader) array(depth int) (any, error) {
	r.at++
	return r.list(depth, r.value, func(have int) (bool, error) {
		if r.next(']') {
			return false, nil
		}
		if have > 0 && !r.next(',') {
			return false, r.unexpected()
		}
		return true, nil
	})
}

func (r *jsonReader) object(depth int) (any, error) {
	r.at++
	members := map[string]any{}
	if err := r.spend(bytesOfMember); err != nil {
		return nil, err
	}
	for first := true; !r.next('}'); first = false {
		if !first && !r.next(',') {
			return nil, r.unexpected()
		}
		if r.blanks(); r.at >= len(r.text) || r.text[r.at] != '"' {
			return nil, r.unexpected()
		}
		key, err := r.string()
		if err != nil {
			return nil, err
		}
		if !r.next(':') {
			return nil, r.unexpected()
		}
		if err := r.spend(bytesOfMember); err != nil {
			return nil, err
		}
		if members[key], err = r.value(depth + 1); err != nil {
			return nil, err
		}
	}
	return members, nil
}

// list reads an array's values as long as another follows those that it has.
func (b *budget) list(depth int, value func(depth int) (any, error), follows func(have int) (bool, error)) (any, error) {
	var list arrayBuilder
	for {
		more, err := follows(list.length())
		if err != nil {
			return nil, err
		}
		if !more {
			return list.value(), nil
		}
		v, err := value(depth + 1)
		if err == nil {
			err = list.add(v, b)
		}
		if err != nil {
			return nil, err
		}
	}
}

// arrayBuilder makes an array, of numbers as long as only numbers come.
type arrayBuilder struct {
	numbers []float64
	values  []any
}

func (b *arrayBuilder) length() int { return len(b.numbers) + len(b.values) }

func (b *arrayBuilder) add(v any, left *budget) error {
	x, is := v.(float64)
	if is && b.values == nil {
		b.numbers = append(b.numbers, x)
		return left.spend(8)
	}
	if b.values == nil {
		for _, x := range b.numbers {
			b.values = append(b.values, x)
		}
		if err := left.spend(bytesOfValue * len(b.numbers)); err != nil {
			return err
		}
		b.numbers = nil
	}
	b.values = append(b.values, v)
	return left.spend(bytesOfValue)
}

func (b *arrayBuilder) value() any {
	if b.numbers != nil {
		return b.numbers
	}
	return b.values
}

// unescape is a JSON string's text.
func unescape(raw string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			b.WriteByte(raw[i])
			continue
		}
		i++
		switch c := raw[i]; c {
		case '"', '\\', '/':
			b.WriteByte(c)
		case 'b', 'f', 'n', 'r', 't':
			b.WriteByte("\b\f\n\r\t"[strings.IndexByte("bfnrt", c)])
		case 'u':
			n, used := unicode(raw[i+1:])
			if used == 0 {
				return "", fmt.Errorf("\\u without four hexadecimal digits")
			}
			b.WriteRune(n)
			i += used
		default:
			return "", fmt.Errorf("unknown escape \\%c", c)
		}
	}
	return b.String(), nil
}

// unicode is the character of the digits behind a \u, of two such where they are a pair, and how
// many bytes they are.
func unicode(text string) (rune, int) {
	if len(text) < 4 {
		return 0, 0
	}
	high, err := strconv.ParseUint(text[:4], 16, 16)
	if err != nil {
		return 0, 0
	}
	if len(text) >= 10 && text[4:6] == "\\u" && high>>10 == 0xD800>>10 {
		if low, err := strconv.ParseUint(text[6:10], 16, 16); err == nil && low>>10 == 0xDC00>>10 {
			return rune(high&0x3FF<<10|low&0x3FF) + 0x10000, 10
		}
	}
	return rune(high), 4
}

// field is a member of an object, of a type; an error names it by its path.
func field[T any](object any, name string) (T, error) {
	members, _ := object.(map[string]any)
	v, is := members[name].(T)
	if !is {
		if _, has := members[name]; !has {
			return v, fmt.Errorf("%s is missing", name)
		}
		return v, fmt.Errorf("%s is not of the expected type", name)
	}
	return v, nil
}

// numbersOf is a member that is an array of numbers, or none where it is missing or empty.
func numbersOf(object any, name string) []float64 {
	members, _ := object.(map[string]any)
	numbers, _ := members[name].([]float64)
	return numbers
}

// listOf is a member that is an array of anything but numbers, or none.
func listOf(object any, name string) []any {
	members, _ := object.(map[string]any)
	list, _ := members[name].([]any)
	return list
}

// textOf is a member that is a text, or "".
func textOf(object any, name string) string {
	members, _ := object.(map[string]any)
	text, _ := members[name].(string)
	return text
}

// memberOf is a member, nil where it is missing.
func memberOf(object any, names ...string) any {
	for _, name := range names {
		members, _ := object.(map[string]any)
		object = members[name]
	}
	return object
}
