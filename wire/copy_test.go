package wire

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// manyRows is a batch with short and long strings, NULLs and values that must be escaped.
func manyRows(n int) *col.Batch {
	b := col.NewBatch(col.Int8, col.Text, col.Timestamp, col.Varchar, col.Numeric)
	for i := range n {
		b.Cols[0].AppendI64(int64(i) * 1234567)
		b.Cols[1].AppendString([]string{"", "short", "a\tb\n\\\"',", strings.Repeat("long ", 5+i%30), "exactly12chr", "thirteen char"}[i%6])
		b.Cols[2].AppendI64(int64(i)*10007000 + 7)
		if i%5 == 0 {
			b.Cols[3].AppendNull()
		} else {
			b.Cols[3].AppendString(fmt.Sprint("value ", i))
		}
	}
	b.Cols[4].ResetKind(col.Numeric, col.KindD64, 2)
	b.Cols[4].Resize(n)
	for i := range n {
		b.Cols[4].I64[i] = int64(i)
	}
	b.Grow(n, 1)
	return b
}

// Many batches, given back and filled again, hold what was encoded, in any pieces.
func TestCopyManyBatches(t *testing.T) {
	rows := manyRows(40000)
	columns := columnsOf(rows.Types()...)
	text, err := NewCopyEncoder(DefaultCopyOptions(CopyText, "t", columns))
	if err != nil {
		t.Fatal(err)
	}
	want := text.AppendRows(nil, rows)
	for _, f := range []CopyFormat{CopyText, CopyCSV, CopyBinary} {
		o := DefaultCopyOptions(f, "t", columns)
		e, err := NewCopyEncoder(o)
		if err != nil {
			t.Fatal(err)
		}
		data := e.AppendRows(nil, rows)
		if f == CopyBinary {
			data = append(e.binaryStart(nil), data...)
		}
		for _, piece := range []int{50, 8192, 100000, len(data)} {
			var got []byte
			var d CopyDecoder
			d, err = NewCopyDecoder(o, func(b *col.Batch) error {
				if b.N > col.StepRows || b.Sel != nil || b.W != nil {
					t.Errorf("a batch of %d rows", b.N)
				}
				for i := range b.Cols {
					b.Cols[i].Check(b.N)
				}
				got = text.AppendRows(got, b)
				d.Reuse(b)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			for rest := data; len(rest) > 0; {
				n := min(piece, len(rest))
				if err := d.Feed(rest[:n]); err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			if err := d.Flush(); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("format %d in pieces of %d: %d bytes instead of %d", f, piece, len(got), len(want))
			}
		}
	}
}

// A row may be longer than the arena of a usual batch.
func TestCopyLongRows(t *testing.T) {
	o := DefaultCopyOptions(CopyText, "t", columnsOf(col.Int8, col.Text))
	var data []byte
	for i := range 7 {
		data = fmt.Appendf(data, "%d\t%s\n", i, strings.Repeat("x", i*1000000))
	}
	got, err := decoded(o, data, 50000)
	if err != nil || !bytes.Equal(got, data) {
		t.Error(err, len(got), len(data))
	}
}

func TestCopyDrain(t *testing.T) {
	rows := 0
	o := DefaultCopyOptions(CopyText, "t", columnsOf(col.Int8, col.Text))
	d, err := NewCopyDecoder(o, func(b *col.Batch) error { rows += b.N; return nil })
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		data string
		rows int
	}{{"1\ta", 0}, {"b\n2\tc\n3", 2}, {"4\tx\\", 2}, {"\ny\n", 3}, {"", 3}, {"5\t\\N\n", 4}} {
		if err := errors.Join(d.Feed([]byte(c.data)), d.Drain()); err != nil || rows != c.rows {
			t.Errorf("%q: %d rows, %v", c.data, rows, err)
		}
	}
}

func TestCopyErrorStays(t *testing.T) {
	refused := errors.New("no room")
	o := DefaultCopyOptions(CopyText, "t", columnsOf(col.Int8))
	d, err := NewCopyDecoder(o, func(*col.Batch) error { return refused })
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Feed([]byte("1\n")); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := d.Drain(); !errors.Is(err, refused) {
			t.Error(err)
		}
	}
	if err := d.Feed([]byte("2\n")); !errors.Is(err, refused) {
		t.Error(err)
	}
	if err := d.Flush(); !errors.Is(err, refused) {
		t.Error(err)
	}
}

// The first error of the data is reported, whatever the order in which columns are read.
func TestCopyFirstErrorWins(t *testing.T) {
	o := DefaultCopyOptions(CopyText, "t", columnsOf(col.Int8, col.Int8))
	var data strings.Builder
	for i := range 5000 {
		switch i {
		case 3000:
			data.WriteString("1\tx\n")
		case 3001:
			data.WriteString("y\t1\n")
		case 3002:
			data.WriteString("1\n")
		default:
			data.WriteString("1\t2\n")
		}
	}
	_, err := decoded(o, []byte(data.String()), 1000000)
	if e := pgerr.From(err); e == nil || e.Where != `COPY t, line 3001, column b: "x"` {
		t.Error(err, e)
	}
}

func TestCopyOptionsCheck(t *testing.T) {
	for _, c := range []struct {
		format CopyFormat
		change func(o *CopyOptions)
		code   string
		want   string
	}{
		{CopyText, func(o *CopyOptions) { o.Delimiter = 'x' }, "22023", `COPY delimiter cannot be "x"`},
		{CopyText, func(o *CopyOptions) { o.Delimiter = '\n' }, "22023", "COPY delimiter cannot be newline or carriage return"},
		{CopyText, func(o *CopyOptions) { o.Null = "\n" }, "22023", "COPY null representation cannot use newline or carriage return"},
		{CopyText, func(o *CopyOptions) { o.Null = "a\tb" }, "0A000", "COPY delimiter must not appear in the NULL specification"},
		{CopyCSV, func(o *CopyOptions) { o.Quote = ',' }, "22023", "COPY delimiter and quote must be different"},
		{CopyCSV, func(o *CopyOptions) { o.Null = `"` }, "0A000", "CSV quote character must not appear in the NULL specification"},
		{CopyBinary, func(o *CopyOptions) { o.Header = HeaderSkip }, "0A000", "cannot specify HEADER in BINARY mode"},
	} {
		o := DefaultCopyOptions(c.format, "t", columnsOf(col.Text))
		c.change(&o)
		if err := o.Check(); err == nil || err.Error() != c.want || pgerr.CodeOf(err) != c.code {
			t.Errorf("%v, want %s %s", err, c.code, c.want)
		}
		if _, err := NewCopyEncoder(o); err == nil {
			t.Errorf("an encoder takes %q", c.want)
		}
	}
}

// What Room gave is the decoder's until the batch after it is handed out; what is let go
// together with a batch must not be read any more, which is shown by writing over it.
func TestCopyRoom(t *testing.T) {
	for _, format := range []CopyFormat{CopyText, CopyBinary} {
		o := DefaultCopyOptions(format, "t", columnsOf(append([]col.Type{col.Bool, col.UUID, col.Float4, col.Int4, col.NumericType(12, 2)}, bidTypes...)...))
		want := col.NewBatch(typesOf(o.Columns)...)
		for i := range 70000 {
			addRow(want, i)
		}
		e, err := NewCopyEncoder(o)
		if err != nil {
			t.Fatal(err)
		}
		data := e.AppendRows(nil, want)
		if format == CopyBinary {
			data = append(new(CopyEncoder).binaryStart(nil), data...)
		}
		var given [][]byte
		o.Room = func(n int) []byte {
			if len(given) == 2 { // none this time
				given = append(given, nil)
				return nil
			}
			words := make([]uint64, n/8+1)
			mem := unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), n)
			given = append(given, mem)
			return mem
		}
		got := col.NewBatch(typesOf(o.Columns)...)
		batches := 0
		d, err := NewCopyDecoder(o, func(b *col.Batch) error {
			got.AppendBatch(b)
			d := given[:len(given)-1] // the newest is the decoder's
			for _, mem := range d {
				for i := range mem {
					mem[i] = 0xdb
				}
			}
			batches++
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for len(data) > 0 {
			n := min(len(data), 50000)
			if err := d.Feed(data[:n]); err != nil {
				t.Fatal(err)
			}
			data = data[n:]
		}
		if err := d.Flush(); err != nil {
			t.Fatal(err)
		}
		if len(given) < 4 || batches < 4 {
			t.Fatalf("%d batches in %d pieces of room: the test shows nothing", batches, len(given))
		}
		sameRows(t, got, want)
	}
}

func typesOf(columns []col.Column) []col.Type {
	types := make([]col.Type, len(columns))
	for i, c := range columns {
		types[i] = c.Type
	}
	return types
}

// addRow appends a row whose values follow from its number, every seventh a NULL.
func addRow(b *col.Batch, row int) {
	for c := range b.Cols {
		v := &b.Cols[c]
		if (row+c)%7 == 0 {
			v.AppendNull()
			continue
		}
		switch v.Kind {
		case col.KindBit:
			v.AppendBool(row%2 == 0)
		case col.KindI32:
			v.AppendI32(int32(row))
		case col.KindI64, col.KindD64:
			v.AppendI64(int64(row) * 1000)
		case col.KindF32:
			v.AppendF32(float32(row))
		case col.KindIv, col.KindU128:
			v.AppendWide([2]uint64{uint64(row), 7})
		default:
			v.AppendString(fmt.Sprint("a text of some length: ", row)[:row%24])
		}
	}
	b.Grow(b.N+1, 1)
}

func sameRows(t *testing.T, got, want *col.Batch) {
	t.Helper()
	if got.N != want.N {
		t.Fatalf("%d rows, want %d", got.N, want.N)
	}
	for c := range want.Cols {
		for i := range want.N {
			if !col.EqualAt(&got.Cols[c], i, &want.Cols[c], i) {
				t.Fatalf("row %d, column %d differs", i, c)
			}
		}
	}
}
