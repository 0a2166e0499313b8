package typeio

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/jsonb"
	"github.com/millracedb/millrace/base/long"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/pgtext"
)

func errNotFinite(p, s int) error {
	return pgerr.New(pgerr.NumericValueOutOfRange, "numeric field overflow").
		WithDetail("A field with precision %d, scale %d cannot hold a value that is not finite.", p, s)
}

func appendBytes(dst []byte, v *col.Vector, i int, _ *settings) []byte {
	return long.Append(dst, v.Bytes(i))
}

func sendBytes(dst []byte, v *col.Vector, i int) []byte { return long.Append(dst, v.Bytes(i)) }

// withoutSettings makes the binary parser of a type whose binary form is its text.
func withoutSettings(parse func(*col.Vector, []byte, *settings) error) func(*col.Vector, []byte) error {
	return func(v *col.Vector, b []byte) error {
		if err := pgtext.ValidateUTF8(b); err != nil {
			return err
		}
		return parse(v, b, nil)
	}
}

func parseText(v *col.Vector, text []byte, _ *settings) error {
	v.AppendBytes(text)
	return nil
}

var _ = register(Codec{appendBytes, parseText, sendBytes, withoutSettings(parseText)}, col.OIDText, col.OIDUnknown)

var _ = register(Codec{appendBytes, parseName, sendBytes, withoutSettings(parseName)}, col.OIDName)

func parseName(v *col.Vector, text []byte, _ *settings) error {
	v.AppendBytes(pgtext.TruncateName(text))
	return nil
}

var _ = register(Codec{appendBytes, parseJSON, sendBytes, withoutSettings(parseJSON)}, col.OIDJSON)

func parseJSON(v *col.Vector, text []byte, _ *settings) error {
	if err := jsonb.ValidateText(text); err != nil {
		return err
	}
	v.AppendBytes(text)
	return nil
}

var _ = register(Codec{
	func(dst []byte, v *col.Vector, i int, _ *settings) []byte { return jsonb.AppendText(dst, v.Bytes(i)) },
	parseJSONB,
	func(dst []byte, v *col.Vector, i int) []byte { return jsonb.AppendText(append(dst, 1), v.Bytes(i)) },
	func(v *col.Vector, b []byte) error {
		if len(b) == 0 {
			return errBinary()
		}
		if b[0] != 1 {
			return pgerr.New(pgerr.InternalError, "unsupported jsonb version number %d", b[0])
		}
		return withoutSettings(parseJSONB)(v, b[1:])
	},
}, col.OIDJSONB)

func parseJSONB(v *col.Vector, text []byte, _ *settings) error {
	b, err := jsonb.Parse(text, nil)
	if err == nil {
		v.AppendBytes(b)
	}
	return err
}

var _ = register(Codec{appendBytes, parseVarchar, sendBytes, withoutSettings(parseVarchar)}, col.OIDVarchar)

func parseVarchar(v *col.Vector, text []byte, _ *settings) error {
	if n := v.Type.Length(); n >= 0 && len(text) > n {
		var err error
		if text, err = pgtext.Varchar(text, n, false); err != nil {
			return err
		}
	}
	v.AppendBytes(text)
	return nil
}

var _ = register(Codec{appendBytes, parseBpchar, sendBytes, withoutSettings(parseBpchar)}, col.OIDBpchar)

func parseBpchar(v *col.Vector, text []byte, _ *settings) error {
	n := v.Type.Length()
	if n < 0 {
		v.AppendBytes(text)
		return nil
	}
	var buf [64]byte
	b, err := pgtext.AppendBpchar(buf[:0], text, n, false)
	if err == nil {
		v.AppendBytes(b)
	}
	return err
}

// The one-byte type "char" prints a byte beyond ASCII as an octal escape, and zero as
// nothing.
var _ = register(Codec{
	func(dst []byte, v *col.Vector, i int, _ *settings) []byte {
		b := v.Bytes(i)
		switch {
		case len(b) == 0 || b[0] == 0:
			return dst
		case b[0] < 0x80:
			return append(dst, b[0])
		}
		return append(dst, '\\', '0'+b[0]>>6, '0'+b[0]>>3&7, '0'+b[0]&7)
	},
	func(v *col.Vector, text []byte, _ *settings) error {
		octal := func(c byte) bool { return c >= '0' && c <= '7' }
		switch {
		case len(text) == 0:
			v.AppendBytes([]byte{0})
		case len(text) == 4 && text[0] == '\\' && octal(text[1]) && octal(text[2]) && octal(text[3]):
			v.AppendBytes([]byte{(text[1]-'0')<<6 | (text[2]-'0')<<3 | (text[3] - '0')})
		default:
			v.AppendBytes(text[:1])
		}
		return nil
	},
	func(dst []byte, v *col.Vector, i int) []byte {
		b := v.Bytes(i)
		if len(b) == 0 {
			return append(dst, 0)
		}
		return append(dst, b[0])
	},
	func(v *col.Vector, b []byte) error {
		if len(b) != 1 {
			return errBinary()
		}
		v.AppendBytes(b)
		return nil
	},
}, col.OIDChar)

var _ = register(Codec{
	func(dst []byte, v *col.Vector, i int, _ *settings) []byte {
		return pgtext.AppendByteaHex(dst, v.Bytes(i))
	},
	func(v *col.Vector, text []byte, _ *settings) error {
		var buf [64]byte
		b, err := pgtext.AppendBytea(buf[:0], text)
		if err == nil {
			v.AppendBytes(b)
		}
		return err
	},
	sendBytes,
	func(v *col.Vector, b []byte) error {
		v.AppendBytes(b)
		return nil
	},
}, col.OIDBytea)

var _ = register(Codec{
	func(dst []byte, v *col.Vector, i int, _ *settings) []byte {
		return pgtext.AppendUUID(dst, v.Wide[i][0], v.Wide[i][1])
	},
	func(v *col.Vector, text []byte, _ *settings) error {
		hi, lo, err := pgtext.ParseUUID(text)
		if err == nil {
			v.AppendWide([2]uint64{hi, lo})
		}
		return err
	},
	func(dst []byte, v *col.Vector, i int) []byte {
		return be.AppendUint64(be.AppendUint64(dst, v.Wide[i][0]), v.Wide[i][1])
	},
	func(v *col.Vector, b []byte) error {
		if len(b) != 16 {
			return errBinary()
		}
		v.AppendWide([2]uint64{be.Uint64(b), be.Uint64(b[8:])})
		return nil
	},
}, col.OIDUUID)

// void has one value, which prints as nothing.
var _ = register(Codec{
	func(dst []byte, _ *col.Vector, _ int, _ *settings) []byte { return dst },
	func(v *col.Vector, _ []byte, _ *settings) error { v.AppendBytes(nil); return nil },
	func(dst []byte, _ *col.Vector, _ int) []byte { return dst },
	func(v *col.Vector, _ []byte) error { v.AppendBytes(nil); return nil },
}, col.OIDVoid)
