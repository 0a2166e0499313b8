package expr

import (
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
)

// rows is a batch without NULLs: an int8, another, a float8, a text, a numeric(12,2), an int4.
func rows() *col.Batch {
	b := col.NewBatch(col.Int8, col.Int8, col.Float8, col.Text, col.NumericType(12, 2), col.Int4)
	words := []string{"hello", "a string that is longer than a view", "x"}
	for i := range col.BatchRows {
		b.Cols[0].AppendI64(int64(i*7919) % 1000)
		b.Cols[1].AppendI64(int64(i))
		b.Cols[2].AppendF64(float64(i) / 3)
		b.Cols[3].AppendString(words[i%3])
		b.Cols[4].AppendI64(int64(i) * 101)
		b.Cols[5].AppendI32(int32(i))
	}
	b.Grow(col.BatchRows, 1)
	return b
}

func build(b *testing.B, name string, args ...Expr) Expr {
	e, err := CallOperator(fn.NewCtx(nil, 0), name, args...)
	if err != nil {
		b.Fatal(err)
	}
	return e
}

func perRow(b *testing.B, f func(c *fn.Ctx, batch *col.Batch)) {
	c, batch := fn.NewCtx(nil, 0), rows()
	for b.Loop() {
		c.Reset()
		f(c, batch)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/col.BatchRows, "ns/row")
}

func benchmarkEval(b *testing.B, name string, args ...Expr) {
	e := build(b, name, args...)
	perRow(b, func(c *fn.Ctx, batch *col.Batch) { e.Eval(c, batch, nil) })
}

func benchmarkFilter(b *testing.B, name string, args ...Expr) {
	e := build(b, name, args...)
	perRow(b, func(c *fn.Ctx, batch *col.Batch) { Filter(c, e, batch, nil) })
}

var (
	x0, x1, x2 = NewColumn(0, col.Int8), NewColumn(1, col.Int8), NewColumn(2, col.Float8)
	x3, x4, x5 = NewColumn(3, col.Text), NewColumn(4, col.NumericType(12, 2)), NewColumn(5, col.Int4)
)

func constant(t col.Type, text string) Expr {
	e, err := Coerce(fn.NewCtx(nil, 0), NewUnknown(text), t, fn.Explicit)
	if err != nil {
		panic(err)
	}
	return e
}

func BenchmarkAddInt8Const(b *testing.B)    { benchmarkEval(b, "+", x0, NewInt8(5)) }
func BenchmarkAddInt8(b *testing.B)         { benchmarkEval(b, "+", x0, x1) }
func BenchmarkMulInt8Const(b *testing.B)    { benchmarkEval(b, "*", x0, NewInt8(5)) }
func BenchmarkDivInt8Const(b *testing.B)    { benchmarkEval(b, "/", x0, NewInt8(7)) }
func BenchmarkAddInt4Const(b *testing.B)    { benchmarkEval(b, "+", x5, NewInt4(5)) }
func BenchmarkAddFloat8Const(b *testing.B)  { benchmarkEval(b, "+", x2, constant(col.Float8, "1.5")) }
func BenchmarkMulFloat8Const(b *testing.B)  { benchmarkEval(b, "*", x2, constant(col.Float8, "1.5")) }
func BenchmarkMulNumeric(b *testing.B)      { benchmarkEval(b, "*", constant(col.Numeric, "0.908"), x0) }
func BenchmarkAddNumeric(b *testing.B)      { benchmarkEval(b, "+", x4, x4) }
func BenchmarkLessInt8Const(b *testing.B)   { benchmarkEval(b, "<", x0, NewInt8(500)) }
func BenchmarkFilterInt8Const(b *testing.B) { benchmarkFilter(b, "<", x0, NewInt8(500)) }
func BenchmarkFilterEqual(b *testing.B)     { benchmarkFilter(b, "=", x0, NewInt8(500)) }
func BenchmarkFilterInt8(b *testing.B)      { benchmarkFilter(b, "<", x0, x1) }
func BenchmarkFilterFloat8(b *testing.B)    { benchmarkFilter(b, "<", x2, constant(col.Float8, "500")) }
func BenchmarkFilterText(b *testing.B)      { benchmarkFilter(b, "=", x3, NewText("hello")) }
func BenchmarkFilterNumeric(b *testing.B) {
	benchmarkFilter(b, "<", x4, constant(col.Numeric, "2000.5"))
}
func BenchmarkFilterLike(b *testing.B) { benchmarkFilter(b, "~~", x3, NewText("%long%")) }
func BenchmarkConcat(b *testing.B)     { benchmarkEval(b, "||", x3, NewText("!")) }
