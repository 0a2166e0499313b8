package state

import (
	"unsafe"

	"github.com/millracedb/millrace/base/col"
)

// shape says which of the compare loops serves a key without NULLs.
type shape uint8

const (
	shapeAny  shape = iota
	shapeI32        // one column of 4 bytes
	shapeI64        // one column of 8 bytes
	shapePair       // two columns of 8 bytes
	shapeWide       // one column of 16 bytes
	shapeStr        // one string
)

func shapeOf(f []field) shape {
	switch {
	case len(f) == 2 && f[0].width == 8 && f[1].width == 8:
		return shapePair
	case len(f) != 1:
		return shapeAny
	case f[0].kind.IsView():
		return shapeStr
	case f[0].width == 4:
		return shapeI32
	case f[0].width == 8:
		return shapeI64
	case f[0].width == 16:
		return shapeWide
	}
	return shapeAny
}

// lanes is the address of a vector's first lane.
func lanes(v *col.Vector) unsafe.Pointer {
	switch v.Kind {
	case col.KindI32:
		return unsafe.Pointer(unsafe.SliceData(v.I32))
	case col.KindI64, col.KindD64:
		return unsafe.Pointer(unsafe.SliceData(v.I64))
	case col.KindF32:
		return unsafe.Pointer(unsafe.SliceData(v.F32))
	case col.KindF64:
		return unsafe.Pointer(unsafe.SliceData(v.F64))
	case col.KindIv, col.KindU128:
		return unsafe.Pointer(unsafe.SliceData(v.Wide))
	}
	return unsafe.Pointer(unsafe.SliceData(v.Str))
}

// lanesOf is the first n lanes of a vector by their width.
func lanesOf[K any](v *col.Vector, n int) []K {
	return unsafe.Slice((*K)(lanes(v)), n)
}

func load[K any](r unsafe.Pointer, off uintptr) K { return *(*K)(unsafe.Add(r, off)) }

// equalStr reports whether a view stored in the pool and value i of v are equal.
func (h *Heap) equalStr(s *col.Str, v *col.Vector, i int) bool {
	k := v.Str[i]
	if s.Lo != k.Lo {
		return false
	}
	if k.Len() <= col.InlineLen {
		return s.Hi == k.Hi
	}
	return string(h.Str(s)) == string(v.Bytes(i))
}

func nullAt(r unsafe.Pointer, maskAt uintptr, k int) bool {
	return load[byte](r, maskAt+uintptr(k>>3))>>(k&7)&1 != 0
}

// equalRow reports whether a row's key is row i of the key vectors.
func (t *RowTable) equalRow(r unsafe.Pointer, keys []*col.Vector, i int) bool {
	if t.shape == shapeI64 && !t.hasNull && keys[0].Valid == nil {
		return load[uint64](r, t.form.fields[0].off) == load[uint64](lanes(keys[0]), uintptr(i)*8)
	}
	for k := range t.form.fields {
		f, v := &t.form.fields[k], keys[k]
		null := v.Null(i)
		if t.hasNull && nullAt(r, t.form.maskAt, k) != null {
			return false
		}
		if null {
			if !t.hasNull {
				return false
			}
			continue
		}
		if !t.equalLane(f, r, v, i) {
			return false
		}
	}
	return true
}

func (t *RowTable) equalLane(f *field, r unsafe.Pointer, v *col.Vector, i int) bool {
	switch {
	case f.kind.IsView():
		return t.heap.equalStr((*col.Str)(unsafe.Add(r, f.off)), v, i)
	case f.width == 1:
		return (load[byte](r, f.off) != 0) == v.Bool(i)
	}
	return f.equalFixed(r, v, i)
}

func (f *field) equalFixed(r unsafe.Pointer, v *col.Vector, i int) bool {
	a := lanes(v)
	switch f.width {
	case 4:
		return load[uint32](r, f.off) == load[uint32](a, uintptr(i)*4)
	case 8:
		return load[uint64](r, f.off) == load[uint64](a, uintptr(i)*8)
	}
	return load[[2]uint64](r, f.off) == load[[2]uint64](a, uintptr(i)*16)
}

// writeKey writes row i of the key vectors into a new row.
func (t *RowTable) writeKey(r unsafe.Pointer, keys []*col.Vector, i int) {
	if t.shape == shapeI64 && keys[0].Valid == nil {
		*(*uint64)(unsafe.Add(r, t.form.fields[0].off)) = load[uint64](lanes(keys[0]), uintptr(i)*8)
		return
	}
	for k := range t.form.fields {
		f, v := &t.form.fields[k], keys[k]
		if v.Null(i) {
			*(*byte)(unsafe.Add(r, t.form.maskAt+uintptr(k>>3))) |= 1 << (k & 7)
			t.hasNull = true
			continue
		}
		d := unsafe.Add(r, f.off)
		switch {
		case f.kind.IsView():
			s, err := t.heap.PutStr(v, i)
			if err != nil {
				panic(err) // keys are refused at this length before they get here
			}
			*(*col.Str)(d) = s
		case f.width == 1:
			if v.Bool(i) {
				*(*byte)(d) = 1
			}
		default:
			f.writeFixed(d, v, i)
		}
	}
}

func (f *field) writeFixed(d unsafe.Pointer, v *col.Vector, i int) {
	a := lanes(v)
	switch f.width {
	case 4:
		*(*uint32)(d) = load[uint32](a, uintptr(i)*4)
	case 8:
		*(*uint64)(d) = load[uint64](a, uintptr(i)*8)
	default:
		*(*[2]uint64)(d) = load[[2]uint64](a, uintptr(i)*16)
	}
}

func (t *RowTable) freeKeys(r unsafe.Pointer) {
	for k := range t.form.fields {
		f := &t.form.fields[k]
		if f.kind.IsView() && !(t.hasNull && nullAt(r, t.form.maskAt, k)) {
			t.heap.FreeStr(load[col.Str](r, f.off))
		}
	}
}

// decode fills v with the field's values of the rows at, which lie at an offset behind
// those addresses.
func (f *field) decode(v *col.Vector, at []unsafe.Pointer, base uintptr) {
	v.Resize(len(at))
	off := base + f.off
	switch f.width {
	case 1:
		clear(v.Bits)
		for i, r := range at {
			v.Bits[i>>6] |= uint64(load[byte](r, off)&1) << (i & 63)
		}
	case 4:
		decodeLanes(unsafe.Slice((*uint32)(lanes(v)), len(at)), at, off)
	case 8:
		decodeLanes(unsafe.Slice((*uint64)(lanes(v)), len(at)), at, off)
	default:
		decodeLanes(unsafe.Slice((*[2]uint64)(lanes(v)), len(at)), at, off)
	}
}

func decodeLanes[K any](out []K, at []unsafe.Pointer, off uintptr) {
	at = at[:len(out)]
	for i, r := range at {
		out[i] = *(*K)(unsafe.Add(r, off))
	}
}

// decodeNulls sets the validity of v, column k of the rows, where one is NULL.
func decodeNulls(v *col.Vector, at []unsafe.Pointer, maskAt uintptr, k int) {
	for i, r := range at {
		if nullAt(r, maskAt, k) {
			v.SetNull(i)
		}
	}
}
