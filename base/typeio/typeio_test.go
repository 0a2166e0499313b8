package typeio

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/tests/reference"
)

// TestValues reads the lines of testdata as values of a type, and prints their text and
// their binary form in hexadecimal digits.
func TestValues(t *testing.T) {
	answer := values
	if server := reference.Connect(t, "SET TimeZone = 'UTC'; SET DateStyle = 'ISO, MDY'"); server != nil {
		answer = func(name, text string) string { return valueOf(server, name, text) }
	}
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			name := d.CmdArgs[0].Key
			return reference.Lines(d.Input, func(line string) string { return answer(name, line) })
		})
	})
}

func typeOf(name string) col.Type {
	var p, s int
	switch base, rest, _ := strings.Cut(name, "/"); base {
	case "numeric":
		if n, _ := fmt.Sscanf(rest, "%d/%d", &p, &s); n == 2 {
			return col.NumericType(p, s)
		}
	case "varchar", "bpchar", "time", "timestamp", "timestamptz":
		if n, _ := fmt.Sscanf(rest, "%d", &p); n == 1 {
			t, _ := col.TypeNamed(base)
			t.Mod = int32(p)
			if base == "varchar" || base == "bpchar" {
				t.Mod += 4
			}
			return t
		}
	}
	t, ok := col.TypeNamed(name)
	if !ok {
		panic(name)
	}
	return t
}

func values(name, text string) string {
	t := typeOf(name)
	v := col.NewVector(t)
	if err := ParseText(v, []byte(text), nil); err != nil {
		return reference.Failure(err)
	}
	printed, binary := AppendText(nil, v, 0, nil), AppendBinary(nil, v, 0)
	for what, again := range map[string]func(w *col.Vector) error{
		"text":   func(w *col.Vector) error { return ParseText(w, printed, nil) },
		"binary": func(w *col.Vector) error { return ParseBinary(w, binary) },
	} {
		w := col.NewVector(t)
		if err := again(w); err != nil || !col.EqualAt(col.IdentityOf(v), 0, col.IdentityOf(w), 0) {
			return fmt.Sprintf("%s, whose %s reads back as %v, %v", printed, what, AppendText(nil, w, 0, nil), err)
		}
	}
	return string(printed) + " " + hex.EncodeToString(binary)
}

// valueOf answers by a PostgreSQL.
func valueOf(server *pgconn.PgConn, name, text string) string {
	ctx := context.Background()
	base, mod, _ := strings.Cut(name, "/")
	if mod != "" {
		base += "(" + strings.ReplaceAll(mod, "/", ",") + ")"
	}
	if base == "char" {
		base = `"char"`
	}
	// The input function takes the modifier in an assignment, so a table has the value.
	sql := "DROP TABLE IF EXISTS one; CREATE TEMP TABLE one (v " + base + "); INSERT INTO one VALUES ('" + strings.ReplaceAll(text, "'", "''") + "')"
	if _, err := server.Exec(ctx, sql).ReadAll(); err != nil {
		return reference.Failure(err)
	}
	shown := server.ExecParams(ctx, "SELECT v FROM one", nil, nil, nil, nil).Read()
	bin := server.ExecParams(ctx, "SELECT v FROM one", nil, nil, nil, []int16{1}).Read()
	return string(shown.Rows[0][0]) + " " + hex.EncodeToString(bin.Rows[0][0])
}

// TestFastTimestamptz wants the answers of the general parser from the fast one.
func TestFastTimestamptz(t *testing.T) {
	for _, text := range []string{"2024-05-06 07:08:09Z", "2024-05-06T07:08:09.5+02", "2024-05-06 07:08:09-03:30", "0001-01-01 00:00:00+15", "9999-12-31 23:59:59.999999-15", "2024-02-29 12:00:00+00"} {
		fast, ok := isoTimestamptz([]byte(text))
		slow, err := datetime.ParseTimestamptz(text, &defaults)
		if !ok || err != nil || fast != slow {
			t.Errorf("%s: %d %v, want %d %v", text, fast, ok, slow, err)
		}
	}
	for _, text := range []string{"2024-05-06 07:08:09", "2024-05-06 07:08:09+16", "2024-05-06 07:08:09+2", "2024-05-06 07:08+02", "2024-05-06 07:08:09 +02:99", "2024-05-06 07:08:09+02:99"} {
		if fast, ok := isoTimestamptz([]byte(text)); ok {
			t.Errorf("%s: %d", text, fast)
		}
	}
}

// FuzzText wants that whatever a type reads it also prints, and reads back as the same.
func FuzzText(f *testing.F) {
	for i, text := range []string{"t", "-5", "1.50", "NaN", "2024-02-29", "12:34:56.789", "2024-01-01 10:00:00+02", "1 mon -2 days", "{a,\"b c\",NULL}", `{"a":[1,2.50,null]}`, "\\x00ff", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "integer", "ab  "} {
		f.Add(uint8(i), text)
	}
	f.Add(uint8(28), "1000") // the regtype of an array
	f.Fuzz(func(t *testing.T, n uint8, text string) {
		typ := fuzzType(n)
		v := col.NewVector(typ)
		if ParseText(v, []byte(text), nil) != nil {
			if v.N != 0 {
				t.Fatal("a value was appended in spite of the error")
			}
			return
		}
		v.Check(1)
		printed := AppendText(nil, v, 0, nil)
		w := col.NewVector(typ)
		if err := ParseText(w, printed, nil); err != nil {
			t.Fatalf("%s %q prints as %q, which does not read: %v", typ, text, printed, err)
		}
		if again := AppendText(nil, w, 0, nil); string(again) != string(printed) {
			t.Fatalf("%s %q prints as %q, which reads as %q", typ, text, printed, again)
		}
	})
}

// FuzzBinary wants the same of binary forms.
func FuzzBinary(f *testing.F) {
	for i, b := range []string{"01", "0005", "0000000000000001", "0001000000000002000f1388", "000000010000000000000019000000010000000100000001", "00000000000000010000000000000000", "017b7d"} {
		b, _ := hex.DecodeString(b)
		f.Add(uint8(i), b)
	}
	f.Fuzz(func(t *testing.T, n uint8, b []byte) {
		typ := fuzzType(n)
		v := col.NewVector(typ)
		if ParseBinary(v, b) != nil {
			if v.N != 0 {
				t.Fatal("a value was appended in spite of the error")
			}
			return
		}
		v.Check(1)
		binary := AppendBinary(nil, v, 0)
		w := col.NewVector(typ)
		if err := ParseBinary(w, binary); err != nil || string(AppendBinary(nil, w, 0)) != string(binary) {
			t.Fatalf("%s %x is sent as %x, which reads as %x, %v", typ, b, binary, AppendBinary(nil, w, 0), err)
		}
		AppendText(nil, v, 0, nil)
	})
}

func fuzzType(n uint8) col.Type {
	types := append(col.Arrays(), []col.Type{{OID: col.OIDVarchar, Mod: 7}, {OID: col.OIDBpchar, Mod: 7}, col.NumericType(10, 2), col.NumericType(30, 4), {OID: col.OIDTimestamp, Mod: 2}}...)
	for _, i := range col.Types() {
		if i.OID != col.OIDRecord && i.OID != col.OIDInt2vector && i.OID != col.OIDOidvector {
			types = append(types, col.Type{OID: i.OID, Mod: -1})
		}
	}
	return types[int(n)%len(types)]
}

func benchmark(b *testing.B, name, text string) {
	t := typeOf(name)
	parse, print := Of(t).ParseText, Of(t).AppendText
	v, in := col.NewVector(t), []byte(text)
	var out []byte
	b.ReportAllocs()
	for b.Loop() {
		if v.N == 4096 {
			v.Reset(t)
		}
		if err := parse(v, in, nil); err != nil {
			b.Fatal(err)
		}
		out = print(out[:0], v, v.N-1, nil)
	}
}

func BenchmarkInt8(b *testing.B)        { benchmark(b, "int8", "1234567890") }
func BenchmarkText(b *testing.B)        { benchmark(b, "text", "hello, world of text") }
func BenchmarkNumeric(b *testing.B)     { benchmark(b, "numeric/12/2", "12345.67") }
func BenchmarkNumericFree(b *testing.B) { benchmark(b, "numeric", "12345.67") }
func BenchmarkFloat8(b *testing.B)      { benchmark(b, "float8", "12345.678") }
func BenchmarkTimestamp(b *testing.B)   { benchmark(b, "timestamp", "2024-05-06 07:08:09.123") }
func BenchmarkTimestamptz(b *testing.B) { benchmark(b, "timestamptz", "2024-05-06 07:08:09.123+00") }
