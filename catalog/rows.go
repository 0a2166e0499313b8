package catalog

import (
	"context"
	"strconv"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/typeio"
)

// emitRows is how many rows of a system relation go out at once.
const emitRows = 1024

// rows gathers the rows of a system relation into batches. After an error it takes no more.
type rows struct {
	ctx  context.Context
	b    *col.Batch
	emit func(*col.Batch) error
	err  error
}

func newRows(ctx context.Context, types []col.Type, emit func(*col.Batch) error) *rows {
	return &rows{ctx: ctx, b: col.NewBatch(types...), emit: emit}
}

// value is one value of a row: a number, a float, text in the form of its type's input
// function, or the stored form.
type value struct {
	form valueForm
	num  int64
	flt  float64
	str  string
}

type valueForm uint8

const (
	isNull valueForm = iota
	isNum
	isFloat
	isText
	isStored
)

var null = value{}

func num[T ~int | ~int16 | ~int32 | ~int64 | ~uint32](n T) value {
	return value{form: isNum, num: int64(n)}
}

func flt(f float64) value { return value{form: isFloat, flt: f} }

func str[T ~string](s T) value { return value{form: isText, str: string(s)} }

func flag(b bool) value {
	if b {
		return num(1)
	}
	return num(0)
}

// yesNo is a yes_or_no of the SQL standard.
func yesNo(b bool) value {
	if b {
		return str("YES")
	}
	return str("NO")
}

// stored is the stored form of a value of a view kind.
func stored(b []byte) value { return value{form: isStored, str: string(b)} }

// strOrNull is NULL for an empty string.
func strOrNull(s string) value {
	if s == "" {
		return null
	}
	return str(s)
}

// nulls are n NULLs, for runs of columns that never hold anything.
func nulls(n int) []value { return make([]value, n) }

// join puts lists of values behind each other.
func join(lists ...[]value) (all []value) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// add appends a row. The number of values is the number of columns.
func (w *rows) add(values ...value) {
	if w.err != nil {
		return
	}
	if len(values) != len(w.b.Cols) {
		panic("catalog: a row of " + strconv.Itoa(len(values)) + " values for " + strconv.Itoa(len(w.b.Cols)) + " columns")
	}
	for i := range values {
		if err := put(&w.b.Cols[i], &values[i]); err != nil {
			w.err = err
			return
		}
	}
	w.grown()
}

func (w *rows) grown() {
	w.b.Grow(w.b.N+1, 1)
	if w.b.N >= emitRows {
		w.out()
	}
}

func (w *rows) out() {
	if w.err = w.ctx.Err(); w.err == nil {
		w.err = w.emit(w.b)
	}
	w.b.Reset()
}

func (w *rows) flush() error {
	if w.err == nil && w.b.N > 0 {
		w.out()
	}
	return w.err
}

func put(v *col.Vector, x *value) error {
	switch x.form {
	case isNull:
		v.AppendNull()
	case isText:
		if v.Kind != col.KindStr {
			return typeio.ParseText(v, []byte(x.str), nil)
		}
		v.AppendString(x.str)
	case isStored:
		v.AppendString(x.str)
	case isFloat:
		if v.Kind == col.KindF32 {
			v.AppendF32(float32(x.flt))
			return nil
		}
		v.AppendF64(x.flt)
	default:
		return putNum(v, x.num)
	}
	return nil
}

func putNum(v *col.Vector, n int64) error {
	switch v.Kind {
	case col.KindBit:
		v.AppendBool(n != 0)
	case col.KindI32:
		v.AppendI32(int32(n))
	case col.KindI64:
		v.AppendI64(n)
	case col.KindF32:
		v.AppendF32(float32(n))
	case col.KindF64:
		v.AppendF64(float64(n))
	default:
		return typeio.ParseText(v, strconv.AppendInt(nil, n, 10), nil)
	}
	return nil
}

// literal appends rows written as COPY does: a line each, columns parted by tabs, \N for
// NULL. Columns that a line leaves out at its end are NULL.
func (w *rows) literal(text string) {
	for line := range strings.Lines(text) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		values := nulls(len(w.b.Cols))
		for i, f := range fields {
			values[i] = field(f)
		}
		w.add(values...)
	}
}

// AppendTexts appends a row of values in the text form of their types to a batch of a system
// relation, for generators of others; \N is NULL.
func AppendTexts(b *col.Batch, fields []string) error {
	for i, f := range fields {
		x := field(f)
		if err := put(&b.Cols[i], &x); err != nil {
			return err
		}
	}
	b.Grow(b.N+1, 1)
	return nil
}

// field is the value of a field as COPY writes it.
func field(f string) value {
	if f == `\N` {
		return null
	}
	return str(f)
}
