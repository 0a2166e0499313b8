package datetime

import "github.com/millracedb/millrace/base/pgerr"

// TumbleStart is the start of the window of width micros that holds ts: the greatest
// offset + n × width that is not after ts; width > 0. Infinities are their own windows.
func TumbleStart(ts, width, offset int64) int64 {
	if !Finite(ts) {
		return ts
	}
	// In unsigned arithmetic modulo the width: ts - offset need not fit.
	r := ((ts%width-offset%width)%width + width) % width
	return ts - r
}

// HopStarts is the range of starts of the windows of width size, one every slide, that
// hold ts: first, first+slide, … last. There are none if last < first, which a slide
// above the size makes possible. size, slide > 0.
func HopStarts(ts, slide, size, offset int64) (first, last int64) {
	last = TumbleStart(ts, slide, offset)
	if !Finite(ts) {
		return last, last
	}
	// The first start after ts - size.
	return TumbleStart(ts-size, slide, offset) + slide, last
}

// WindowMicros is the width of windows that an interval says. 22023 for months, whose
// length varies, and for widths that are not positive.
func WindowMicros(iv Interval) (int64, error) {
	if iv.Months != 0 {
		return 0, pgerr.New(pgerr.InvalidParameterValue, "window size must not contain months or years")
	}
	hi, lo := iv.Key()
	if hi != 0 || lo == 0 || int64(lo) < 0 {
		return 0, pgerr.New(pgerr.InvalidParameterValue, "window size must be positive")
	}
	return int64(lo), nil
}

// DateBin is date_bin(stride, ts, origin). 0A000 for months, 22008 otherwise.
func DateBin(stride Interval, ts, origin int64) (int64, error) {
	if !Finite(ts) {
		return ts, nil
	}
	if !Finite(origin) {
		return 0, pgerr.New(pgerr.DatetimeFieldOverflow, "origin out of range")
	}
	if stride.Months != 0 {
		return 0, pgerr.New(pgerr.FeatureNotSupported, "timestamps cannot be binned into intervals containing months or years")
	}
	hi, lo := stride.Key()
	if hi > 0 || hi == 0 && int64(lo) < 0 {
		return 0, errIntervalRange()
	}
	if hi < 0 || lo == 0 {
		return 0, pgerr.New(pgerr.DatetimeFieldOverflow, "stride must be greater than zero")
	}
	return checkTimestamp(TumbleStart(ts, int64(lo), origin), nil)
}
