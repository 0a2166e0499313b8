package over

import (
	"encoding/binary"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

var (
	_ = window("row_number() int8", "The number of the row in its partition, from 1.", counter{func(p place) int64 { return p.row }, 0})
	_ = window("rank() int8", "The number of the first row that ties with the row.", counter{func(p place) int64 { return p.rank }, 1})
	_ = window("dense_rank() int8", "The number of the row's group of ties, from 1.", counter{func(p place) int64 { return p.dense }, 1})
	_ = window("percent_rank() float8", "The share of the other rows that come before the row's ties.", share{percentRank})
	_ = window("cume_dist() float8", "The share of the rows that do not come behind the row's ties.", share{cumeDist})
	_ = window("ntile(int4) int4", "The number of the row's part when the partition is cut into so many nearly equal parts.", ntile{})
)

// place is where a row stands in its partition, counted from 1.
type place struct{ row, rank, dense int64 }

// counter is row_number, rank or dense_rank: what is counted up from the row before.
type counter struct {
	of     func(place) int64
	groups int64 // 1: ties matter
}

const placeBytes = 24

func (counter) carries() int { return placeBytes }

func (k counter) reach(*Call) Reach {
	return Reach{Front: Extent{Groups: k.groups}, Behind: Extent{Groups: k.groups}, Carries: true}
}

func (k counter) eval(e *Eval, c *Call) *col.Vector {
	out := col.NewVector(c.Ret)
	out.Resize(len(e.targets))
	t := 0
	for _, s := range e.rows.Segs {
		p := place{}
		if b := e.before(s, placeBytes); b != nil {
			p = readPlace(b)
		}
		for i := s.Lo; i < s.End; i++ {
			p.row++
			if i == s.Lo || e.rows.Group[i] != e.rows.Group[i-1] {
				p.rank, p.dense = p.row, p.dense+1
			}
			if i >= s.Begin {
				out.I64[t] = k.of(p)
				p.write(e.state(t, placeBytes))
				t++
			}
		}
	}
	return out
}

func readPlace(b []byte) place {
	le := binary.LittleEndian
	return place{int64(le.Uint64(b)), int64(le.Uint64(b[8:])), int64(le.Uint64(b[16:]))}
}

func (p place) write(b []byte) {
	le := binary.LittleEndian
	le.PutUint64(b, uint64(p.row))
	le.PutUint64(b[8:], uint64(p.rank))
	le.PutUint64(b[16:], uint64(p.dense))
}

// wholly is the reach of what depends on the size of the partition.
var wholly = Reach{Front: Extent{All: true}, Behind: Extent{All: true}}

// share is percent_rank or cume_dist: before and upto are how many rows come before the row's
// ties, and not behind them, of n.
type share struct {
	of func(before, upto, n int) float64
}

func percentRank(before, _, n int) float64 {
	if n <= 1 {
		return 0
	}
	return float64(before) / float64(n-1)
}

func cumeDist(_, upto, n int) float64 { return float64(upto) / float64(n) }

func (share) reach(*Call) Reach { return wholly }

func (k share) eval(e *Eval, c *Call) *col.Vector {
	out := col.NewVector(c.Ret)
	for _, s := range e.rows.Segs {
		for i := s.Begin; i < s.End; i++ {
			from, to := e.rows.peers(i)
			out.AppendF64(k.of(from-s.From, to-s.From, s.To-s.From))
		}
	}
	return out
}

// ntile takes its argument from the partition's first row that has one, and counts from there, as
// PostgreSQL does; rows before it have no part.
type ntile struct{}

func (ntile) reach(*Call) Reach { return wholly }
func (ntile) refuses()          {}

func (ntile) eval(e *Eval, c *Call) *col.Vector {
	out := col.NewVector(c.Ret)
	for _, s := range e.rows.Segs {
		first := s.From
		k, ok := e.number(c, 0, first)
		for !ok && first+1 < s.End {
			first++
			k, ok = e.number(c, 0, first)
		}
		for i := s.Begin; i < s.End; i++ {
			switch {
			case !ok || i < first:
				out.AppendNull()
			case k <= 0:
				e.fail(out.N, pgerr.New(pgerr.InvalidArgumentForNtile, "argument of ntile must be greater than zero"))
				out.AppendNull()
			default:
				out.AppendI32(int32(bucket(int64(i-first), int64(s.To-s.From), k)))
			}
		}
	}
	return out
}

// bucket is the part, from 1, of row i of n that are cut into k: the first parts are greater by one.
func bucket(i, n, k int64) int64 {
	size, more := n/k, n%k
	if i < more*(size+1) {
		return i/(size+1) + 1
	}
	return more + (i-more*(size+1))/size + 1
}

// number is an integer argument at a row; ok is false for NULL.
func (e *Eval) number(c *Call, arg, row int) (n int64, ok bool) {
	if c.Args[arg] < 0 {
		return c.N, true
	}
	v := e.column(c.Args[arg])
	if v.Null(row) {
		return 0, false
	}
	return int64(v.I32[row]), true
}
