//go:build unix

package wire

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/millracedb/millrace/base/col"
)

// cpuTime is what this process has used: a measure that does not depend on what else the
// machine does.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func columnsOf(types ...col.Type) []col.Column {
	columns := make([]col.Column, len(types))
	for i, t := range types {
		columns[i] = col.Column{Name: string(rune('a' + i)), Type: t}
	}
	return columns
}

var bidTypes = []col.Type{col.Int8, col.Int8, col.Int8, col.Varchar, col.Varchar, col.Timestamp, col.Varchar}

// bids makes rows in the manner of the Nexmark benchmark's bids.
func bids(rows int) *col.Batch {
	r := rand.New(rand.NewPCG(1, 2))
	word := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte('a' + r.IntN(26))
		}
		return string(b)
	}
	b := col.NewBatch(bidTypes...)
	for i := range rows {
		b.Cols[0].AppendI64(1000 + r.Int64N(100000))
		b.Cols[1].AppendI64(1000 + r.Int64N(50000))
		b.Cols[2].AppendI64(r.Int64N(10000000))
		b.Cols[3].AppendString([]string{"Google", "Apple", fmt.Sprint("channel-", r.IntN(10000))}[r.IntN(3)])
		b.Cols[4].AppendString("https://www.nexmark.com/" + word(3+r.IntN(3)) + "/" + word(4) + "/item.htm?query=1&channel_id=" + fmt.Sprint(r.Int32()))
		b.Cols[5].AppendI64(490320000000000 + int64(i)*100000)
		b.Cols[6].AppendString(word(20 + r.IntN(30)))
	}
	b.Grow(rows, 1)
	return b
}

func benchmarkDecode(b *testing.B, f CopyFormat, message int) {
	const rows = 100000
	o := DefaultCopyOptions(f, "bid", columnsOf(bidTypes...))
	e, err := NewCopyEncoder(o)
	if err != nil {
		b.Fatal(err)
	}
	data := e.AppendRows(nil, bids(rows))
	if f == CopyBinary {
		data = append(new(CopyEncoder).binaryStart(nil), data...)
	}
	b.SetBytes(int64(len(data)))
	cpu := cpuTime()
	for b.Loop() {
		n := 0
		var d CopyDecoder
		d, err = NewCopyDecoder(o, func(b *col.Batch) error { n += b.N; d.Reuse(b); return nil })
		if err != nil {
			b.Fatal(err)
		}
		for rest := data; len(rest) > 0; {
			k := min(message, len(rest))
			if err := d.Feed(rest[:k]); err != nil {
				b.Fatal(err)
			}
			rest = rest[k:]
		}
		if err := d.Flush(); err != nil || n != rows {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(rows*float64(b.N)/(cpuTime()-cpu).Seconds()/1e6, "Mrows/cpu-s")
}

func BenchmarkCopyText(b *testing.B)      { benchmarkDecode(b, CopyText, 65536) }
func BenchmarkCopyTextLines(b *testing.B) { benchmarkDecode(b, CopyText, 130) }
func BenchmarkCopyCSV(b *testing.B)       { benchmarkDecode(b, CopyCSV, 65536) }
func BenchmarkCopyBinary(b *testing.B)    { benchmarkDecode(b, CopyBinary, 65536) }

func BenchmarkDataRow(b *testing.B) {
	batch := bids(4096)
	for _, format := range []int16{0, 1} {
		b.Run([]string{"text", "binary"}[format], func(b *testing.B) {
			e := NewEncoder(bidTypes, []int16{format}, nil)
			var out []byte
			cpu := cpuTime()
			for b.Loop() {
				out = e.AppendRows(out[:0], batch)
			}
			b.ReportMetric(7*4096*float64(b.N)/(cpuTime()-cpu).Seconds()/1e6, "Mvalues/cpu-s")
		})
	}
}
