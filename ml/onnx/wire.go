package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// field is one field of a message: a number of its own, or bytes, which are those of the file.
type field struct {
	number protowire.Number
	wire   protowire.Type
	bits   uint64
	bytes  []byte
}

var errCut = errors.New("the file is cut off or is no ONNX file")

// fields gives each field of a message to visit, which ends it with an error.
func fields(message []byte, visit func(f field) error) error {
	for len(message) > 0 {
		number, wire, n := protowire.ConsumeTag(message)
		if n < 0 {
			return errCut
		}
		message = message[n:]
		f := field{number: number, wire: wire}
		switch wire {
		case protowire.VarintType:
			f.bits, n = protowire.ConsumeVarint(message)
		case protowire.Fixed32Type:
			var bits uint32
			bits, n = protowire.ConsumeFixed32(message)
			f.bits = uint64(bits)
		case protowire.Fixed64Type:
			f.bits, n = protowire.ConsumeFixed64(message)
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(message)
		default:
			return errCut // groups: ONNX has none
		}
		if n < 0 {
			return errCut
		}
		message = message[n:]
		if err := visit(f); err != nil {
			return err
		}
	}
	return nil
}

// text is a field's text; a field of another type has none.
func (f field) text() string { return string(f.bytes) }

// integer is a field's number.
func (f field) integer() int64 { return int64(f.bits) }

// float is a field's number of 32 bits.
func (f field) float() float32 { return math.Float32frombits(uint32(f.bits)) }

// integers appends a field of a repeated number, packed or not.
func (f field) integers(to []int64) ([]int64, error) {
	if f.wire != protowire.BytesType {
		return append(to, f.integer()), nil
	}
	for b := f.bytes; len(b) > 0; {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return nil, errCut
		}
		to, b = append(to, int64(v)), b[n:]
	}
	return to, nil
}

// floats appends a field of repeated numbers of 32 bits, packed or not.
func (f field) floats(to []float32) ([]float32, error) {
	if f.wire != protowire.BytesType {
		return append(to, f.float()), nil
	}
	if len(f.bytes)%4 != 0 {
		return nil, errCut
	}
	for b := f.bytes; len(b) > 0; b = b[4:] {
		to = append(to, math.Float32frombits(binary.LittleEndian.Uint32(b)))
	}
	return to, nil
}

// doubles appends a field of repeated numbers of 64 bits, packed or not.
func (f field) doubles(to []float64) ([]float64, error) {
	if f.wire != protowire.BytesType {
		return append(to, math.Float64frombits(f.bits)), nil
	}
	if len(f.bytes)%8 != 0 {
		return nil, errCut
	}
	for b := f.bytes; len(b) > 0; b = b[8:] {
		to = append(to, math.Float64frombits(binary.LittleEndian.Uint64(b)))
	}
	return to, nil
}

// within says of an error where in the file it is.
func within(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf(format+": %w", append(args, err)...)
}
