package jsonb

import (
	"bytes"

	"github.com/cockroachdb/apd/v3"

	"github.com/millracedb/millrace/base/numeric"
	"github.com/millracedb/millrace/base/pgerr"
)

// appendNumber appends the stored form of a number's text.
func appendNumber(dst, text []byte) ([]byte, error) {
	scale := int32(0)
	if i := bytes.IndexByte(text, '.'); i >= 0 {
		scale = int32(min(len(text)-i-1, 19))
	}
	if v, ok := numeric.ParseScaled(text, scale); ok {
		return numeric.AppendStoredInt(dst, v, scale), nil
	}
	var d apd.Decimal
	if err := numeric.Parse(&d, text); err != nil {
		return dst, err
	}
	if d.Form != apd.Finite {
		return dst, pgerr.New(pgerr.InvalidTextRepresentation, "invalid input syntax for type json")
	}
	return numeric.AppendStored(dst, &d), nil
}

// specialNumber returns the text of a stored NaN or infinity; damaged bytes are reported
// as a finite number, which Valid refuses later.
func specialNumber(stored []byte) (text []byte, special bool) {
	var d apd.Decimal
	if err := numeric.Stored(stored, &d); err != nil || d.Form == apd.Finite {
		return nil, false
	}
	return numeric.Append(nil, &d), true
}

// appendNumberText prints a stored number with its display scale.
func appendNumberText(dst, stored []byte) []byte {
	var d apd.Decimal
	if err := numeric.Stored(stored, &d); err != nil || d.Form != apd.Finite {
		return append(dst, "null"...)
	}
	return numeric.Append(dst, &d)
}

// validNumber reports whether stored is a number that JSON has.
func validNumber(stored []byte) bool {
	var d apd.Decimal
	return numeric.Stored(stored, &d) == nil && d.Form == apd.Finite
}

// compareNumbers orders stored numbers by value. Canonical bytes have the order of the
// values.
func compareNumbers(a, b []byte) int {
	return bytes.Compare(numeric.Canonical(a), numeric.Canonical(b))
}
