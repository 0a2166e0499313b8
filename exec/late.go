package exec

import (
	"math"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/jsonb"
	"github.com/millracedb/millrace/base/typeio"
)

// LateOID and ErrorsOID are the relations of the engine's own: rows behind a watermark,
// and rows that could not be computed.
const (
	ErrorsOID uint32 = 9001
	LateOID   uint32 = 9002
)

// DefaultMaxAhead is how far beyond the tick's instant a time may lie and still advance the
// watermark where a stream does not say, in µs.
const DefaultMaxAhead = int64(3600) * 1000000

// LateRelation describes millrace.late_rows, a stream with a retention.
func LateRelation() *Relation {
	r := &Relation{OID: LateOID, Name: "late_rows", Bag: true, RowID: -1, Watermark: -1,
		Names: []string{"stream", "event_time", "watermark", "row"},
		Types: []col.Type{col.Text, col.Timestamptz, col.Timestamptz, col.JSONB}}
	r.Retention.Age, r.Retention.Rows = 7*86400*1000000, 10_000_000
	return r
}

// ahead is how far a time may lie ahead, in µs.
func (r *relation) ahead() int64 {
	if r.MaxAhead > 0 {
		return r.MaxAhead
	}
	return DefaultMaxAhead
}

// dropLate takes the rows behind the watermark out of a stream's new rows, by the
// watermark as it stood before this transaction, and lets them all advance it with their
// partition.
// Rows without a time are never late and never advance; nor do times too far ahead.
func (r *Resolver) dropLate(p *pending, rows *col.Batch) (*col.Batch, error) {
	v := &rows.Cols[p.rel.Watermark]
	w := p.mark
	ahead := r.now + p.rel.ahead()
	greatest := int64(NoWatermark)
	var late []uint32
	keep := make([]uint32, 0, rows.N)
	for i := range rows.N {
		if v.Null(i) || v.I64[i] == math.MaxInt64 || v.I64[i] == math.MinInt64 {
			keep = append(keep, uint32(i))
			continue
		}
		x := v.I64[i]
		if x <= ahead && x > greatest {
			greatest = x
		}
		if x < w && w != NoWatermark {
			late = append(late, uint32(i))
			if p.rel.Late != Keep {
				continue
			}
		}
		keep = append(keep, uint32(i))
	}
	r.mind(p, greatest)
	if p.rel.Late == Keep {
		r.txn.LateKept += int64(len(late))
	}
	if len(late) > 0 && p.rel.Late != Keep {
		r.txn.LateRows += int64(len(late))
		if p.rel.Late == Divert {
			r.txn.Diverted += int64(len(late))
			if err := r.divert(p.rel, rows, late, w); err != nil {
				return nil, err
			}
		}
	}
	if len(keep) == rows.N {
		return rows, nil
	}
	part := *rows
	part.Sel = keep
	return part.Compact(), nil
}

// divert puts late rows into millrace.late_rows.
func (r *Resolver) divert(rel *relation, rows *col.Batch, late []uint32, w int64) error {
	to, err := r.pending(LateOID)
	if err != nil {
		return err
	}
	out := col.NewBatch(to.rel.Types...)
	for _, i := range late {
		out.Cols[0].AppendString(rel.Title)
		out.Cols[1].AppendI64(rows.Cols[rel.Watermark].I64[i])
		out.Cols[2].AppendI64(w)
		b, err := rowJSON(&rel.Relation, rows, int(i))
		if err != nil {
			return err
		}
		out.Cols[3].AppendBytes(b)
		out.Grow(out.N+1, 1)
	}
	to.bear(r, out, nil, nil)
	return nil
}

// rowJSON is a row as a jsonb object by column names: numbers and booleans as such, all
// other values as text.
func rowJSON(rel *Relation, rows *col.Batch, i int) ([]byte, error) {
	var b jsonb.Builder
	b.Reset(nil)
	b.BeginObject()
	var text []byte
	for c := range rows.Cols {
		v := &rows.Cols[c]
		b.Key([]byte(rel.Names[c]))
		if v.Null(i) {
			b.Null()
			continue
		}
		text = typeio.AppendText(text[:0], v, i, nil)
		switch info, _ := v.Type.Info(); {
		case v.Kind == col.KindBit:
			b.Bool(v.Bool(i))
		case info.Category == 'N' && isNumber(text):
			b.NumberText(text)
		default:
			b.String(text)
		}
	}
	b.End()
	return b.Finish()
}

func isNumber(text []byte) bool {
	last := text[len(text)-1]
	return last >= '0' && last <= '9'
}
