package nexbench

import (
	"bytes"
	"strconv"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/typeio"
	"github.com/millracedb/millrace/exec"
)

// digest folds what comes to one worker into a sum that engines of any kind can make of the
// same rows, so that their answers can be compared: of each row, written as text, the FNV-1a
// hash of 64 bits, mixed, times the row's weight. Fields are separated by the byte 0x1f; a
// timestamp is its milliseconds since 1970; a numeric is cut to its whole part, which is what
// an average of integers is elsewhere; NULL is the byte 0.
type digest struct {
	sum  uint64
	rows int64 // the sum of the weights
	line []byte
}

// Apply folds a batch.
func (d *digest) Apply(_ *exec.Tick, _ int, b *col.Batch, _ exec.Emit) error {
	b = b.Compact()
	for i := range b.N {
		weight := int64(1)
		if b.W != nil {
			weight = b.W[i]
		}
		d.line = appendRow(d.line[:0], b, i)
		d.sum += hashLine(d.line) * uint64(weight)
		d.rows += weight
	}
	return nil
}

// Flush has nothing to say.
func (d *digest) Flush(*exec.Tick, exec.Emit) error { return nil }

const fromUnix = 946684800000 // milliseconds from 1970 to 2000

func appendRow(dst []byte, b *col.Batch, i int) []byte {
	for c := range b.Cols {
		if c > 0 {
			dst = append(dst, 0x1f)
		}
		v := &b.Cols[c]
		switch {
		case v.Null(i):
			dst = append(dst, 0)
		case v.Type.OID == col.OIDTimestamp:
			dst = strconv.AppendInt(dst, v.I64[i]/1000+fromUnix, 10)
		case v.Type.OID == col.OIDNumeric:
			from := len(dst)
			dst = typeio.AppendText(dst, v, i, &datetime.Settings{})
			if n := bytes.IndexByte(dst[from:], '.'); n >= 0 {
				dst = dst[:from+n]
			}
		default:
			dst = typeio.AppendText(dst, v, i, &datetime.Settings{})
		}
	}
	return dst
}

// hashLine is FNV-1a, whose low bits alone would not do, behind the mixer of SplittableRandom.
func hashLine(line []byte) uint64 {
	h := uint64(0xcbf29ce484222325)
	for _, c := range line {
		h = (h ^ uint64(c)) * 0x100000001b3
	}
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}
