package exec

import (
	"errors"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/storage/pool"
)

// collectedKernel keeps the results that were made of a group's rows, or the error, in the
// group's accumulators, so that the old one is at hand when another takes its place.
type collectedKernel struct {
	heap     *groupHeap
	empty    *col.Vector // the result over no rows
	emptyErr error       // or the error
}

// collectedResult is the accumulator. The value's bytes are its own where it is of variable
// length, else its identity's.
type collectedResult struct {
	what  int64
	value col.Str
}

const collectedSize = int(unsafe.Sizeof(collectedResult{}))

const (
	collectedNone = iota
	collectedNull
	collectedValue
	collectedError
)

// set keeps a result.
func (k *collectedKernel) set(at unsafe.Pointer, v *col.Vector, err error) {
	a := (*collectedResult)(at)
	old := a.value
	a.what, a.value = collectedNull, col.Str{}
	var b []byte
	switch {
	case err != nil:
		a.what = collectedError
		var e *pgerr.Error
		if !errors.As(err, &e) {
			e = pgerr.New(pgerr.InternalError, "%v", err)
		}
		b = []byte(e.Code + e.Message)
	case !v.Null(0):
		a.what = collectedValue
		v = v.StoredKind()
		if v.Kind.IsView() {
			b = v.Bytes(0)
		} else {
			b = col.AppendIdentity(nil, []col.Vector{*v}, 0)
		}
	}
	if len(b) > pool.MaxExtent {
		e := pool.TooLong(len(b))
		a.what, b = collectedError, []byte(pgerr.ProgramLimitExceeded+e.Error())
	}
	if a.what > collectedNull {
		a.value = k.heap.Put(b)
	}
	if old.Len() > col.InlineLen {
		k.heap.Free(old)
	}
}

// Update does nothing: the rows lie in a state of their own.
func (*collectedKernel) Update(*fn.Ctx, []unsafe.Pointer, uintptr, []*col.Vector, []int64) {}

func (k *collectedKernel) Result(c *fn.Ctx, at []unsafe.Pointer, off uintptr, out *col.Vector) {
	t := out.Type
	out.ResetKind(t, t.Kind(), t.Scale())
	var one col.Vector
	one.ResetKind(col.Bytea, col.KindStr, 0)
	one.Resize(1)
	one.Arenas = k.heap.Arenas()
	for i, p := range at {
		a := (*collectedResult)(unsafe.Add(p, off))
		one.Str[0] = a.value
		switch a.what {
		case collectedValue:
			if out.Kind.IsView() {
				out.AppendBytes(one.Bytes(0))
			} else {
				cols := []col.Vector{*out}
				col.ReadIdentity(cols, one.Bytes(0))
				*out = cols[0]
			}
		case collectedError:
			b := one.Bytes(0)
			out.AppendNull()
			c.Fail(out, i, pgerr.New(string(b[:5]), "%s", b[5:]))
		case collectedNone:
			if k.emptyErr == nil {
				out.GatherAny(k.empty, []uint32{0}, 0)
				break
			}
			out.AppendNull()
			c.Fail(out, i, k.emptyErr)
		default:
			out.AppendNull()
		}
	}
}

// Merge is for accumulators that hold what was added; these hold what was made of it.
func (*collectedKernel) Merge(_, _ []unsafe.Pointer, _ uintptr) {
	panic("exec: results of rows in order cannot be merged")
}

func (k *collectedKernel) Release(at []unsafe.Pointer, off uintptr) {
	for _, p := range at {
		if a := (*collectedResult)(unsafe.Add(p, off)); a.value.Len() > col.InlineLen {
			k.heap.Free(a.value)
		}
	}
}

// make is the result of a group's rows: of an aggregate with a kernel, that of adding them.
func (c *call) make(ctx *fn.Ctx, rows agg.Rows, direct []*col.Vector, lane int, out *col.Vector) error {
	if how := c.Agg.Collecting; how != nil {
		return how.Make(ctx, rows, direct, lane, out)
	}
	heap := &scratchHeap{}
	k := c.Agg.New(heap, true)
	acc := make([]int64, c.Agg.Size/8)
	err := rows.Each(func(r *agg.Run) error {
		at := make([]unsafe.Pointer, r.N)
		for i := range at {
			at[i] = unsafe.Pointer(unsafe.SliceData(acc))
		}
		k.Update(ctx, at, 0, r.Args, r.W)
		return nil
	})
	if err != nil {
		return err
	}
	k.Result(ctx, []unsafe.Pointer{unsafe.Pointer(unsafe.SliceData(acc))}, 0, out)
	if m := ctx.Marks(); len(m) > 0 {
		err = m[0].Err
		ctx.ClearMarks()
	}
	return err
}

// scratchHeap keeps accumulators' values for the length of a call.
type scratchHeap struct{ arenas [][]byte }

func (h *scratchHeap) Put(b []byte) col.Str {
	if len(b) <= col.InlineLen {
		return col.ShortStr(b)
	}
	h.arenas = append(h.arenas, append([]byte(nil), b...))
	return col.LongStr(b, uint32(len(h.arenas)-1), 0)
}

func (h *scratchHeap) Free(col.Str)     {}
func (h *scratchHeap) Arenas() [][]byte { return h.arenas }
