package col

import "github.com/millracedb/millrace/base/long"

// AppendNull appends a NULL.
func (v *Vector) AppendNull() {
	v.needValid()
	v.Resize(v.N + 1)
	i := v.N - 1
	v.Valid[i>>6] &^= 1 << (i & 63)
	if v.Kind.IsView() {
		v.Str[i] = Str{}
	}
}

// AppendBool appends to a KindBit vector.
func (v *Vector) AppendBool(b bool) { v.Resize(v.N + 1); putBit(v.Bits, v.N-1, b) }

// AppendI32 appends to a KindI32 vector.
func (v *Vector) AppendI32(x int32) { v.Resize(v.N + 1); v.I32[v.N-1] = x }

// AppendI64 appends to a KindI64 or KindD64 vector.
func (v *Vector) AppendI64(x int64) { v.Resize(v.N + 1); v.I64[v.N-1] = x }

// AppendF32 appends to a KindF32 vector.
func (v *Vector) AppendF32(x float32) { v.Resize(v.N + 1); v.F32[v.N-1] = x }

// AppendF64 appends to a KindF64 vector.
func (v *Vector) AppendF64(x float64) { v.Resize(v.N + 1); v.F64[v.N-1] = x }

// AppendWide appends to a KindIv or KindU128 vector.
func (v *Vector) AppendWide(x [2]uint64) { v.Resize(v.N + 1); v.Wide[v.N-1] = x }

// AppendBytes appends to a view kind, copying b.
func (v *Vector) AppendBytes(b []byte) { v.Resize(v.N + 1); v.SetBytes(v.N-1, b) }

// AppendString appends to a view kind, copying s.
func (v *Vector) AppendString(s string) { v.Resize(v.N + 1); v.SetBytes(v.N-1, bytesOf(s)) }

// SetBytes sets value i of a view kind, copying b.
func (v *Vector) SetBytes(i int, b []byte) {
	if len(b) <= InlineLen {
		v.Str[i] = ShortStr(b)
		return
	}
	dst, view := v.Reserve(len(b))
	long.Copy(dst, b)
	view.Lo = LongStr(b, 0, 0).Lo
	v.Str[i] = view
}

// Reserve gives n bytes (more than InlineLen) of v's own arena to fill, and the view that
// leads to them but for its prefix: take LongStr's Lo once they are filled, or SetView.
func (v *Vector) Reserve(n int) ([]byte, Str) {
	if !v.ownUsed || len(v.own)+n > cap(v.own) {
		if v.ownUsed || cap(v.own) < n {
			v.own = make([]byte, 0, max(n, 2*cap(v.own), 1024))
		}
		v.ownUsed, v.ownNo = true, uint32(len(v.Arenas))
		v.Arenas = append(v.Arenas[:len(v.Arenas):len(v.Arenas)], v.own[:cap(v.own)])
	}
	off := len(v.own)
	v.own = v.own[:off+n]
	return v.own[off : off+n : off+n], Str{uint64(n), uint64(v.ownNo)<<32 | uint64(off)}
}

// SetView sets value i to bytes that stand in Arenas[arena] at off, without copying when
// they are longer than InlineLen.
func (v *Vector) SetView(i int, b []byte, arena, off uint32) {
	if len(b) <= InlineLen {
		v.Str[i] = ShortStr(b)
		return
	}
	v.Str[i] = LongStr(b, arena, off)
}

// AppendFrom appends value i of src, which has v's kind and scale, copying its bytes.
func (v *Vector) AppendFrom(src *Vector, i int) {
	if src.Null(i) {
		v.AppendNull()
		return
	}
	switch v.Kind {
	case KindBit:
		v.AppendBool(src.Bool(i))
	case KindI32:
		v.AppendI32(src.I32[i])
	case KindI64, KindD64:
		v.AppendI64(src.I64[i])
	case KindF32:
		v.AppendF32(src.F32[i])
	case KindF64:
		v.AppendF64(src.F64[i])
	case KindIv, KindU128:
		v.AppendWide(src.Wide[i])
	default:
		v.AppendBytes(src.Bytes(i))
	}
}

func take[T any](dst, src []T, idx []uint32) {
	dst = dst[:len(idx)]
	for i, x := range idx {
		dst[i] = src[x]
	}
}

// Alone is a copy of value i as a vector of its own, made a megabyte at a time; nil: ended, which is
// asked between two of them, has said so.
func (v *Vector) Alone(i int, ended func() bool) *Vector {
	const piece = 1 << 20
	one := &Vector{}
	one.ResetKind(v.Type, v.Kind, v.Scale)
	if !v.Kind.IsView() || v.Null(i) || v.Str[i].Len() <= piece {
		one.AppendFrom(v, i)
		return one
	}
	one.Resize(1)
	from := v.Bytes(i)
	to, view := one.Reserve(len(from))
	for at := 0; at < len(from); at += piece {
		if ended() {
			return nil
		}
		copy(to[at:], from[at:min(at+piece, len(from))])
	}
	view.Lo = LongStr(from, 0, 0).Lo
	one.Str[0] = view
	return one
}

// Gather appends the values of src at idx, which has v's kind and scale. Long strings are
// not copied: v shares src's arenas, and is valid as long as those are.
func (v *Vector) Gather(src *Vector, idx []uint32) {
	n := v.N
	if src.Valid != nil {
		v.needValid()
	}
	v.Resize(n + len(idx))
	switch v.Kind {
	case KindBit:
		for i, x := range idx {
			putBit(v.Bits, n+i, src.Bool(int(x)))
		}
	case KindI32:
		take(v.I32[n:], src.I32, idx)
	case KindI64, KindD64:
		take(v.I64[n:], src.I64, idx)
	case KindF32:
		take(v.F32[n:], src.F32, idx)
	case KindF64:
		take(v.F64[n:], src.F64, idx)
	case KindIv, KindU128:
		take(v.Wide[n:], src.Wide, idx)
	default:
		take(v.Str[n:], src.Str, idx)
		v.adopt(src.Arenas, v.Str[n:])
	}
	if src.Valid != nil {
		for i, x := range idx {
			if src.Null(int(x)) {
				v.Valid[(n+i)>>6] &^= 1 << ((n + i) & 63)
			}
		}
	}
}

// adopt adds arenas to v's and renumbers views that lead into them.
func (v *Vector) adopt(arenas [][]byte, views []Str) {
	if len(arenas) == 0 {
		return
	}
	switch {
	case len(v.Arenas) == 0:
		v.Arenas, v.base = arenas, 0
	case v.lent != &arenas[0] || v.lentN != len(arenas):
		v.base = uint32(len(v.Arenas))
		v.Arenas = append(v.Arenas[:len(v.Arenas):len(v.Arenas)], arenas...)
	}
	v.lent, v.lentN = &arenas[0], len(arenas)
	if v.base == 0 {
		return
	}
	for i := range views {
		if views[i].Len() > InlineLen {
			views[i].Hi += uint64(v.base) << 32
		}
	}
}

// AppendAll appends all values of src, which has v's kind and scale, sharing its arenas.
func (v *Vector) AppendAll(src *Vector) {
	n := v.N
	if src.Valid != nil {
		v.needValid()
	}
	v.Resize(n + src.N)
	switch v.Kind {
	case KindBit:
		for i := range src.N {
			putBit(v.Bits, n+i, src.Bool(i))
		}
	case KindI32:
		copy(v.I32[n:], src.I32)
	case KindI64, KindD64:
		copy(v.I64[n:], src.I64)
	case KindF32:
		copy(v.F32[n:], src.F32)
	case KindF64:
		copy(v.F64[n:], src.F64)
	case KindIv, KindU128:
		copy(v.Wide[n:], src.Wide)
	default:
		copy(v.Str[n:], src.Str[:src.N])
		v.adopt(src.Arenas, v.Str[n:])
	}
	if src.Valid != nil {
		for i := range src.N {
			if src.Null(i) {
				v.Valid[(n+i)>>6] &^= 1 << ((n + i) & 63)
			}
		}
	}
}

// Own copies every long string that v shares into v's own memory, so that v stays valid
// when its arenas do not.
func (v *Vector) Own() {
	if !v.Kind.IsView() || len(v.Arenas) == 0 || len(v.Arenas) == 1 && v.ownUsed {
		return
	}
	old := *v
	v.Arenas, v.own, v.ownUsed, v.lent = nil, nil, false, nil
	v.Str = append([]Str(nil), old.Str[:v.N]...)
	for i := range v.N {
		if v.Str[i].Len() > InlineLen && !old.Null(i) {
			v.SetBytes(i, old.Bytes(i))
		}
	}
}

// ownFrom copies the long strings of values from a position on into v's own arena, and
// lets go of the arenas that were taken over for them.
func (v *Vector) ownFrom(from int) {
	for i := from; i < v.N; i++ {
		if v.Str[i].Len() > InlineLen && !v.Null(i) {
			v.SetBytes(i, v.Bytes(i))
		}
	}
	v.lent, v.lentN = nil, 0
}
