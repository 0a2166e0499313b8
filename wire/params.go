package wire

import (
	"fmt"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/typeio"
)

// DecodeParams decodes the values of a Bind into vectors of one value each, of the types.
// Formats are as in Bind. Vectors own their bytes. Errors are worded as PostgreSQL's.
func DecodeParams(m *Bind, types []col.Type, s *datetime.Settings) ([]*col.Vector, error) {
	vectors := make([]*col.Vector, len(types))
	for i, t := range types {
		vectors[i] = col.NewVector(t)
	}
	return vectors, AppendParams(vectors, m, s)
}

// AppendParams appends the values of a Bind to vectors, whose types say what they are: so
// that many Binds of one INSERT become columns. With an error, vectors may differ in length.
func AppendParams(vectors []*col.Vector, m *Bind, s *datetime.Settings) error {
	if len(m.Formats) > 1 && len(m.Formats) != len(m.Values) {
		return pgerr.New(pgerr.ProtocolViolation, "bind message has %d parameter formats but %d parameters", len(m.Formats), len(m.Values))
	}
	if len(m.Values) != len(vectors) {
		return pgerr.New(pgerr.ProtocolViolation, `bind message supplies %d parameters, but prepared statement "%s" requires %d`,
			len(m.Values), m.Statement, len(vectors))
	}
	for i, value := range m.Values {
		if shown, err := appendParam(vectors[i], i+1, formatOf(m.Formats, i), value, s); err != nil {
			return inParameter(err, m.Portal, i+1, shown)
		}
	}
	return nil
}

// appendParam appends one value. With an error goes how its context shows the value.
func appendParam(v *col.Vector, number int, format int16, value []byte, s *datetime.Settings) (shown string, err error) {
	switch {
	case value == nil && (format == 0 || format == 1):
		v.AppendNull()
		return "", nil
	case format == 0:
		if err := checkText(value); err != nil {
			return "", err
		}
		return " = '...'", typeio.ParseText(v, value, s) // as PostgreSQL shows a value by its default settings
	case format == 1:
		err := typeio.ParseBinary(v, value)
		if err == nil || pgerr.CodeOf(err) != pgerr.InvalidBinaryRepresentation {
			return "", err
		}
		if info, ok := v.Type.Info(); ok && info.Len > len(value) {
			return "", pgerr.New(pgerr.ProtocolViolation, "insufficient data left in message")
		}
		return "", pgerr.New(pgerr.InvalidBinaryRepresentation, "incorrect binary data format in bind parameter %d", number)
	}
	return "", pgerr.New(pgerr.InvalidParameterValue, "unsupported format code: %d", format)
}

func inParameter(err error, portal []byte, number int, shown string) error {
	e := *pgerr.From(err)
	which := "unnamed portal"
	if len(portal) > 0 {
		which = fmt.Sprintf(`portal "%s"`, portal)
	}
	if e.Where != "" {
		e.Where += "\n"
	}
	e.Where += fmt.Sprintf("%s parameter $%d%s", which, number, shown)
	return &e
}

// CheckResultFormats refuses, as PostgreSQL does, result formats that do not fit a
// statement of so many columns.
func CheckResultFormats(m *Bind, columns int) error {
	if len(m.ResultFormats) > 1 && len(m.ResultFormats) != columns {
		return pgerr.New(pgerr.ProtocolViolation, "bind message has %d result formats but query has %d columns", len(m.ResultFormats), columns)
	}
	for _, f := range m.ResultFormats {
		if f != 0 && f != 1 {
			return pgerr.New(pgerr.InvalidParameterValue, "unsupported format code: %d", f)
		}
	}
	return nil
}
