package table

import (
	"fmt"
	"testing"

	"github.com/millracedb/millrace/base/col"
)

// BenchmarkProfile is what the statistics of a value cost when its segment is encoded, by column:
// those of a bid, as COPY brings it.
func BenchmarkProfile(b *testing.B) {
	const rows = 65536
	bid := col.NewBatch(col.Int8, col.Int8, col.Int8, col.Text, col.Text, col.Timestamp, col.Text)
	for i := range rows {
		bid.Cols[0].AppendI64(int64(1000 + i/37))
		bid.Cols[1].AppendI64(int64(1000 + i*7919%5000))
		bid.Cols[2].AppendI64(int64(i) * 48271 % 1_000_003)
		bid.Cols[3].AppendString([]string{"Apple", "Google", "Facebook", "Baidu"}[i%4])
		bid.Cols[4].AppendString(fmt.Sprintf("https://www.nexmark.com/item.htm?query=1&channel_id=%d", i*31%10000))
		bid.Cols[5].AppendI64(int64(i) * 100)
		bid.Cols[6].AppendString(fmt.Sprintf("%d of some letters that follow a number", i*7919))
	}
	for c := range bid.Cols {
		v := &bid.Cols[c]
		b.Run(fmt.Sprintf("%d_%v", c, v.Type), func(b *testing.B) {
			s := seal(v, density{16 << 10, 0.8})
			b.ResetTimer()
			for b.Loop() {
				profileOf(v, s.lanes, 0, rows-1)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/value")
		})
	}
}
