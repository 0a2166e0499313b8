package typeio

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"github.com/cockroachdb/apd/v3"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/numeric"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/pgtext"
)

var be = binary.BigEndian

type settings = datetime.Settings

// fewerDigits is by how many digits floats are rounded; without settings they are not.
func fewerDigits(s *settings) int {
	if s == nil {
		return 0
	}
	return s.FewerDigits
}

var _ = register(Codec{
	func(dst []byte, v *col.Vector, i int, _ *settings) []byte { return pgtext.AppendBool(dst, v.Bool(i)) },
	func(v *col.Vector, text []byte, _ *settings) error {
		b, err := pgtext.ParseBool(text)
		if err == nil {
			v.AppendBool(b)
		}
		return err
	},
	func(dst []byte, v *col.Vector, i int) []byte {
		if v.Bool(i) {
			return append(dst, 1)
		}
		return append(dst, 0)
	},
	func(v *col.Vector, b []byte) error {
		if len(b) != 1 {
			return errBinary()
		}
		v.AppendBool(b[0] != 0)
		return nil
	},
}, col.OIDBool)

func appendI32(dst []byte, v *col.Vector, i int, _ *settings) []byte {
	return strconv.AppendInt(dst, int64(v.I32[i]), 10)
}

var _ = register(Codec{
	appendI32,
	func(v *col.Vector, text []byte, _ *settings) error {
		x, err := pgtext.ParseInt16(text)
		if err == nil {
			v.AppendI32(int32(x))
		}
		return err
	},
	func(dst []byte, v *col.Vector, i int) []byte { return be.AppendUint16(dst, uint16(v.I32[i])) },
	func(v *col.Vector, b []byte) error {
		if len(b) != 2 {
			return errBinary()
		}
		v.AppendI32(int32(int16(be.Uint16(b))))
		return nil
	},
}, col.OIDInt2)

func binaryI32(dst []byte, v *col.Vector, i int) []byte {
	return be.AppendUint32(dst, uint32(v.I32[i]))
}

func parseBinaryI32(v *col.Vector, b []byte) error {
	if len(b) != 4 {
		return errBinary()
	}
	v.AppendI32(int32(be.Uint32(b)))
	return nil
}

var _ = register(Codec{
	appendI32,
	func(v *col.Vector, text []byte, _ *settings) error {
		x, err := pgtext.ParseInt32(text)
		if err == nil {
			v.AppendI32(x)
		}
		return err
	},
	binaryI32, parseBinaryI32,
}, col.OIDInt4)

var _ = register(Codec{
	func(dst []byte, v *col.Vector, i int, _ *settings) []byte {
		return strconv.AppendUint(dst, uint64(uint32(v.I32[i])), 10)
	},
	func(v *col.Vector, text []byte, _ *settings) error {
		x, err := pgtext.ParseOID(text)
		if err == nil {
			v.AppendI32(int32(x))
		}
		return err
	},
	binaryI32, parseBinaryI32,
}, col.OIDOid, col.OIDRegclass, col.OIDRegproc, col.OIDRegnamespace)

// A regtype prints as its type is called where it is a built-in one.
var _ = register(Codec{
	func(dst []byte, v *col.Vector, i int, _ *settings) []byte {
		oid := col.OID(v.I32[i])
		if _, ok := (col.Type{OID: oid}).Info(); ok {
			return append(dst, col.Type{OID: oid, Mod: -1}.String()...)
		}
		return strconv.AppendUint(dst, uint64(oid), 10)
	},
	func(v *col.Vector, text []byte, _ *settings) error {
		name, isArray := strings.CutSuffix(string(text), "[]")
		t, ok := col.TypeNamed(name)
		if ok && isArray {
			t, ok = t.Array()
		}
		if ok {
			v.AppendI32(int32(t.OID))
			return nil
		}
		x, err := pgtext.ParseOID(text)
		if err != nil {
			return pgerr.New(pgerr.UndefinedObject, "type \"%s\" does not exist", text)
		}
		v.AppendI32(int32(x))
		return nil
	},
	binaryI32, parseBinaryI32,
}, col.OIDRegtype)

func binaryI64(dst []byte, v *col.Vector, i int) []byte {
	return be.AppendUint64(dst, uint64(v.I64[i]))
}

func parseBinaryI64(v *col.Vector, b []byte) error {
	if len(b) != 8 {
		return errBinary()
	}
	v.AppendI64(int64(be.Uint64(b)))
	return nil
}

var _ = register(Codec{
	func(dst []byte, v *col.Vector, i int, _ *settings) []byte {
		return strconv.AppendInt(dst, v.I64[i], 10)
	},
	func(v *col.Vector, text []byte, _ *settings) error {
		x, err := pgtext.ParseInt64(text)
		if err == nil {
			v.AppendI64(x)
		}
		return err
	},
	binaryI64, parseBinaryI64,
}, col.OIDInt8)

var _ = register(Codec{
	func(dst []byte, v *col.Vector, i int, s *settings) []byte {
		if less := fewerDigits(s); less > 0 {
			return pgtext.AppendRounded(dst, float64(v.F32[i]), 7-less)
		}
		return pgtext.AppendFloat32(dst, v.F32[i])
	},
	func(v *col.Vector, text []byte, _ *settings) error {
		x, err := pgtext.ParseFloat32(text)
		if err == nil {
			v.AppendF32(x)
		}
		return err
	},
	func(dst []byte, v *col.Vector, i int) []byte { return be.AppendUint32(dst, math.Float32bits(v.F32[i])) },
	func(v *col.Vector, b []byte) error {
		if len(b) != 4 {
			return errBinary()
		}
		v.AppendF32(math.Float32frombits(be.Uint32(b)))
		return nil
	},
}, col.OIDFloat4)

var _ = register(Codec{
	func(dst []byte, v *col.Vector, i int, s *settings) []byte {
		if less := fewerDigits(s); less > 0 {
			return pgtext.AppendRounded(dst, v.F64[i], 16-less)
		}
		return pgtext.AppendFloat64(dst, v.F64[i])
	},
	func(v *col.Vector, text []byte, _ *settings) error {
		x, err := pgtext.ParseFloat64(text)
		if err == nil {
			v.AppendF64(x)
		}
		return err
	},
	func(dst []byte, v *col.Vector, i int) []byte { return be.AppendUint64(dst, math.Float64bits(v.F64[i])) },
	func(v *col.Vector, b []byte) error {
		if len(b) != 8 {
			return errBinary()
		}
		v.AppendF64(math.Float64frombits(be.Uint64(b)))
		return nil
	},
}, col.OIDFloat8)

var _ = register(Codec{appendNumeric, parseNumeric, binaryNumeric, parseBinaryNumeric}, col.OIDNumeric)

func appendNumeric(dst []byte, v *col.Vector, i int, _ *settings) []byte {
	if v.Kind == col.KindD64 {
		return numeric.AppendScaled(dst, v.I64[i], v.Scale)
	}
	var d apd.Decimal
	if numeric.Stored(v.Bytes(i), &d) != nil {
		return append(dst, "NaN"...)
	}
	return numeric.Append(dst, &d)
}

func binaryNumeric(dst []byte, v *col.Vector, i int) []byte {
	if v.Kind == col.KindD64 {
		return numeric.AppendBinaryScaled(dst, v.I64[i], v.Scale)
	}
	var d apd.Decimal
	if numeric.Stored(v.Bytes(i), &d) != nil {
		d.Form = apd.NaN
	}
	return numeric.AppendBinary(dst, &d)
}

// lanesFixed reports whether v's numerics are integers of one scale by their type.
func lanesFixed(v *col.Vector) bool {
	return v.Kind == col.KindD64 && v.Type.Kind() == col.KindD64
}

func parseNumeric(v *col.Vector, text []byte, _ *settings) error {
	if lanesFixed(v) {
		if x, ok := numeric.ParseScaled(text, v.Scale); ok && fits(x, v.Type) {
			v.AppendI64(x)
			return nil
		}
	}
	var d apd.Decimal
	if err := numeric.Parse(&d, text); err != nil {
		return err
	}
	return AppendDecimal(v, &d)
}

func parseBinaryNumeric(v *col.Vector, b []byte) error {
	if lanesFixed(v) {
		if x, ok := numeric.ParseBinaryScaled(b, v.Scale); ok && fits(x, v.Type) {
			v.AppendI64(x)
			return nil
		}
	}
	var d apd.Decimal
	if err := numeric.ParseBinary(b, &d); err != nil {
		return err
	}
	return AppendDecimal(v, &d)
}

// fits reports whether lanes of numeric(p, s) may hold x.
func fits(x int64, t col.Type) bool {
	p, _, _ := t.PrecisionScale()
	if p >= len(tens) {
		return false
	}
	return x > -tens[p] && x < tens[p]
}

var tens = func() (t [19]int64) {
	t[0] = 1
	for i := 1; i < len(t); i++ {
		t[i] = t[i-1] * 10
	}
	return t
}()

// AppendDecimal appends d to a vector of numerics, after it has been rounded as the
// modifier of the vector's type asks, which changes d. 22003 when it does not fit.
func AppendDecimal(v *col.Vector, d *apd.Decimal) error {
	if p, s, ok := v.Type.PrecisionScale(); ok {
		if err := numeric.ApplyTypmod(d, int32(p), int32(s)); err != nil {
			return err
		}
	}
	if lanesFixed(v) {
		x, ok := numeric.ToInt128(d, v.Scale)
		if !ok {
			p, s, _ := v.Type.PrecisionScale()
			return errNotFinite(p, s)
		}
		v.AppendI64(int64(x.Lo))
		return nil
	}
	if v.Kind == col.KindD64 {
		*v = *v.ToDec()
	}
	var buf [64]byte
	v.AppendBytes(numeric.AppendStored(buf[:0], d))
	return nil
}
