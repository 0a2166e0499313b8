package table

import (
	"encoding/binary"
	"math"

	"github.com/klauspost/compress/s2"

	"github.com/millracedb/millrace/base/col"
)

// The encodings of a column; the numbers are part of the format.
const (
	encInts   = 1
	encBits   = 2
	encF32    = 3
	encF64    = 4
	encScaled = 5
	encWide   = 6
	encDict   = 7
	encText   = 8
)

func putColumn(dst []byte, c *sealedColumn) []byte {
	dst = putUint(dst, uint64(c.typ.OID))
	dst = putInt(dst, int64(c.typ.Mod))
	dst = putWords(dst, c.valid)
	if c.z == nil {
		dst = append(dst, 0)
	} else {
		dst = putUint(append(dst, 1), uint64(c.z.nulls))
		dst = putBytes(putBytes(dst, c.z.min), c.z.max)
	}
	return c.lanes.put(putProfile(dst, c.p))
}

// column is a column of n values that must be of the type.
func (r *reader) column(t col.Type, n int) *sealedColumn {
	c := &sealedColumn{typ: t, kind: t.Kind(), scale: t.Scale(), n: n}
	if oid, mod := r.uint(), r.int(); oid != uint64(t.OID) || mod != int64(t.Mod) {
		r.fail("column of type %d (%d) stands where %s belongs", oid, mod, t)
		return c
	}
	if c.valid = r.words(); len(c.valid) == 0 {
		c.valid = nil
	} else if len(c.valid) != col.Words(n) {
		r.fail("validity of %d words for %d values", len(c.valid), n)
	}
	if r.byte() != 0 {
		c.z = &zone{nulls: r.count(n, "NULLs"), min: r.bytes(), max: r.bytes()}
		if len(c.z.min) == 0 {
			c.z.min = nil
		}
		if len(c.z.max) == 0 {
			c.z.max = nil
		}
	}
	if r.format >= profilesSince {
		c.p = r.profile(t, n)
	}
	c.lanes = r.lanes(c.kind, n)
	return c
}

// lanes decodes the values of a column, in an encoding that its kind can have.
func (r *reader) lanes(k col.Kind, n int) lanes {
	enc := r.byte()
	switch {
	case enc == encInts && (k == col.KindI32 || k == col.KindI64 || k == col.KindD64):
		return intLanes{r.packed(n)}
	case enc == encBits && k == col.KindBit:
		return bitLanes(r.wordsOf(col.Words(n)))
	case enc == encF32 && k == col.KindF32:
		l := make(f32Lanes, n)
		for i := range l {
			l[i] = math.Float32frombits(uint32(r.fixed(4)))
		}
		return l
	case enc == encF64 && k == col.KindF64:
		l := make(f64Lanes, n)
		for i, x := range r.wordsOf(n) {
			l[i] = math.Float64frombits(x)
		}
		return l
	case enc == encScaled && k == col.KindF64:
		l := scaledLanes{digits: r.byte()}
		if int(l.digits) >= len(powers) {
			r.fail("decimals of %d digits", l.digits)
		}
		l.packed = r.packed(n)
		return l
	case enc == encWide && (k == col.KindIv || k == col.KindU128):
		l := make(wideLanes, n)
		for i, x := range r.wordsOf(2 * n) {
			l[i/2][i%2] = x
		}
		return l
	case enc == encDict && k.IsView():
		return r.dict(n)
	case enc == encText && k.IsView():
		return r.text(n)
	}
	r.fail("encoding %d of kind %d", enc, k)
	return nil
}

func (l intLanes) put(dst []byte) []byte { return putPacked(append(dst, encInts), l.packed) }
func (l bitLanes) put(dst []byte) []byte { return putWords(append(dst, encBits), l) }
func (l f64Lanes) put(dst []byte) []byte { return putWords(append(dst, encF64), floatBits(l)) }

func (l f32Lanes) put(dst []byte) []byte {
	dst = append(dst, encF32)
	for _, x := range l {
		dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(x))
	}
	return dst
}

func (l scaledLanes) put(dst []byte) []byte {
	return putPacked(append(dst, encScaled, l.digits), l.packed)
}

func (l wideLanes) put(dst []byte) []byte {
	dst = putUint(append(dst, encWide), uint64(2*len(l)))
	for _, x := range l {
		dst = binary.LittleEndian.AppendUint64(dst, x[0])
		dst = binary.LittleEndian.AppendUint64(dst, x[1])
	}
	return dst
}

func (l *dictLanes) put(dst []byte) []byte {
	dst = putUint(append(dst, encDict), uint64(len(l.views)))
	for i := range l.views {
		dst = putBytes(dst, viewBytes(&l.views[i], l.arena[0]))
	}
	return putPacked(dst, l.codes)
}

func (r *reader) dict(n int) lanes {
	l := &dictLanes{}
	var arena []byte
	values := r.count(min(maxRows, len(r.b)), "dictionary entries")
	for range values {
		b := r.take(r.uint())
		l.views = append(l.views, viewOf(b, 0, uint32(len(arena))))
		if len(b) > col.InlineLen {
			arena = append(arena, b...)
		}
	}
	if len(arena) > maxDict {
		r.fail("dictionary of %d bytes", len(arena))
	}
	l.arena = [][]byte{arena[:len(arena):len(arena)]}
	l.codes = r.packed(n)
	for i := range n {
		if r.err != nil {
			break
		}
		if c := l.codes.get(i); c < 0 || c >= int64(values) {
			r.fail("code %d of a dictionary of %d", c, values)
		}
	}
	return l
}

func (l *textLanes) put(dst []byte) []byte {
	dst = append(dst, encText, l.shift)
	dst = putPacked(dst, l.ends)
	dst = putWords(dst, l.starts)
	return putBytes(dst, l.data)
}

func (r *reader) text(n int) lanes {
	l := &textLanes{n: n, shift: r.byte()}
	if l.shift > 12 {
		r.fail("blocks of 2^%d strings", l.shift)
		return l
	}
	l.ends = r.packed(n)
	l.starts = r.wordsOf((n+1<<l.shift-1)>>l.shift + 1)
	l.data = r.bytes()
	if r.err == nil {
		r.checkText(l)
	}
	return l
}

// checkText makes sure that every string and block lies where its edges say.
func (r *reader) checkText(l *textLanes) {
	last := int64(0)
	for i := range l.n {
		if end := l.ends.get(i); end < last || end > maxBlobValues {
			r.fail("string %d ends at %d, after %d", i, end, last)
			return
		} else {
			last = end
		}
	}
	if l.starts[0] != 0 || l.starts[len(l.starts)-1] != uint64(len(l.data)) {
		r.fail("blocks do not fill %d bytes", len(l.data))
		return
	}
	for b := range len(l.starts) - 1 {
		from, to := l.starts[b], l.starts[b+1]
		if from > to || to > uint64(len(l.data)) {
			r.fail("block %d lies from %d to %d", b, from, to)
			return
		}
		raw := l.edge(min(l.n, (b+1)<<l.shift)) - l.edge(b<<l.shift)
		if int64(to-from) == raw {
			continue
		}
		if n, err := s2.DecodedLen(l.data[from:to]); err != nil || int64(n) != raw {
			r.fail("block %d does not decode to %d bytes", b, raw)
			return
		}
	}
}
