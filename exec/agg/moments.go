package agg

import (
	"encoding/binary"
	"math"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/numeric"
	"github.com/millracedb/millrace/exec/fn"
)

// moments is the accumulator of variances and regressions over floats: how many values, and
// in the heap the encodings of their sums.
type moments struct {
	n    int64
	sums held
}

const momentsSize = int(unsafe.Sizeof(moments{}))

// The sums of a pair: of one argument there are only sumX and sumXX.
const (
	sumX = iota
	sumXX
	sumY
	sumYY
	sumXY
	allSums
)

// floatSums is an accumulator's sums unpacked.
type floatSums struct {
	n    int64
	sums [allSums]numeric.FloatAcc
	live int
}

// momentsKernel adds floats and their products without rounding, so that neither order nor
// retraction shows. A batch unpacks the sums of a group once.
type momentsKernel struct {
	heap   Heap
	live   int // sums in use
	least  int64
	result func(s *floatSums) (f float64, null bool)
	place  map[unsafe.Pointer]int
	open   []*floatSums
	at     []*moments
	used   int
}

// newMoments makes kernels over one or two arguments, of which the second is x. sample says
// that one pair is too few.
func newMoments(args int, sample bool, result func(s *floatSums) (float64, bool)) func(Heap, bool) Kernel {
	live, least := allSums, int64(1)
	if args == 1 {
		live = sumY
	}
	if sample {
		least = 2
	}
	return func(h Heap, _ bool) Kernel {
		return &momentsKernel{heap: h, live: live, least: least, result: result, place: map[unsafe.Pointer]int{}}
	}
}

func (k *momentsKernel) Update(_ *fn.Ctx, at []unsafe.Pointer, off uintptr, args []*col.Vector, w []int64) {
	x := args[len(args)-1]
	y := args[0]
	for i, p := range at {
		weight := weight(w, i)
		if x.Null(i) || y.Null(i) || weight == 0 {
			continue
		}
		s := k.opened((*moments)(unsafe.Add(p, off)))
		s.add(floatAt(x, i), floatAt(y, i), weight)
	}
	k.close()
}

func floatAt(v *col.Vector, i int) float64 {
	if v.Kind == col.KindF32 {
		return float64(v.F32[i])
	}
	return v.F64[i]
}

func (s *floatSums) add(x, y float64, weight int64) {
	s.n += weight
	s.sums[sumX].Add(x, weight)
	s.sums[sumXX].AddProduct(x, x, weight)
	if s.live == allSums {
		s.sums[sumY].Add(y, weight)
		s.sums[sumYY].AddProduct(y, y, weight)
		s.sums[sumXY].AddProduct(x, y, weight)
	}
}

// opened unpacks an accumulator, once in a batch.
func (k *momentsKernel) opened(a *moments) *floatSums {
	if no, ok := k.place[unsafe.Pointer(a)]; ok {
		return k.open[no]
	}
	if k.used == len(k.open) {
		k.open, k.at = append(k.open, &floatSums{}), append(k.at, nil)
	}
	s := k.open[k.used]
	k.read(a, s)
	k.place[unsafe.Pointer(a)], k.at[k.used] = k.used, a
	k.used++
	return s
}

// close packs what was unpacked.
func (k *momentsKernel) close() {
	for i, a := range k.at[:k.used] {
		k.write(a, k.open[i])
		k.at[i] = nil
	}
	clear(k.place)
	k.used = 0
}

func (k *momentsKernel) write(a *moments, s *floatSums) {
	var b, one []byte
	empty := s.n == 0
	for i := range s.sums[:k.live] {
		one = s.sums[i].Append(one[:0])
		b = append(binary.AppendUvarint(b, uint64(len(one))), one...)
		empty = empty && s.sums[i] == (numeric.FloatAcc{})
	}
	a.n = s.n
	if empty {
		free(k.heap, a.sums)
		a.sums = held{}
		return
	}
	put(k.heap, &a.sums, b)
}

// read unpacks; bytes that are none count as nothing.
func (k *momentsKernel) read(a *moments, s *floatSums) {
	*s = floatSums{n: a.n, live: k.live}
	b := bytesOf(k.heap, &a.sums)
	for i := 0; i < k.live && len(b) > 0; i++ {
		n, width := binary.Uvarint(b)
		if width <= 0 || uint64(len(b)-width) < n || s.sums[i].Read(b[width:width+int(n)]) != nil {
			return
		}
		b = b[width+int(n):]
	}
}

func (k *momentsKernel) Result(c *fn.Ctx, at []unsafe.Pointer, off uintptr, out *col.Vector) {
	out.Resize(len(at))
	var s floatSums
	for i, p := range at {
		c.MayEnd() // a result of exact sums takes a millisecond
		a := (*moments)(unsafe.Add(p, off))
		if a.n < k.least {
			c.SetNull(out, i)
			continue
		}
		k.read(a, &s)
		f, null := k.result(&s)
		switch {
		case s.beyond() || math.IsInf(f, 0) && s.finite():
			c.Fail(out, i, errFloat)
		case null:
			c.SetNull(out, i)
		default:
			out.F64[i] = f
		}
	}
}

// beyond reports whether a sum of values is beyond the floats, where PostgreSQL gives up.
func (s *floatSums) beyond() bool {
	_, x := s.sums[sumX].Total()
	_, y := s.sums[sumY].Total()
	return x || y
}

// finite reports whether no infinity and no NaN is among the values.
func (s *floatSums) finite() bool {
	x, over := s.sums[sumX].Total()
	if !over && x-x != 0 {
		return false
	}
	if s.live < allSums {
		return true
	}
	y, over := s.sums[sumY].Total()
	return over || y-y == 0
}

func (k *momentsKernel) Merge(into, from []unsafe.Pointer, off uintptr) {
	var s, o floatSums
	for i, p := range into {
		a, b := (*moments)(unsafe.Add(p, off)), (*moments)(unsafe.Add(from[i], off))
		k.read(a, &s)
		k.read(b, &o)
		s.n += o.n
		for j := range s.sums[:k.live] {
			s.sums[j].Merge(&o.sums[j])
		}
		k.write(a, &s)
	}
}

func (k *momentsKernel) Release(at []unsafe.Pointer, off uintptr) {
	for _, p := range at {
		free(k.heap, (*moments)(unsafe.Add(p, off)).sums)
	}
}

// The sums of squares and products about the means.

func (s *floatSums) sxx() float64 {
	return numeric.CoMoment(s.n, &s.sums[sumX], &s.sums[sumX], &s.sums[sumXX])
}
func (s *floatSums) syy() float64 {
	return numeric.CoMoment(s.n, &s.sums[sumY], &s.sums[sumY], &s.sums[sumYY])
}
func (s *floatSums) sxy() float64 {
	return numeric.CoMoment(s.n, &s.sums[sumX], &s.sums[sumY], &s.sums[sumXY])
}

// mean is the mean of values whose sum may be beyond the floats.
func (s *floatSums) mean(sum int) float64 {
	f, _ := s.sums[sum].Total()
	return f / float64(s.n)
}

// floatVariance is the result of variances and standard deviations.
func floatVariance(how numeric.Deviation) func(s *floatSums) (float64, bool) {
	return func(s *floatSums) (float64, bool) {
		n := s.n
		if how.Sample {
			n--
		}
		f := s.sxx() / float64(n)
		if how.Root {
			f = math.Sqrt(f)
		}
		return f, false
	}
}
