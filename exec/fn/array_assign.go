package fn

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/typeio"
)

func errTooBig() error { return typeio.ErrArrayTooBig() }

var errSourceTooSmall = pgerr.New(pgerr.ArraySubscriptError, "source array too small")

func setSlice(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	e := newEditor(c, n, out)
	given := a[3:]
	span(sel, n, func(i int) {
		spec := e.spec(a[2], i)
		low, high, ok := e.bounds(spec, given, i)
		if !ok {
			e.end(i, errNullPosition)
			return
		}
		r := e.current(a[0], i)
		if e.null(a[1], i) { // as PostgreSQL has it: nothing is assigned
			if c.SetNull(out, i); !e.null(a[0], i) {
				out.SetValid(i)
				out.SetBytes(i, a[0].Bytes(i&mask(a[0], n)))
			}
			return
		}
		from := e.read(a[1], i)
		if r.Dims == 0 {
			e.fillSlice(&from, spec, low, high, len(given)/2, i)
			return
		}
		e.replaceSlice(&r, &from, spec, low, high, len(given)/2, i)
	})
}

// fillSlice makes an array of what is assigned to a slice of an empty one.
func (e *editor) fillSlice(from *col.Array, spec string, low, high [col.MaxDims]int64, given, i int) {
	var s col.Shape
	s.Dims = min(given, col.MaxDims)
	for d := range s.Dims {
		if spec[2*d] == '-' || spec[2*d+1] == '-' {
			e.end(i, pgerr.New(pgerr.ArraySubscriptError, "array slice subscript must provide both boundaries").
				WithDetail("When assigning to a slice of an empty array value, slice boundaries must be fully specified."))
			return
		}
		if low[d] > high[d]+1 {
			e.end(i, pgerr.New(pgerr.ArraySubscriptError, "upper bound cannot be less than lower bound"))
			return
		}
		s.Lower[d] = int32(low[d])
		if length := high[d] - low[d] + 1; length <= col.MaxElements {
			s.Len[d] = int32(length)
		} else {
			s.Len[d] = -1
		}
	}
	err := checkShape(&s)
	if e.begin(s); err == nil && s.Size() > from.N {
		err = errSourceTooSmall
	}
	if err == nil {
		from.AppendTo(e.elems, 0, s.Size())
	}
	e.end(i, err)
}

// replaceSlice sets a part of an array; one of one dimension grows to it, with NULLs between.
func (e *editor) replaceSlice(r, from *col.Array, spec string, low, high [col.MaxDims]int64, given, i int) {
	s := r.Shape
	if given != s.Dims {
		e.end(i, errSubscripts)
		return
	}
	var w window
	front := 0
	for d := range s.Dims {
		first, last := int64(s.Lower[d]), int64(s.Lower[d])+int64(s.Len[d])-1
		if spec[2*d] == '-' {
			low[d] = first
		}
		if spec[2*d+1] == '-' {
			high[d] = last
		}
		err := error(nil)
		switch {
		case low[d] > high[d]+1 || low[d] > high[d] && s.Dims > 1:
			err = pgerr.New(pgerr.ArraySubscriptError, "upper bound cannot be less than lower bound")
		case s.Dims > 1 && (low[d] < first || high[d] > last):
			err = errOutOfRange
		case max(high[d], last)-min(low[d], first)+1 > col.MaxElements:
			err = errTooBig()
		}
		if err != nil {
			e.end(i, err)
			return
		}
		if s.Dims == 1 {
			front = int(max(first-low[d], 0))
			s.Lower[d], s.Len[d] = int32(min(low[d], first)), int32(max(high[d], last)-min(low[d], first)+1)
			first = int64(s.Lower[d])
		}
		w.from[d], w.to[d] = int32(low[d]-first), int32(high[d]-first)+1
	}
	e.weave(&s, &w, r, from, front, i)
}

// weave makes the array of a shape whose window is what is assigned, and the rest what was
// there, behind front elements.
func (e *editor) weave(s *col.Shape, w *window, r, from *col.Array, front, i int) {
	e.begin(*s)
	size := 1
	for d := range s.Dims {
		size *= int(w.to[d] - w.from[d])
	}
	if size > from.N {
		e.end(i, errSourceTooSmall)
		return
	}
	at, used := 0, 0
	old := func(to int) {
		for ; at < to; at++ {
			if k := at - front; k >= 0 && k < r.N {
				r.AppendTo(e.elems, k, k+1)
			} else {
				e.elems.AppendNull()
			}
		}
	}
	w.each(s, func(first, end int) {
		old(first)
		from.AppendTo(e.elems, used, used+end-first)
		used, at = used+end-first, end
	})
	old(s.Size())
	e.end(i, nil)
}
