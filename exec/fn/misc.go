package fn

import (
	crand "crypto/rand"
	"encoding/binary"
	"math/rand/v2"

	"github.com/millracedb/millrace/base/col"
)

var (
	_ = scalar("random() float8", "A random number from 0 on, below 1.", row0(func(*Ctx) float64 { return rand.Float64() }), IsVolatile)
	_ = scalar("gen_random_uuid() uuid", "A random UUID of version 4.", row0(randomUUID), IsVolatile)
	_ = scalar("pg_typeof(any) regtype", "The type of a value.", func(_ *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		fill(out.I32[:n], int32(a[0].Type.OID))
	}, NonStrict)
	_ = scalar("num_nulls(variadic any) int4", "The number of arguments that are NULL.", countNulls(true), NonStrict)
	_ = scalar("num_nonnulls(variadic any) int4", "The number of arguments that are not NULL.", countNulls(false), NonStrict)
)

func randomUUID(*Ctx) uuid {
	var b [16]byte
	crand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return uuid{binary.BigEndian.Uint64(b[:]), binary.BigEndian.Uint64(b[8:])}
}

func countNulls(null bool) Kernel {
	return func(_ *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		span(sel, n, func(i int) {
			k := int32(0)
			for _, v := range a {
				if v.Null(i&mask(v, n)) == null {
					k++
				}
			}
			out.I32[i] = k
		})
	}
}
