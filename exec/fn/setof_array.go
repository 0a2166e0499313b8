package fn

import (
	"github.com/millracedb/millrace/base/col"
)

var (
	_ = setof("unnest(anyarray) anyelement", "The elements of an array.", func() Rows { return &unnest{} })
	_ = setof("generate_subscripts(anyarray, int4, reverse bool = false) int4", "The subscripts of a dimension of an array.", func() Rows { return &subscripts{} })
)

type unnest struct {
	a  col.Array
	at int
}

func (u *unnest) Begin(_ *Ctx, args []*col.Vector, i int) error {
	elem, _ := args[0].Type.Element()
	u.a, u.at = col.ArrayOf(args[0].Bytes(lane(args[0], i)), elem), 0
	return nil
}

func (u *unnest) Next(_ *Ctx, out []*col.Vector, limit int) (bool, error) {
	to := min(u.a.N, u.at+limit)
	u.a.AppendTo(out[0], u.at, to)
	u.at = to
	return to < u.a.N, nil
}

type subscripts struct{ at, end, step int32 }

func (s *subscripts) Begin(_ *Ctx, args []*col.Vector, i int) error {
	elem, _ := args[0].Type.Element()
	a := col.ArrayOf(args[0].Bytes(lane(args[0], i)), elem)
	s.at, s.end, s.step = 0, 0, 1
	d := args[1].I32[lane(args[1], i)]
	if d < 1 || int(d) > a.Dims {
		return nil
	}
	s.at, s.end = a.Lower[d-1], a.Lower[d-1]+a.Len[d-1]
	if args[2].Bool(lane(args[2], i)) {
		s.at, s.end, s.step = s.end-1, s.at-1, -1
	}
	return nil
}

func (s *subscripts) Next(_ *Ctx, out []*col.Vector, limit int) (bool, error) {
	for range limit {
		if s.at == s.end {
			return false, nil
		}
		out[0].AppendI32(s.at)
		s.at += s.step
	}
	return s.at != s.end, nil
}
