package table

import (
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/connect/nexmark"
)

// BenchmarkSeal encodes the rows of a segment of Nexmark bids, by column and all of them.
func BenchmarkSeal(b *testing.B) {
	_, _, bids := nexmark.New(nexmark.Config{}).Batches(0, 65_536)
	d := density{16 << 10, 0.8}
	encode := func(name string, cols []col.Vector) {
		b.Run(name, func(b *testing.B) {
			size := int64(0)
			for range b.N {
				size = 0
				for c := range cols {
					size += seal(&cols[c], d).bytes()
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*bids.N), "ns/row")
			b.ReportMetric(float64(size)/float64(bids.N), "B/row")
		})
	}
	for i, c := range nexmark.Columns(nexmark.Bid) {
		encode(c.Name, bids.Cols[i:i+1])
	}
	encode("all", bids.Cols)
}
