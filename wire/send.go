package wire

import (
	"encoding/binary"
	"strconv"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

var be = binary.BigEndian

// begin starts a message; its length is known once end is called.
func (c *Conn) begin(kind byte) {
	_ = c.spill()
	c.start = len(c.out)
	c.out = append(c.out, kind, 0, 0, 0, 0)
}

func (c *Conn) end() { be.PutUint32(c.out[c.start+1:], uint32(len(c.out)-c.start-1)) }

func (c *Conn) text(s string) { c.out = append(append(c.out, s...), 0) }

func (c *Conn) bare(kind byte) { c.out = append(c.out, kind, 0, 0, 0, 4) }

// ParameterStatus reports a setting's value.
func (c *Conn) ParameterStatus(name, value string) {
	c.begin('S')
	c.text(name)
	c.text(value)
	c.end()
}

// BackendKeyData gives out what a cancel request must show.
func (c *Conn) BackendKeyData(k CancelKey) {
	c.begin('K')
	c.out = be.AppendUint32(be.AppendUint32(c.out, k.PID), k.Secret)
	c.end()
}

// ReadyForQuery says that the next message is awaited, and the state of the transaction:
// 'I' none, 'T' in one, 'E' in a failed one.
func (c *Conn) ReadyForQuery(status byte) {
	c.out = append(c.out, 'Z', 0, 0, 0, 5, status)
	_ = c.spill()
}

// ParseComplete, BindComplete, CloseComplete, NoData, EmptyQueryResponse and
// PortalSuspended answer as the protocol names them.
func (c *Conn) ParseComplete() { c.bare('1') }

// BindComplete answers Bind.
func (c *Conn) BindComplete() { c.bare('2') }

// CloseComplete answers Close.
func (c *Conn) CloseComplete() { c.bare('3') }

// NoData answers Describe for what returns no rows.
func (c *Conn) NoData() { c.bare('n') }

// EmptyQueryResponse takes CommandComplete's place for an empty statement.
func (c *Conn) EmptyQueryResponse() { c.bare('I') }

// PortalSuspended takes CommandComplete's place when Execute's row limit was reached.
func (c *Conn) PortalSuspended() { c.bare('s') }

// CommandComplete ends a statement with its tag, such as "SELECT 3".
func (c *Conn) CommandComplete(tag string) {
	c.begin('C')
	c.text(tag)
	c.end()
}

// CommandCompleteCount ends a statement with the tag "verb count".
func (c *Conn) CommandCompleteCount(verb string, count int64) {
	c.begin('C')
	c.out = append(append(c.out, verb...), ' ')
	c.out = append(strconv.AppendInt(c.out, count, 10), 0)
	c.end()
}

// Field is a column of a result as RowDescription tells it; Table and Attr are 0 where it
// is no column of a relation, Format is 0 (text) or 1 (binary).
type Field struct {
	Name   string
	Type   col.Type
	Table  col.OID
	Attr   int16
	Format int16
}

// FieldsOf makes the fields of columns with the formats that a Bind asked for: one for
// each, one for all, or none for text.
func FieldsOf(columns []col.Column, formats []int16) []Field {
	f := make([]Field, len(columns))
	for i, k := range columns {
		f[i] = Field{Name: k.Name, Type: k.Type, Format: formatOf(formats, i)}
	}
	return f
}

// RowDescription tells the columns of the rows to come.
func (c *Conn) RowDescription(columns []Field) {
	c.begin('T')
	c.out = be.AppendUint16(c.out, uint16(len(columns)))
	for _, f := range columns {
		size := -1
		if info, ok := f.Type.Info(); ok {
			size = info.Len
		}
		c.text(f.Name)
		c.out = be.AppendUint32(c.out, uint32(f.Table))
		c.out = be.AppendUint16(c.out, uint16(f.Attr))
		c.out = be.AppendUint32(c.out, uint32(f.Type.OID))
		c.out = be.AppendUint16(c.out, uint16(size))
		c.out = be.AppendUint32(c.out, uint32(f.Type.Mod))
		c.out = be.AppendUint16(c.out, uint16(f.Format))
	}
	c.end()
}

// ParameterDescription tells the types of a statement's parameters.
func (c *Conn) ParameterDescription(types []col.Type) {
	c.begin('t')
	c.out = be.AppendUint16(c.out, uint16(len(types)))
	for _, t := range types {
		c.out = be.AppendUint32(c.out, uint32(t.OID))
	}
	c.end()
}

// NotificationResponse tells of a NOTIFY.
func (c *Conn) NotificationResponse(pid uint32, channel, payload string) {
	c.begin('A')
	c.out = be.AppendUint32(c.out, pid)
	c.text(channel)
	c.text(payload)
	c.end()
}

// Error sends an ErrorResponse; err is shown as pgerr.From makes it, ERROR where it has no
// severity.
func (c *Conn) Error(err error) { c.report('E', "ERROR", pgerr.From(err)) }

// Notice sends a NoticeResponse, of severity NOTICE where n has none.
func (c *Conn) Notice(n *pgerr.Error) { c.report('N', "NOTICE", n) }

func (c *Conn) report(kind byte, severity string, e *pgerr.Error) {
	if e == nil {
		e = pgerr.New(pgerr.InternalError, "missing error")
	}
	if e.Severity != "" {
		severity = e.Severity
	}
	c.begin(kind)
	c.errorField('S', severity)
	c.errorField('V', severity)
	c.errorField('C', e.Code)
	c.errorField('M', e.Message)
	c.errorField('D', e.Detail)
	c.errorField('H', e.Hint)
	if e.Position > 0 {
		c.errorField('P', strconv.Itoa(e.Position))
	}
	c.errorField('W', e.Where)
	c.errorField('s', e.Schema)
	c.errorField('t', e.Table)
	c.errorField('c', e.Column)
	c.errorField('d', e.DataType)
	c.errorField('n', e.Constraint)
	c.out = append(c.out, 0)
	c.end()
}

// errorField appends a field that is not empty. A NUL in it would end it early and shift
// what follows, so it is cut there.
func (c *Conn) errorField(kind byte, s string) {
	if s == "" {
		return
	}
	c.out = append(c.out, kind)
	for i := range len(s) {
		if s[i] == 0 {
			s = s[:i]
			break
		}
	}
	c.text(s)
}

// CopyInResponse asks for the data of COPY FROM STDIN.
func (c *Conn) CopyInResponse(f CopyFormat, columns int) { c.copyResponse('G', f, columns) }

// CopyOutResponse announces the data of COPY TO STDOUT.
func (c *Conn) CopyOutResponse(f CopyFormat, columns int) { c.copyResponse('H', f, columns) }

func (c *Conn) copyResponse(kind byte, f CopyFormat, columns int) {
	format := byte(0)
	if f == CopyBinary {
		format = 1
	}
	c.begin(kind)
	c.out = append(c.out, format)
	c.out = be.AppendUint16(c.out, uint16(columns))
	for range columns {
		c.out = append(c.out, 0, format)
	}
	c.end()
}

// CopyData sends bytes of COPY TO STDOUT that the caller has made.
func (c *Conn) CopyData(b []byte) {
	c.begin('d')
	c.out = append(c.out, b...)
	c.end()
}

// CopyDone ends the data of COPY TO STDOUT.
func (c *Conn) CopyDone() { c.bare('c') }
