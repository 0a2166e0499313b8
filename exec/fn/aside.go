package fn

import (
	"github.com/millracedb/millrace/base/beside"
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/pgtext"
)

// asideBytes is the weight above which a single value is computed aside: what weighs less takes some
// milliseconds, forty at most.
const asideBytes = 1 << 20

// weight is the bytes that a call on lane i of n has to read or to make, where that may be much.
func (s *Scalar) weight(args []*col.Vector, i, n int) (total int) {
	for _, a := range args {
		if a.Kind.IsView() && len(a.Arenas) > 0 {
			total += heavy(a, i&mask(a, n))
		}
	}
	if s.Weight != nil {
		total += s.Weight(args, i, n)
	}
	return total
}

// heavy is the weight of value i of a view kind: its bytes, and for a numeric that is multiplied
// and divided as many more as it has.
func heavy(v *col.Vector, i int) int {
	n := v.Str[i].Len()
	if v.Kind == col.KindDec {
		return ProductBytes(n)
	}
	return n
}

// ProductBytes is how many bytes could be read in the time in which a numeric of n bytes is multiplied
// or divided by one like it.
func ProductBytes(n int) int { return n * max(n/longNumeric, 1) }

// longNumeric is the bytes of a numeric from which on arithmetic takes longer than reading it.
const longNumeric = 1 << 10

// weights is the sum of the weights of n lanes.
func (s *Scalar) weights(args []*col.Vector, n int) (total int) {
	for _, a := range args {
		if !a.Kind.IsView() || len(a.Arenas) == 0 {
			continue
		}
		if a.N == 1 {
			total += n * heavy(a, 0)
			continue
		}
		for i := range a.Str[:n] {
			total += heavy(a, i)
		}
	}
	if s.Weight != nil {
		for i := range n {
			total += s.Weight(args, i, n)
		}
	}
	return total
}

// inserted is the Weight of what may put one argument into another as often as that has bytes, and
// mostly does so much less often.
func inserted(text, by int) func(args []*col.Vector, i, n int) int {
	return func(args []*col.Vector, i, n int) int {
		return min(bytesIn(args[text], i, n)*bytesIn(args[by], i, n)/lessOften, pgtext.MaxTextBytes)
	}
}

const lessOften = 64

// bytesIn is the bytes of the value in lane i of n; 0 where it is NULL or of fixed width.
func bytesIn(v *col.Vector, i, n int) int {
	if i &= mask(v, n); !v.Kind.IsView() || v.Null(i) {
		return 0
	}
	return v.Str[i].Len()
}

// both is the Weight of what takes two of them.
func both(x, y func(args []*col.Vector, i, n int) int) func(args []*col.Vector, i, n int) int {
	return func(args []*col.Vector, i, n int) int { return x(args, i, n) + y(args, i, n) }
}

// goesAside reports whether lane i of n is computed aside.
func (s *Scalar) goesAside(c *Ctx, args []*col.Vector, i, n int) bool {
	return s.Scans && c.Done != nil && s.weight(args, i, n) > asideBytes
}

// Heavy reports whether a call with arguments of one value each is computed aside.
func (s *Scalar) Heavy(args []*col.Vector) bool { return s.Scans && s.weight(args, 0, 1) > asideBytes }

// Aside computes f beside the statement where it has to work on so many bytes that it takes long; f
// asks nobody, and touches nothing that others use afterwards. 57014 when the statement ends before.
func (c *Ctx) Aside(bytes int, f func() error) (err error) {
	if c.Done == nil || bytes <= asideBytes {
		return f()
	}
	var made error
	if !beside.Run(c.Done, func() { made = f() }) {
		return errCanceled()
	}
	return made
}

// aside computes with copies of lane i of the arguments, of n, beside the statement, which can end
// before f does. What goes on alone then is one call, in memory of its own: it is told by Done, and
// where it does not ask it ends by itself, in time that is linear in its arguments; how many go on
// like that has a bound (package beside). 57014 when the statement ends; what f has made must not
// be looked at then.
func (c *Ctx) aside(args []*col.Vector, i, n int, f func(own *Ctx, args []*col.Vector) error) error {
	own := NewCtx(c.Settings, c.Now)
	own.Params, own.Done = c.Params, c.Done
	copies := make([]*col.Vector, len(args))
	for k, a := range args {
		if copies[k] = a.Alone(i&mask(a, n), c.ended); copies[k] == nil {
			return errCanceled()
		}
	}
	var err error
	if !beside.Run(c.Done, func() { err = f(own, copies) }) {
		return errCanceled()
	}
	c.spend(int(own.spent))
	return err
}

// one computes lane i of n aside: a vector of one value.
func (s *Scalar) one(c *Ctx, args []*col.Vector, i, n int, ret col.Type) *col.Vector {
	result := col.NewVector(ret)
	result.Resize(1)
	err := c.aside(args, i, n, func(own *Ctx, args []*col.Vector) error {
		own.buf = make([]byte, 0, min(s.weight(args, 0, 1)*3/2, pgtext.MaxTextBytes)) // not to be moved as it grows
		s.Kernel(own, args, nil, 1, result)
		if marks := own.Marks(); len(marks) > 0 {
			return marks[0].Err
		}
		return nil
	})
	if err != nil {
		c.Mark(i, pgerr.From(err))
		return col.NullVector(ret, 1)
	}
	return result
}
