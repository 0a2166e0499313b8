package table

import (
	"math/bits"
	"slices"

	"github.com/millracedb/millrace/base/col"
)

// packBlock is the number of integers that share a frame.
const packBlock = 1024

// packed is integers in frames: each is base + position·slope + a residual of width bits,
// so that ascending values cost as little as equal ones and any value is read directly.
type packed struct {
	n      int
	frames []frame
	words  []uint64 // one word more than the residuals fill
}

type frame struct {
	base, slope uint64
	at          uint32 // first word
	width       uint8
}

// pack encodes integers; the sums wrap, so that any int64 fits.
func pack(v []int64) *packed {
	frames := (len(v) + packBlock - 1) / packBlock
	p := &packed{n: len(v), frames: make([]frame, 0, frames)}
	for lo := 0; lo < len(v); lo += packBlock {
		if lo == packBlock { // the others are likely to be as the first
			p.words = slices.Grow(p.words, (frames-1)*len(p.words)+1)
		}
		p.addFrame(v[lo:min(len(v), lo+packBlock)])
	}
	p.words = append(p.words, 0)
	if cap(p.words)-len(p.words) > len(p.words)/8 {
		p.words = slices.Clone(p.words)
	}
	return p
}

// residuals is the least residual and the width of them all, for a slope.
func residuals(v []int64, slope int64) (least int64, width uint8) {
	lo, hi := v[0], v[0]
	for i, x := range v {
		x -= int64(i) * slope
		lo, hi = min(lo, x), max(hi, x)
	}
	return lo, uint8(bits.Len64(uint64(hi) - uint64(lo)))
}

// narrower reports whether residuals by a slope may be of less than a width: no less than those of
// some of the values are.
func narrower(v []int64, slope int64, width uint8) bool {
	lo, hi := v[0], v[0]
	for i := 0; i < len(v); i += len(v)/32 + 1 {
		x := v[i] - int64(i)*slope
		lo, hi = min(lo, x), max(hi, x)
	}
	return uint8(bits.Len64(uint64(hi)-uint64(lo))) < width
}

func (p *packed) addFrame(v []int64) {
	base, width := residuals(v, 0)
	slope := int64(0)
	if len(v) > 1 && width > 0 {
		// A slope beyond this could make the residuals wrap, and saves nothing.
		if d := v[len(v)-1]/int64(len(v)-1) - v[0]/int64(len(v)-1); d > -1<<40 && d < 1<<40 && width < 62 {
			for _, s := range [2]int64{d, d + 1} {
				if !narrower(v, s, width) {
					continue
				}
				if b, w := residuals(v, s); w < width {
					base, width, slope = b, w, s
				}
			}
		}
	}
	f := frame{base: uint64(base), slope: uint64(slope), at: uint32(len(p.words)), width: width}
	p.frames = append(p.frames, f)
	p.words = append(p.words, make([]uint64, (len(v)*int(width)+63)/64)...)
	w := p.words[f.at:]
	for i, x := range v {
		r := uint64(x) - f.base - uint64(i)*f.slope
		bit := i * int(width)
		if width == 0 {
			continue
		}
		w[bit>>6] |= r << (bit & 63)
		if bit&63+int(width) > 64 {
			w[bit>>6+1] |= r >> (64 - bit&63)
		}
	}
}

func (f *frame) get(words []uint64, i int) int64 {
	v := f.base + uint64(i)*f.slope
	if f.width == 0 {
		return int64(v)
	}
	bit := i * int(f.width)
	w := words[int(f.at)+bit>>6:]
	s := uint(bit & 63)
	r := w[0] >> s
	if s+uint(f.width) > 64 {
		r |= w[1] << (64 - s)
	}
	return int64(v + r&(^uint64(0)>>(64-f.width)))
}

func (p *packed) get(i int) int64 { return p.frames[i/packBlock].get(p.words, i%packBlock) }

// unpack decodes the values from lo on into dst.
func unpack[T int32 | int64 | uint32](p *packed, dst []T, lo int) {
	for at := 0; at < len(dst); {
		i := lo + at
		f := &p.frames[i/packBlock]
		from := i % packBlock
		k := min(len(dst)-at, packBlock-from)
		out := dst[at : at+k]
		at += k
		v := f.base + uint64(from)*f.slope
		if f.width == 0 {
			for j := range out {
				out[j] = T(v)
				v += f.slope
			}
			continue
		}
		unpackFrame(out, f, p.words[f.at:], from, v)
	}
}

func unpackFrame[T int32 | int64 | uint32](out []T, f *frame, words []uint64, from int, v uint64) {
	width := uint(f.width)
	mask := ^uint64(0) >> (64 - width)
	bit := uint(from) * width
	slope := f.slope
	for j := range out {
		w := words[bit>>6 : bit>>6+2]
		s := bit & 63
		// A shift by 64 gives 0 in Go, so the second word counts only where it must.
		r := w[0]>>s | w[1]<<(64-s)
		out[j] = T(v + r&mask)
		v += slope
		bit += width
	}
}

func (p *packed) bytes() int64 { return int64(len(p.frames)*24 + len(p.words)*8) }

// intLanes is a column of integers: KindI32, KindI64 and KindD64.
type intLanes struct{ *packed }

func (l intLanes) window(dst *col.Vector, lo, hi int) {
	if dst.Kind == col.KindI32 {
		unpack(l.packed, dst.I32[:hi-lo], lo)
	} else {
		unpack(l.packed, dst.I64[:hi-lo], lo)
	}
}

func (l intLanes) take(dst *col.Vector, slot int) {
	if x := l.get(slot); dst.Kind == col.KindI32 {
		dst.AppendI32(int32(x))
	} else {
		dst.AppendI64(x)
	}
}

func (l intLanes) same(slot int, v *col.Vector, i int) bool {
	if v.Kind == col.KindI32 {
		return int32(l.get(slot)) == v.I32[i]
	}
	return l.get(slot) == v.I64[i]
}
