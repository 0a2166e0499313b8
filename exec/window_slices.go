package exec

import "math"

// slicing cuts time into slices so that each hopping or cumulating window is a run of them:
// what a row adds to its slice it adds to every window that holds the slice. Slices are
// numbered by their start. Hopping window w starts w slides from the offset; cumulating window
// w ends with slice w.
type slicing struct {
	WindowSpec
	unit int64 // µs of a slice
	most int64 // slices of the longest window
	step int64 // slices from the start of one hopping window to that of the next
	per  int64 // slices of a block, which lie together
}

const (
	// timeless is the slice, block and window of rows without a time, or at infinity.
	timeless = math.MaxInt64
	// maxSlices is of how many slices a window may be: each that a change concerns is read
	// once for every window.
	maxSlices = 64
	// A block has up to 8 slices, and not more than these bytes.
	blockSlices, blockBytes = 8, 512
)

// Sliced reports whether windows are several slices, and so few that merging these is less
// work than to give each row all its windows.
func (s WindowSpec) Sliced() bool {
	n := s.Size / greatestCommon(s.Slide, s.Size)
	return s.Slide < s.Size && n <= maxSlices
}

func greatestCommon(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func newSlicing(s WindowSpec, bytes int) slicing {
	c := slicing{WindowSpec: s, unit: greatestCommon(s.Slide, s.Size)}
	c.most, c.step = s.Size/c.unit, s.Slide/c.unit
	c.per = max(1, min(c.most, blockSlices, int64(blockBytes/bytes)))
	return c
}

// floorDiv is a / b rounded down, of a positive b.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// slice is where an instant lies; start is the instant at which a slice begins.
func (c slicing) slice(t int64) int64 { return floorDiv(t-c.Offset, c.unit) }
func (c slicing) start(s int64) int64 { return s*c.unit + c.Offset }

// block is where a slice lies, and its place there.
func (c slicing) block(s int64) (block, place int64) {
	if s == timeless {
		return timeless, 0
	}
	block = floorDiv(s, c.per)
	return block, s - block*c.per
}

// reach is how many blocks away the slices of a common window may lie.
func (c slicing) reach() int64 { return (c.most - 1 + c.per - 1) / c.per }

// windows are the first and the last window that hold a slice.
func (c slicing) windows(s int64) (first, last int64) {
	if c.Cumulate {
		return s, floorDiv(s, c.most)*c.most + c.most - 1
	}
	return floorDiv(s-c.most, c.step) + 1, floorDiv(s, c.step)
}

// slices are the first and the last slice of a window.
func (c slicing) slices(w int64) (first, last int64) {
	if c.Cumulate {
		return floorDiv(w, c.most) * c.most, w
	}
	return w * c.step, w*c.step + c.most - 1
}

// bounds are a window's start and end.
func (c slicing) bounds(w int64) (start, end int64) {
	first, last := c.slices(w)
	return c.start(first), c.start(last) + c.unit
}

// open is the first window that a row at the watermark or after it may lie in.
func (c slicing) open(watermark int64) int64 {
	switch {
	case c.far(watermark) && watermark > 0:
		return timeless
	case c.far(watermark):
		return math.MinInt64
	}
	first, _ := c.windows(c.slice(watermark))
	return first
}

// kept is the first block that windows from one on read.
func (c slicing) kept(w int64) int64 {
	if w == timeless || w == math.MinInt64 {
		return w
	}
	first, _ := c.slices(w)
	block, _ := c.block(first)
	return block
}
