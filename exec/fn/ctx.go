package fn

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/pgerr"
)

// Mark is the error of one lane of a batch.
type Mark struct {
	Lane int
	Err  *pgerr.Error
}

// Ctx is what one evaluation works with. It belongs to one goroutine, and is used for
// one batch after another: Reset between them takes back every vector it handed out.
type Ctx struct {
	// Now is the time of now(), in µs since 2000-01-01 UTC: the tick's, or the start of
	// the transaction.
	Now int64
	// Settings are the session's, or those frozen at CREATE; never nil.
	Settings *datetime.Settings
	// Params are the values of $1, $2, … : vectors of one value each.
	Params []*col.Vector
	// Host is for functions that other packages register and that ask about more than
	// values (catalog, session). Kernels of this package do not look at it.
	Host any
	// Models finds what expressions score with; nil: there are no models.
	Models Models
	// Done ends what waits: when it is closed, pg_sleep returns 57014. Nil: never.
	Done <-chan struct{}
	// Spend is told of the bytes that results take, many at a time, and with less than 0 that
	// Reset has taken them back. It may end the statement: by a panic with its error. Nil:
	// nobody asks.
	Spend func(bytes int64)

	marks  []Mark
	pools  [col.KindBin + 1]pool
	heads  pool
	sels   slab[uint32]
	words  slab[uint64]
	args   slab[*col.Vector]
	consts map[*col.Vector]*col.Vector
	buf    []byte
	caches caches
	scorer *scorer
	spent  int64 // bytes since Reset
	told   int64 // of them, those that Spend knows of
}

// NewCtx returns a context with the settings (nil: the defaults) and the time.
func NewCtx(s *datetime.Settings, now int64) *Ctx {
	if s == nil {
		s = &datetime.Settings{Now: now}
	}
	return &Ctx{Now: now, Settings: s}
}

// Within is another context for the same evaluation, whose Reset leaves this one's vectors alone.
func (c *Ctx) Within() *Ctx {
	return &Ctx{Now: c.Now, Settings: c.Settings, Params: c.Params, Host: c.Host, Models: c.Models, Done: c.Done, Spend: c.Spend}
}

type pool struct {
	all  []*col.Vector
	used int
}

func (p *pool) next() *col.Vector {
	if p.used == len(p.all) {
		p.all = append(p.all, &col.Vector{})
	}
	v := p.all[p.used]
	p.used++
	return v
}

// slab hands out slices that are all taken back at once.
type slab[T any] struct {
	all  [][]T
	used int
}

func (s *slab[T]) next(n int) []T {
	if s.used == len(s.all) {
		s.all = append(s.all, make([]T, n))
	}
	if cap(s.all[s.used]) < n {
		s.all[s.used] = make([]T, n)
	}
	r := s.all[s.used][:n:n]
	s.used++
	return r
}

// MayEnd ends the statement, if it is to end, between two parts of a long computation.
func (c *Ctx) MayEnd() {
	if c.Spend != nil {
		c.Spend(0)
	}
}

// MayEndAt is MayEnd in every 64th of the steps of a long list, each of which takes a batch.
func (c *Ctx) MayEndAt(step int) {
	if step%64 == 63 {
		c.MayEnd()
	}
}

// Book counts bytes of results that are kept in vectors of others, until Reset. It may end the
// statement, as Spend.
func (c *Ctx) Book(bytes int) { c.spend(bytes) }

// Spent is the bytes of results since Reset, as far as they are counted: of those that are long.
func (c *Ctx) Spent() int64 { return c.spent }

// Reset takes back every vector and selection handed out since the last Reset, and drops
// the marks.
func (c *Ctx) Reset() {
	for i := range c.pools {
		c.pools[i].used = 0
	}
	for _, v := range c.heads.all[:c.heads.used] {
		*v = col.Vector{} // they share lanes with others' vectors: let go of them
	}
	c.heads.used, c.sels.used, c.words.used, c.args.used = 0, 0, 0, 0
	clear(c.consts)
	c.marks = c.marks[:0]
	if told := c.told; told > 0 {
		c.told = 0
		c.Spend(-told)
	}
	c.spent = 0
}

// spendEvery is how many bytes of results are told of together.
const spendEvery = 256 << 10

// spend counts the bytes of a result.
func (c *Ctx) spend(n int) {
	if c.spent += int64(n); c.Spend != nil && c.spent-c.told >= spendEvery {
		more := c.spent - c.told
		c.told = c.spent
		c.Spend(more)
	}
}

// Vec returns an empty scratch vector of t's usual kind, valid until Reset.
func (c *Ctx) Vec(t col.Type) *col.Vector {
	v := c.pools[t.Kind()].next()
	v.Reset(t)
	return v
}

// View returns a vector that shares v's lanes and may be given another type or validity.
func (c *Ctx) View(v *col.Vector) *col.Vector {
	h := c.heads.next()
	*h = *v
	return h
}

// Sel returns a scratch selection of n lanes with any contents, valid until Reset.
func (c *Ctx) Sel(n int) []uint32 { return c.sels.next(n) }

// Bitmap returns a scratch bitmap for n values with any contents, valid until Reset.
func (c *Ctx) Bitmap(n int) []uint64 { return c.words.next(col.Words(n)) }

// Args returns room for n arguments, valid until Reset.
func (c *Ctx) Args(n int) []*col.Vector { return c.args.next(n) }

// Mark records the error of a lane. Nil errors are not recorded.
func (c *Ctx) Mark(lane int, err *pgerr.Error) {
	if err != nil {
		c.marks = append(c.marks, Mark{lane, err})
	}
}

// Marks are the errors since the last Reset or ClearMarks, in the order in which they
// occurred; the first of a lane is the one PostgreSQL would have raised.
func (c *Ctx) Marks() []Mark { return c.marks }

// ClearMarks forgets the errors.
func (c *Ctx) ClearMarks() { c.marks = c.marks[:0] }

// CutMarks forgets the errors after the first n, and returns the first of them.
func (c *Ctx) CutMarks(n int) *pgerr.Error {
	if len(c.marks) == n {
		return nil
	}
	err := c.marks[n].Err
	c.marks = c.marks[:n]
	return err
}

// Fail marks a lane and makes its result NULL, so that strict functions above skip it.
func (c *Ctx) Fail(out *col.Vector, lane int, err error) {
	c.Mark(lane, pgerr.From(err))
	c.SetNull(out, lane)
}

// SetNull makes a lane of a result NULL.
func (c *Ctx) SetNull(out *col.Vector, lane int) {
	if out.Valid == nil {
		out.Valid = c.Bitmap(out.N)
		for i := range out.Valid {
			out.Valid[i] = ^uint64(0)
		}
	}
	out.SetNull(lane)
}

// Expand returns n lanes of the constant in the one-value vector v, valid until Reset;
// v itself if it has n values already.
func (c *Ctx) Expand(v *col.Vector, n int) *col.Vector {
	if v.N == n {
		return v
	}
	if e := c.consts[v]; e != nil && e.N >= n {
		if e.N == n {
			return e
		}
		h := c.View(e)
		h.N = n
		return h
	}
	e := expand(c, v, n)
	if c.consts == nil {
		c.consts = map[*col.Vector]*col.Vector{}
	}
	c.consts[v] = e
	return e
}

func fill[T any](dst []T, x T) {
	for i := range dst {
		dst[i] = x
	}
}

func expand(c *Ctx, v *col.Vector, n int) *col.Vector {
	out := c.pools[v.Kind].next()
	out.ResetKind(v.Type, v.Kind, v.Scale)
	out.Resize(n)
	if v.Null(0) {
		out.Valid = c.Bitmap(n)
		clear(out.Valid)
		clear(out.Str)
		return out
	}
	switch v.Kind {
	case col.KindBit:
		w := uint64(0)
		if v.Bool(0) {
			w = ^w
		}
		fill(out.Bits, w)
	case col.KindI32:
		fill(out.I32, v.I32[0])
	case col.KindI64, col.KindD64:
		fill(out.I64, v.I64[0])
	case col.KindF32:
		fill(out.F32, v.F32[0])
	case col.KindF64:
		fill(out.F64, v.F64[0])
	case col.KindIv, col.KindU128:
		fill(out.Wide, v.Wide[0])
	default:
		fill(out.Str, v.Str[0])
		out.Arenas = v.Arenas
	}
	return out
}
