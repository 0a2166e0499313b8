package onnx

import "fmt"

// kind is the type of a tensor's values; 0 is none.
type kind uint8

const (
	single  kind = iota + 1 // float32
	double                  // float64
	int64s                  // int64
	int32s                  // int32, held as int64
	boolean                 // bool
	text                    // string
)

// kinds are the kinds by their code in TensorProto.DataType.
var kinds = map[int64]kind{1: single, 11: double, 7: int64s, 6: int32s, 9: boolean, 8: text}

func kindOf(code int64) kind { return kinds[code] }

// kindName names a code of TensorProto.DataType.
func kindName(code int64) string {
	names := []string{"undefined", "float", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16",
		"double", "uint32", "uint64", "complex64", "complex128", "bfloat16"}
	if code < 0 || code >= int64(len(names)) {
		return fmt.Sprintf("type %d", code)
	}
	return names[code]
}

func (k kind) String() string {
	return [...]string{"nothing", "float", "double", "int64", "int32", "bool", "string"}[k]
}

// size is how many bytes a value has in raw_data.
func (k kind) size() int { return [...]int{0, 4, 8, 8, 4, 1, 0}[k] }

// held is how many bytes a value has in memory.
func (k kind) held() int { return [...]int{0, 4, 8, 8, 8, 1, 16}[k] }

func (k kind) float() bool   { return k == single || k == double }
func (k kind) integer() bool { return k == int64s || k == int32s }

// wrap is an integer in this kind.
func (k kind) wrap(v int64) int64 {
	if k == int32s {
		return int64(int32(v))
	}
	return v
}

// tensor is a value of a graph: dims, and their product of values in the slice of its kind, row by
// row. It is not changed once it is made.
type tensor struct {
	kind kind
	dims []int
	f    []float32
	d    []float64
	i    []int64
	b    []bool
	s    []string
}

// number are the types of values that can be computed with.
type number interface{ float32 | float64 | int64 }

// len is how many values there are.
func (t *tensor) len() int {
	switch t.kind {
	case single:
		return len(t.f)
	case double:
		return len(t.d)
	case boolean:
		return len(t.b)
	case text:
		return len(t.s)
	}
	return len(t.i)
}

// dim is a dimension, of which those from the end have negative numbers.
func (t *tensor) dim(axis int) int {
	if axis < 0 {
		axis += len(t.dims)
	}
	return t.dims[axis]
}

// matrix is the shape as rows and columns: of one dimension as one row, of more the last as columns.
func (t *tensor) matrix() (rows, cols int) {
	switch len(t.dims) {
	case 0:
		return 1, 1
	case 1:
		return 1, t.dims[0]
	}
	cols = t.dims[len(t.dims)-1]
	return product(t.dims[:len(t.dims)-1]), cols
}

func product(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// axisOf is a dimension's number, given from the front or, negative, from the end, of rank many.
func axisOf(axis int64, rank int) (int, error) {
	if axis < 0 {
		axis += int64(rank)
	}
	if axis < 0 || axis >= int64(rank) {
		return 0, fmt.Errorf("there is no axis %d of %d", axis, rank)
	}
	return int(axis), nil
}

// ints are the values of a tensor of integers that gives shapes, axes or indexes.
func (t *tensor) ints() ([]int64, error) {
	if !t.kind.integer() {
		return nil, fmt.Errorf("integers are wanted, not %v", t.kind)
	}
	return t.i, nil
}

// data is the slice of a tensor's values of type T.
func data[T number](t *tensor) []T {
	var none T
	switch any(none).(type) {
	case float32:
		return any(t.f).([]T)
	case float64:
		return any(t.d).([]T)
	}
	return any(t.i).([]T)
}
