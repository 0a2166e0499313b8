package state

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/pool"
)

var seed = col.Seed{0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93}

func testPool(t testing.TB) *pool.Pool {
	t.Helper()
	p, err := pool.New(pool.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// image is what a checkpoint would hold: each take adds only the pages that are dirty,
// so that a write without its mark is lost.
type image map[uint32][]byte

func (im image) take(p *pool.Pool) {
	for pg := range p.Dirty() {
		im[pg] = slices.Clone(p.Page(pg))
		p.SetStored(pg)
	}
	maps.DeleteFunc(im, func(pg uint32, _ []byte) bool { return !p.Stored(pg) })
}

// load makes a new pool of the pages.
func (im image) load(t testing.TB) *pool.Pool {
	p := testPool(t)
	for pg, b := range im {
		d, err := p.Fill(pg)
		if err != nil {
			t.Fatal(err)
		}
		copy(d, b)
		p.SetStored(pg)
	}
	return p
}

// value makes a value of a type out of a number; nulls says whether it may be NULL.
func value(v *col.Vector, k uint64, nulls bool) {
	if nulls && k%7 == 3 {
		v.AppendNull()
		return
	}
	switch v.Kind {
	case col.KindBit:
		v.AppendBool(k%2 == 1)
	case col.KindI32:
		v.AppendI32(int32(k) - 100)
	case col.KindI64, col.KindD64:
		v.AppendI64(int64(k) - 1000)
	case col.KindF32:
		v.AppendF32(float32(k) / 4)
	case col.KindF64:
		v.AppendF64(float64(k) / 4)
	case col.KindIv, col.KindU128:
		v.AppendWide([2]uint64{k, k % 5})
	default:
		v.AppendString(text(k))
	}
}

// text makes strings of all lengths, some equal in their first four bytes and length.
func text(k uint64) string {
	switch k % 31 {
	case 0:
		return ""
	case 1:
		return strings.Repeat(fmt.Sprint(k), 700)
	case 2:
		return fmt.Sprintf("%s%d", strings.Repeat("x", int(k%5000)), k)
	}
	s := fmt.Sprintf("abcd%dtail of a long string %d", k%3, k)
	return s[:min(len(s), int(4+k%40))] + fmt.Sprint(k%100)
}

// keyBatch makes the canonical key vectors and hashes of rows.
func keyBatch(types []col.Type, ks []uint64, nulls bool) ([]*col.Vector, []uint64) {
	keys := make([]*col.Vector, len(types))
	for c, t := range types {
		v := &col.Vector{}
		v.ResetKind(t, col.KeyKind(t), t.Scale())
		for _, k := range ks {
			value(v, k>>(8*c%16), nulls)
		}
		keys[c] = v
	}
	hash := make([]uint64, len(ks))
	seed.Keys(hash, keys)
	return keys, hash
}

// identity is the bytes of row i of vectors: the key of the models' maps.
func identity(keys []*col.Vector, i int) string {
	var b []byte
	for _, v := range keys {
		b = col.AppendIdentity(b, []col.Vector{*v}, i)
	}
	return string(b)
}

var keyShapes = [][]col.Type{
	{col.Int8}, {col.Int4}, {col.Text}, {col.Int8, col.Timestamp}, {col.UUID},
	{col.Bool, col.Text, col.Numeric, col.Float8}, {col.Interval, col.Int4}, {col.Float4, col.Text, col.Int2},
	{col.NumericType(10, 2)}, {},
}

func numbers(r *rand.Rand, n int, domain uint64) []uint64 {
	ks := make([]uint64, n)
	for i := range ks {
		ks[i] = r.Uint64N(domain)
	}
	return ks
}
