package fn

import (
	"github.com/cockroachdb/apd/v3"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/numeric"
	"github.com/millracedb/millrace/base/typeio"
)

// storedSettings are those under which constants of stored plans are written and read.
var storedSettings = datetime.Settings{}

// StoredText appends the text of value i of v, which is not NULL, that ParseStored reads
// back: it depends on no session.
func StoredText(dst []byte, v *col.Vector, i int) []byte {
	return typeio.AppendText(dst, v, i, &storedSettings)
}

// ParseStored appends the value that StoredText wrote to v.
func ParseStored(v *col.Vector, text []byte) error {
	return typeio.ParseText(v, text, &storedSettings)
}

// Scaled returns the one value of v as a scaled integer if it is a numeric that fits, else
// v.
func Scaled(v *col.Vector) *col.Vector {
	if v.Kind != col.KindDec || v.N != 1 || v.Null(0) {
		return v
	}
	var d apd.Decimal
	if numeric.Stored(v.Bytes(0), &d) != nil {
		return v
	}
	x, ok := numeric.ToInt128(&d, numeric.Scale(&d))
	if !ok || !x.IsInt64() || numeric.Scale(&d) > 18 {
		return v
	}
	out := &col.Vector{}
	out.ResetKind(v.Type, col.KindD64, numeric.Scale(&d))
	out.AppendI64(int64(x.Lo))
	return out
}
