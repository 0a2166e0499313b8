package state

import (
	"fmt"
	"sync"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
)

// merger holds a delta's rows in stored form, their views still those of the delta.
type merger struct {
	cols  []*col.Vector
	views []int // columns of view kinds
	buf   []byte
	size  uintptr
}

var mergers = sync.Pool{New: func() any { return new(merger) }}

func (m *merger) encoded(i int) []byte {
	o := uintptr(i) * m.size
	return m.buf[o : o+m.size : o+m.size]
}

// merger encodes the first n rows of a delta, column by column.
func (a *Arrangement) merger(rows *col.Batch, n int) *merger {
	m := mergers.Get().(*merger)
	m.reset(a, n)
	for k := range a.row.fields {
		f := &a.row.fields[k]
		v := rows.Cols[k].StoredKind()
		a.checkColumn(k, v, n)
		m.cols = append(m.cols, v)
		if f.kind.IsView() {
			m.views = append(m.views, k)
		}
		at := m.buf[f.off:]
		switch f.width {
		case 1:
			for i := range n {
				if v.Bool(i) {
					at[uintptr(i)*m.size] = 1
				}
			}
		case 4:
			encodeLanes(unsafe.Pointer(&at[0]), m.size, lanesOf[uint32](v, n))
		case 8:
			encodeLanes(unsafe.Pointer(&at[0]), m.size, lanesOf[uint64](v, n))
		default:
			encodeLanes(unsafe.Pointer(&at[0]), m.size, lanesOf[[2]uint64](v, n))
		}
		if v.Valid != nil {
			a.encodeNulls(m, f, v, k, n)
		}
	}
	return m
}

func (a *Arrangement) checkColumn(k int, v *col.Vector, n int) {
	if f := &a.row.fields[k]; v.Kind != f.kind || v.N < n {
		panic(fmt.Sprintf("state: payload column %d has kind %d, not %d, and %d values for %d rows", k, v.Kind, f.kind, v.N, n))
	}
}

func (m *merger) reset(a *Arrangement, n int) {
	m.size = a.size
	if need := n * int(a.size); cap(m.buf) < need {
		m.buf = make([]byte, need)
	} else {
		m.buf = m.buf[:need]
		clear(m.buf)
	}
	m.cols, m.views = m.cols[:0], m.views[:0]
}

func encodeLanes[K any](d unsafe.Pointer, size uintptr, lanes []K) {
	for i, x := range lanes {
		*(*K)(unsafe.Add(d, uintptr(i)*size)) = x
	}
}

// encodeNulls sets the mask bits and zeroes the lanes of NULLs, so that equal rows are
// equal bytes.
func (a *Arrangement) encodeNulls(m *merger, f *field, v *col.Vector, k, n int) {
	for i := range n {
		if v.Null(i) {
			r := m.encoded(i)
			r[a.row.maskAt+uintptr(k>>3)] |= 1 << (k & 7)
			clear(r[f.off : f.off+f.width])
			a.hasNull[k] = true
		}
	}
}
