package col

import (
	"github.com/millracedb/millrace/base/numeric"
)

// ToDec returns the numerics of v as KindDec: v itself when it already is.
func (v *Vector) ToDec() *Vector {
	if v.Kind != KindD64 {
		return v
	}
	out := &Vector{}
	out.ResetKind(v.Type, KindDec, 0)
	out.Resize(v.N)
	out.Valid = v.Valid
	var buf [32]byte
	for i, x := range v.I64[:v.N] {
		if v.Null(i) {
			out.Str[i] = Str{}
			continue
		}
		out.SetBytes(i, numeric.AppendStoredInt(buf[:0], x, v.Scale))
	}
	return out
}

// unify prepares v to take values of src, of the same type but another form: an empty
// vector takes src's form, one with values moves up to KindDec.
func (v *Vector) unify(src *Vector) {
	if v.N == 0 {
		v.ResetKind(v.Type, src.Kind, src.Scale)
		return
	}
	if v.Kind == KindD64 {
		*v = *v.ToDec()
		if v.Valid != nil {
			v.Valid = append([]uint64(nil), v.Valid...)
		}
	}
}

// StoredKind brings v into its type's usual kind, the one of state rows and files:
// numerics without modifier that travel as KindD64 become KindDec.
func (v *Vector) StoredKind() *Vector {
	if v.Kind == KindD64 && v.Type.Kind() != KindD64 {
		return v.ToDec()
	}
	return v
}
