package numeric

import (
	"encoding/binary"

	"github.com/cockroachdb/apd/v3"

	"github.com/millracedb/millrace/base/pgerr"
)

// Signs of PostgreSQL's binary form.
const (
	wirePositive = 0x0000
	wireNegative = 0x4000
	wireNaN      = 0xC000
	wirePosInf   = 0xD000
	wireNegInf   = 0xF000

	wireInfScale = 0x20 // what PostgreSQL sends as the scale of an infinity
)

func appendWireHead(dst []byte, digits, weight int, sign, scale uint16) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(digits))
	dst = binary.BigEndian.AppendUint16(dst, uint16(weight))
	dst = binary.BigEndian.AppendUint16(dst, sign)
	return binary.BigEndian.AppendUint16(dst, scale)
}

// AppendBinary appends d as numeric_send does.
func AppendBinary(dst []byte, d *apd.Decimal) []byte {
	switch {
	case isNaN(d):
		return appendWireHead(dst, 0, 0, wireNaN, 0)
	case isInf(d) && d.Negative:
		return appendWireHead(dst, 0, 0, wireNegInf, wireInfScale)
	case isInf(d):
		return appendWireHead(dst, 0, 0, wirePosInf, wireInfScale)
	}
	if hi, lo, ok := coeffWords(d); ok {
		return appendBinaryWords(dst, hi, lo, d.Negative, -d.Exponent)
	}
	scale := int(-d.Exponent)
	text := d.Coeff.Append(nil, 10)
	for range (4 - scale%4) % 4 {
		text = append(text, '0')
	}
	behind := (scale + 3) / 4
	var digits []uint16
	for n := len(text) % 4; len(text) > 0; n = 4 {
		if n == 0 {
			n = 4
		}
		v := uint16(0)
		for _, c := range text[:n] {
			v = v*10 + uint16(c-'0')
		}
		digits, text = append(digits, v), text[n:]
	}
	return appendBinaryDigits(dst, digits, behind, d.Negative, scale)
}

// appendBinaryDigits writes base-10000 digits, of which behind stand behind the point.
func appendBinaryDigits(dst []byte, digits []uint16, behind int, neg bool, scale int) []byte {
	for len(digits) > 0 && digits[0] == 0 {
		digits = digits[1:]
	}
	weight := len(digits) - behind - 1
	for len(digits) > 0 && digits[len(digits)-1] == 0 {
		digits = digits[:len(digits)-1]
	}
	sign := uint16(wirePositive)
	if neg {
		sign = wireNegative
	}
	if len(digits) == 0 {
		weight, sign = 0, wirePositive
	}
	dst = appendWireHead(dst, len(digits), weight, sign, uint16(scale))
	for _, v := range digits {
		dst = binary.BigEndian.AppendUint16(dst, v)
	}
	return dst
}

func appendBinaryWords(dst []byte, hi, lo uint64, neg bool, scale int32) []byte {
	var buf [12]uint16
	i := len(buf)
	if part := scale % 4; part != 0 && hi|lo != 0 {
		// The last digit is filled up with zeros behind the scale.
		var r uint64
		hi, lo, r = quoRem64(hi, lo, pow10[part])
		i--
		buf[i] = uint16(r * pow10[4-part])
	}
	for hi|lo != 0 {
		var r uint64
		hi, lo, r = quoRem64(hi, lo, 10000)
		i--
		buf[i] = uint16(r)
	}
	return appendBinaryDigits(dst, buf[i:], int(scale+3)/4, neg, int(scale))
}

// AppendBinaryScaled appends v × 10^-scale as numeric_send does.
func AppendBinaryScaled(dst []byte, v int64, scale int32) []byte {
	u := uint64(v)
	if v < 0 {
		u = -u
	}
	return appendBinaryWords(dst, 0, u, v < 0, scale)
}

// AppendBinaryScaled128 appends x × 10^-scale as numeric_send does.
func AppendBinaryScaled128(dst []byte, x Int128, scale int32) []byte {
	hi, lo, neg := x.abs()
	return appendBinaryWords(dst, hi, lo, neg, scale)
}

func errWire(what string) error {
	return pgerr.New(pgerr.InvalidBinaryRepresentation, "invalid %s in external \"numeric\" value", what)
}

// wireForm is a binary numeric cut into its head and digits.
type wireForm struct {
	digits []byte // 2 bytes a digit
	weight int
	sign   uint16
	scale  int32
}

func cutWire(b []byte) (w wireForm, err error) {
	if len(b) < 8 {
		return w, pgerr.New(pgerr.ProtocolViolation, "insufficient data left in message")
	}
	n := int(binary.BigEndian.Uint16(b))
	w.weight = int(int16(binary.BigEndian.Uint16(b[2:])))
	w.sign = binary.BigEndian.Uint16(b[4:])
	w.scale = int32(binary.BigEndian.Uint16(b[6:]))
	w.digits = b[8:]
	switch w.sign {
	case wirePositive, wireNegative, wireNaN, wirePosInf, wireNegInf:
	default:
		return w, errWire("sign")
	}
	if w.scale > MaxScale {
		return w, errWire("scale")
	}
	if len(w.digits) < 2*n {
		return w, pgerr.New(pgerr.ProtocolViolation, "insufficient data left in message")
	}
	if len(w.digits) > 2*n {
		return w, pgerr.New(pgerr.InvalidBinaryRepresentation, "incorrect binary data format")
	}
	for i := 0; i < len(w.digits); i += 2 {
		if binary.BigEndian.Uint16(w.digits[i:]) > 9999 {
			return w, errWire("digit")
		}
	}
	return w, nil
}

// ParseBinary reads what numeric_send wrote; digits behind the display scale are cut
// off, as numeric_recv does. 22P03 or 08P01 for other bytes.
func ParseBinary(b []byte, d *apd.Decimal) error {
	w, err := cutWire(b)
	if err != nil {
		return err
	}
	switch w.sign {
	case wireNaN:
		setNaN(d)
		return nil
	case wirePosInf, wireNegInf:
		setInf(d, w.sign == wireNegInf)
		return nil
	}
	d.Form, d.Negative, d.Exponent = apd.Finite, w.sign == wireNegative, 0
	text := make([]byte, 0, 2*len(w.digits)+1)
	text = append(text, '0')
	for i := 0; i < len(w.digits); i += 2 {
		v := binary.BigEndian.Uint16(w.digits[i:])
		text = append(text, byte('0'+v/1000), byte('0'+v/100%10), byte('0'+v/10%10), byte('0'+v%10))
	}
	setDigits(&d.Coeff, text)
	// The coefficient counts units of 10^-shown.
	if shown := int32(4 * (len(w.digits)/2 - w.weight - 1)); shown <= w.scale {
		d.Coeff.Mul(&d.Coeff, tenTo(w.scale-shown))
	} else {
		quoRound(&d.Coeff, &d.Coeff, tenTo(shown-w.scale), roundDown)
	}
	d.Exponent = -w.scale
	return finish(d)
}

// ParseBinaryScaled reads a binary numeric into v × 10^-scale without allocation; ok is
// false if it does not fit 18 digits exactly, is special or is damaged: the caller then
// asks [ParseBinary].
func ParseBinaryScaled(b []byte, scale int32) (v int64, ok bool) {
	w, err := cutWire(b)
	if err != nil || w.sign != wirePositive && w.sign != wireNegative || len(w.digits) > 10 || w.scale > scale {
		return 0, false
	}
	for i := 0; i < len(w.digits); i += 2 {
		if v >= int64(pow10[14]) {
			return 0, false
		}
		v = v*10000 + int64(binary.BigEndian.Uint16(w.digits[i:]))
	}
	if v == 0 {
		return 0, true
	}
	behind := 4 * (len(w.digits)/2 - w.weight - 1)
	if hidden := behind - int(w.scale); hidden > 18 || hidden > 0 && v%int64(pow10[hidden]) != 0 {
		return 0, false // digits behind the display scale are to be cut off
	}
	shift := int(scale) - behind
	for ; shift < 0; shift++ {
		if v%10 != 0 {
			return 0, false
		}
		v /= 10
	}
	if shift > 18 || v >= int64(pow10[18-shift]) {
		return 0, false
	}
	v *= int64(pow10[shift])
	if w.sign == wireNegative {
		v = -v
	}
	return v, true
}
