package typeio

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/jsonb"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/pgtext"
)

func errNotFinite(p, s int) error {
	return pgerr.New(pgerr.NumericValueOutOfRange, "numeric field overflow").
		WithDetail("A field with precision %d, scale %d cannot hold a value that is not finite.", p, s)
}

func appendBytes(dst []byte, v *col.Vector, i int, _ *settings) []byte {
	return append(dst, v.Bytes(i)...)
}

func sendBytes(dst []byte, v *col.Vector, i int) []byte { return append(dst, v.Bytes(i)...) }

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
