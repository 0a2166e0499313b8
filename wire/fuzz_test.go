package wire

import (
	"bytes"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// whole is a connection that gives some bytes and ends.
func whole(b []byte) *pipe {
	p := newPipe()
	p.in.Write(b)
	p.closed = true
	return p
}

func encoded(messages ...pgproto3.FrontendMessage) (b []byte) {
	for _, m := range messages {
		var err error
		if b, err = m.Encode(b); err != nil {
			panic(err)
		}
	}
	return b
}

func FuzzStartup(f *testing.F) {
	f.Add(encoded(&pgproto3.SSLRequest{}, &pgproto3.GSSEncRequest{}, &pgproto3.StartupMessage{
		ProtocolVersion: pgproto3.ProtocolVersion32, Parameters: map[string]string{"user": "a", "options": `-c x=\ y --z=1`, "_pq_.a": "b"}}))
	f.Add(encoded(&pgproto3.CancelRequest{ProcessID: 1, SecretKey: []byte{0, 0, 0, 2}}))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := NewConn(whole(b), Options{}).ReadStartup()
		if err == nil && s.Cancel == nil && (s.User == "" || s.Database == "") {
			t.Errorf("%q: nobody comes in", b)
		}
	})
}

func FuzzMessages(f *testing.F) {
	f.Add(encoded(&pgproto3.Query{String: "select 1"}, &pgproto3.Parse{Name: "a", Query: "b", ParameterOIDs: []uint32{1, 2}},
		&pgproto3.Bind{ParameterFormatCodes: []int16{1}, Parameters: [][]byte{{1}, nil}, ResultFormatCodes: []int16{1}},
		&pgproto3.Describe{ObjectType: 'S', Name: "a"}, &pgproto3.Execute{MaxRows: 1}, &pgproto3.Sync{}, &pgproto3.Terminate{}))
	f.Add(encoded(&pgproto3.CopyData{Data: []byte("x")}, &pgproto3.CopyDone{}, &pgproto3.CopyFail{Message: "m"}, &pgproto3.FunctionCall{}))
	f.Fuzz(func(t *testing.T, b []byte) {
		c := NewConn(whole(b), Options{MaxMessage: 1 << 16})
		for n := 0; ; n++ {
			m, err := c.Receive()
			if m == nil {
				if err == nil {
					t.Error("neither message nor error")
				}
				return
			}
			if err != nil && pgerr.CodeOf(err) != pgerr.ProtocolViolation && pgerr.CodeOf(err) != pgerr.CharacterNotInRepertoire {
				t.Errorf("%T: %v", m, err)
			}
			if n%3 == 2 {
				c.SkipUntilSync()
			}
		}
	})
}

var fuzzTypes = []col.Type{col.Int8, col.Text, col.Timestamp, {OID: col.OIDVarchar, Mod: 7}, col.Numeric, col.Bool, col.Int4}

func FuzzBind(f *testing.F) {
	f.Add([]byte("1"), []byte("a"), int16(0))
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 1}, []byte("a"), int16(1))
	f.Add([]byte("2024-01-02 03:04:05"), []byte(nil), int16(0))
	f.Fuzz(func(t *testing.T, a, b []byte, format int16) {
		m := &Bind{Formats: []int16{format}, Values: [][]byte{a, b}}
		for _, typ := range col.Types() {
			types := []col.Type{{OID: typ.OID, Mod: -1}, {OID: typ.OID, Mod: -1}}
			vectors, err := DecodeParams(m, types, nil)
			if err != nil {
				if _, ok := errors.AsType[*pgerr.Error](err); !ok {
					t.Errorf("%s: %v", typ.Name, err)
				}
				continue
			}
			for _, v := range vectors {
				v.Check(1)
			}
			row := &col.Batch{N: 1, Cols: []col.Vector{*vectors[0], *vectors[1]}}
			NewEncoder(types, []int16{0, 1}, nil).AppendRows(nil, row)
		}
	})
}

func FuzzSCRAM(f *testing.F) {
	f.Add([]byte("n,,n=,r=abc"), []byte("c=biws,r=abc,p=AAAA"))
	f.Add([]byte("y,,n=*,r=abc"), []byte("c=eSws,r=abc,p="))
	f.Fuzz(func(t *testing.T, first, final []byte) {
		in := encoded(&pgproto3.SASLInitialResponse{AuthMechanism: "SCRAM-SHA-256", Data: first}, &pgproto3.SASLResponse{Data: final})
		c := NewConn(whole(in), Options{})
		if c.AuthenticateSCRAM("ann", verifierOf("pencil", make([]byte, 16)), []byte("n")) == nil {
			t.Errorf("%q %q lets anybody in", first, final)
		}
	})
}

// fuzzCopy decodes data whole and in pieces, which must agree; what decodes is encoded and
// decoded again, which must agree too.
func fuzzCopy(f *testing.F, format CopyFormat, seeds ...string) {
	for i, s := range seeds {
		f.Add([]byte(s), uint8(i+1), uint8(0))
	}
	columns := columnsOf(fuzzTypes...)
	f.Fuzz(func(t *testing.T, data []byte, piece, variant uint8) {
		o := DefaultCopyOptions(format, "t", columns)
		switch variant % 4 {
		case 1:
			o.Delimiter, o.Null = ';', "0"
		case 2:
			o.Columns = columns[1:2]
		case 3:
			o.Escape, o.Quote = '\\', '\''
		}
		if format != CopyBinary && variant >= 128 {
			o.Header = HeaderSkip
		}
		rows, err := decoded(o, data, len(data))
		again, err2 := decoded(o, data, int(piece)+1)
		if !bytes.Equal(rows, again) || describe(err) != describe(err2) {
			t.Fatalf("pieces of %d: %q %v, whole: %q %v", int(piece)+1, again, err2, rows, err)
		}
		if err != nil {
			return
		}
		o = DefaultCopyOptions(CopyText, "t", o.Columns)
		if back, err := decoded(o, rows, len(rows)); err != nil || !bytes.Equal(back, rows) {
			t.Fatalf("%q comes back as %q, %v", rows, back, err)
		}
	})
}

func describe(err error) string {
	if err == nil {
		return ""
	}
	e := pgerr.From(err)
	return e.Code + e.Message + e.Where
}

// decoded is the rows of data in the text format; none where the data have an error.
func decoded(o CopyOptions, data []byte, piece int) ([]byte, error) {
	batches, err := decodeAll(o, data, max(piece, 1))
	if err != nil {
		return nil, err
	}
	e, err := NewCopyEncoder(DefaultCopyOptions(CopyText, "t", o.Columns))
	if err != nil {
		return nil, err
	}
	var out []byte
	for _, b := range batches {
		for c := range b.Cols {
			b.Cols[c].Check(b.N)
		}
		out = e.AppendRows(out, b)
	}
	return out, nil
}

func FuzzCopyText(f *testing.F) {
	fuzzCopy(f, CopyText, "1\ta\t2024-01-02 03:04:05\tx\t1.5\tt\t7\n", "\\N\t\\x41\\t\tinfinity\t\\N\t1e3\t\\N\t-1\n\\.\n", "a\\\nb\r\n\\.", "1\r2\r")
}

func FuzzCopyCSV(f *testing.F) {
	fuzzCopy(f, CopyCSV, "1,a,2024-01-02 03:04:05,x,1.5,t,7\n", ",\"a\"\"b\n\",,\"\",,,\n", "\\.\n", "a\"b\r\n\"c\r\n\"\r\n", "'a\\'b',2\n")
}

func FuzzCopyBinary(f *testing.F) {
	head := binarySignature + "\x00\x00\x00\x00\x00\x00\x00\x00"
	row := "\x00\x07\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01a\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01b" +
		"\xff\xff\xff\xff\x00\x00\x00\x01\x01\x00\x00\x00\x04\x00\x00\x00\x05"
	fuzzCopy(f, CopyBinary, head+row+row+"\xff\xff", head, head+"\x00\x01\x00\x00\x00\x02hi", "PGCOPY")
}
