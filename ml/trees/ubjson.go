package trees

import (
	"encoding/binary"
	"fmt"
	"math"
)

// parseUBJSON reads a document of Universal Binary JSON (ubjson.org, draft 12) that takes at most
// so many bytes, with all that its draft has but numbers of high precision and typed objects.
func parseUBJSON(file []byte, bytes int) (any, error) {
	r := &ubjsonReader{file: file, budget: budget(bytes + slack)}
	v, err := r.value(0)
	if err == nil && r.at != len(file) {
		err = fmt.Errorf("more behind the document")
	}
	if err != nil {
		return nil, fmt.Errorf("byte %d: %w", r.at, err)
	}
	return v, nil
}

// ubjsonReader is a place in a file.
type ubjsonReader struct {
	file []byte
	at   int
	budget
}

// take is the next n bytes.
func (r *ubjsonReader) take(n int) ([]byte, error) {
	if n < 0 || n > len(r.file)-r.at {
		return nil, fmt.Errorf("the document ends too early")
	}
	r.at += n
	return r.file[r.at-n : r.at], nil
}

// next skips a marker, if it is there.
func (r *ubjsonReader) next(marker byte) bool {
	if r.at < len(r.file) && r.file[r.at] == marker {
		r.at++
		return true
	}
	return false
}

// marker is the next that is no N, which says nothing.
func (r *ubjsonReader) marker() (byte, error) {
	for r.next('N') {
	}
	b, err := r.take(1)
	if err != nil {
		return 0, err
	}
	return b[0], nil
}

func (r *ubjsonReader) value(depth int) (any, error) {
	if depth > maxNesting {
		return nil, fmt.Errorf("the document is nested deeper than %d levels", maxNesting)
	}
	marker, err := r.marker()
	if err != nil {
		return nil, err
	}
	switch marker {
	case '{':
		return r.object(depth)
	case '[':
		return r.array(depth)
	case 'S':
		return r.string()
	case 'C':
		b, err := r.take(1)
		return string(b), err
	case 'T', 'F':
		return marker == 'T', nil
	case 'Z':
		return nil, nil
	}
	return r.number(marker)
}

// sizes are how many bytes a number of a type is.
var sizes = map[byte]int{'i': 1, 'U': 1, 'I': 2, 'l': 4, 'L': 8, 'd': 4, 'D': 8}

func (r *ubjsonReader) number(marker byte) (float64, error) {
	size, known := sizes[marker]
	if !known {
		return 0, fmt.Errorf("unknown type %q", marker)
	}
	b, err := r.take(size)
	if err != nil {
		return 0, err
	}
	return ubjsonNumber(marker, b), nil
}

func ubjsonNumber(marker byte, b []byte) float64 {
	switch marker {
	case 'i':
		return float64(int8(b[0]))
	case 'U':
		return float64(b[0])
	case 'I':
		return float64(int16(binary.BigEndian.Uint16(b)))
	case 'l':
		return float64(int32(binary.BigEndian.Uint32(b)))
	case 'L':
		return float64(int64(binary.BigEndian.Uint64(b)))
	case 'd':
		return float64(math.Float32frombits(binary.BigEndian.Uint32(b)))
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b))
}

// length is a whole number that is not negative.
func (r *ubjsonReader) length() (int, error) {
	marker, err := r.marker()
	if err != nil {
		return 0, err
	}
	n, err := r.number(marker)
	if err == nil && !(n >= 0 && n < 1<<40 && n == math.Trunc(n)) {
		err = fmt.Errorf("a length of %v", n)
	}
	return int(n), err
}

func (r *ubjsonReader) string() (string, error) {
	n, err := r.length()
	if err != nil {
		return "", err
	}
	b, err := r.take(n)
	if err == nil {
		err = r.spend(n)
	}
	return string(b), err
}

func (r *ubjsonReader) array(depth int) (any, error) {
	if r.next('$') {
		return r.typed()
	}
	count, err := r.counted()
	if err != nil {
		return nil, err
	}
	return r.list(depth, r.value, func(have int) (bool, error) {
		return have != count && (count >= 0 || !r.next(']')), nil
	})
}

// counted is how many values follow, -1 where a marker ends them.
func (r *ubjsonReader) counted() (int, error) {
	if !r.next('#') {
		return -1, nil
	}
	return r.length()
}

// typed is an array of numbers of one type, whose type and length stand before them.
func (r *ubjsonReader) typed() (any, error) {
	marker, err := r.take(1)
	if err != nil {
		return nil, err
	}
	size, known := sizes[marker[0]]
	if !known || !r.next('#') {
		return nil, fmt.Errorf("an array of type %q", marker[0])
	}
	n, err := r.length()
	if err != nil {
		return nil, err
	}
	b, err := r.take(n * size)
	if err == nil {
		err = r.spend(8 * n)
	}
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return []any(nil), nil
	}
	numbers := make([]float64, n)
	for i := range numbers {
		numbers[i] = ubjsonNumber(marker[0], b[i*size:])
	}
	return numbers, nil
}

func (r *ubjsonReader) object(depth int) (any, error) {
	count, err := r.counted()
	if err != nil {
		return nil, err
	}
	members := map[string]any{}
	for n := 0; n != count && (count >= 0 || !r.next('}')); n++ {
		key, err := r.string()
		if err == nil {
			err = r.spend(bytesOfMember)
		}
		if err != nil {
			return nil, err
		}
		if members[key], err = r.value(depth + 1); err != nil {
			return nil, err
		}
	}
	return members, r.spend(bytesOfMember)
}
