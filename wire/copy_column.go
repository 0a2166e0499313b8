package wire

import (
	"bytes"
	"encoding/binary"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/jsonb"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/pgtext"
	"github.com/millracedb/millrace/base/typeio"
)

// kernel appends the fields of column k of the first n pending rows to the batch's column,
// up to the first that has an error, whose row it returns.
type kernel func(d *decoder, k, n int) (row int, err *pgerr.Error)

// textKernel chooses the kernel of a type in text and csv. Numbers: no number or time can
// be the null string, so that what reads as one is one.
func textKernel(t col.Type, numbers bool) kernel {
	switch t.OID {
	case col.OIDInt8:
		if numbers {
			return readInt64s
		}
	case col.OIDInt4:
		if numbers {
			return readInt32s
		}
	case col.OIDTimestamp:
		if numbers && t.Mod < 0 {
			return readTimestamps
		}
	case col.OIDText, col.OIDUnknown:
		return func(d *decoder, k, n int) (int, *pgerr.Error) { return readViews(d, k, n, nil) }
	case col.OIDVarchar:
		if limit := t.Length(); limit >= 0 {
			return func(d *decoder, k, n int) (int, *pgerr.Error) {
				return readViews(d, k, n, func(b []byte) ([]byte, error) { return pgtext.Varchar(b, limit, false) })
			}
		}
		return func(d *decoder, k, n int) (int, *pgerr.Error) { return readViews(d, k, n, nil) }
	case col.OIDJSON:
		return func(d *decoder, k, n int) (int, *pgerr.Error) {
			return readViews(d, k, n, func(b []byte) ([]byte, error) { return b, jsonb.ValidateText(b) })
		}
	}
	parse := typeio.Of(t).ParseText
	return func(d *decoder, k, n int) (int, *pgerr.Error) {
		v := &d.batch.Cols[k]
		for r := range n {
			b, null := d.value(r, k)
			if null {
				v.AppendNull()
			} else if err := parse(v, b, d.o.Settings); err != nil {
				return r, d.failed(r, k, b, err)
			}
		}
		return 0, nil
	}
}

// slow reads a field that is no plain value of its type: NULL, or a value into d.one.
func (d *decoder) slow(r, k int) (null bool, e *pgerr.Error) {
	b, null := d.value(r, k)
	if null {
		return true, nil
	}
	d.one.Reset(d.o.Columns[k].Type)
	if err := typeio.ParseText(&d.one, b, d.o.Settings); err != nil {
		return false, d.failed(r, k, b, err)
	}
	return false, nil
}

// slowLane reads a field by slow into its lane: lanes are those of column k, one that of
// d.one, and the pending rows begin at base.
func slowLane[T int32 | int64](d *decoder, lanes []T, one *[]T, base, r, k int) *pgerr.Error {
	null, err := d.slow(r, k)
	switch {
	case err != nil:
		return err
	case null:
		d.batch.Cols[k].SetNull(base + r)
		lanes[base+r] = 0
	default:
		lanes[base+r] = (*one)[0]
	}
	return nil
}

// lanes makes room for n more values of a column and returns where they begin.
func (d *decoder) lanes(k, n int) (v *col.Vector, base int) {
	v = &d.batch.Cols[k]
	base = v.N
	v.Resize(base + n)
	return v, base
}

func readInt64s(d *decoder, k, n int) (int, *pgerr.Error) {
	v, base := d.lanes(k, n)
	buf := d.arena[:cap(d.arena)]
	for r := range n {
		start, end, marked := d.span(r, k)
		if x, ok := digits(buf, start, end); ok && !marked {
			v.I64[base+r] = x
			continue
		}
		if err := slowLane(d, v.I64, &d.one.I64, base, r, k); err != nil {
			return r, err
		}
	}
	return 0, nil
}

func readInt32s(d *decoder, k, n int) (int, *pgerr.Error) {
	v, base := d.lanes(k, n)
	buf := d.arena[:cap(d.arena)]
	for r := range n {
		start, end, marked := d.span(r, k)
		if x, ok := digits(buf, start, end); ok && !marked && x == int64(int32(x)) {
			v.I32[base+r] = int32(x)
			continue
		}
		if err := slowLane(d, v.I32, &d.one.I32, base, r, k); err != nil {
			return r, err
		}
	}
	return 0, nil
}

// digits reads a number of 1 to 16 digits and nothing else, eight at a time. buf has
// arenaPadding readable bytes behind it. Source of the technique: D. Lemire, "Quickly
// parsing eight digits".
func digits(buf []byte, start, end uint32) (x int64, ok bool) {
	n := end - start
	if n-1 >= 16 {
		return 0, false
	}
	if n > 8 {
		w := binary.LittleEndian.Uint64(buf[start:])
		if !allDigits(w) {
			return 0, false
		}
		x = int64(eightDigits(w)) * powers[n-8]
		start, n = start+8, n-8
	}
	// The digits move to the high bytes, zeros come in below them.
	shift := 64 - 8*n
	w := binary.LittleEndian.Uint64(buf[start:])<<shift | uint64(ones*'0')>>1>>(63-shift)
	if !allDigits(w) {
		return 0, false
	}
	return x + int64(eightDigits(w)), true
}

var powers = [...]int64{1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000}

func allDigits(w uint64) bool {
	const zeros = ones * '0'
	return (w^zeros)&0xf0f0f0f0f0f0f0f0 == 0 && (w^zeros+ones*6)&0xf0f0f0f0f0f0f0f0 == 0
}

func eightDigits(w uint64) uint64 {
	w -= ones * '0'
	w = w*10 + w>>8
	return (w&0x000000ff000000ff*0x000f424000000064 + w>>16&0x000000ff000000ff*0x0000271000000001) >> 32
}

func readTimestamps(d *decoder, k, n int) (int, *pgerr.Error) {
	v, base := d.lanes(k, n)
	var day []byte // the last date read, and when it begins
	var midnight int64
	for r := range n {
		start, end, marked := d.span(r, k)
		b := d.arena[start:end:end]
		if len(b) >= 19 && !marked {
			if day != nil && bytes.Equal(day, b[:10]) {
				if t, ok := clock(b); ok {
					v.I64[base+r] = midnight + t
					continue
				}
			} else if t, ok := datetime.ParseISOTimestamp(b); ok {
				v.I64[base+r] = t
				if date, ok := datetime.ParseISODate(b[:10]); ok {
					day, midnight = b[:10], int64(date)*datetime.Day
				}
				continue
			}
		}
		if err := slowLane(d, v.I64, &d.one.I64, base, r, k); err != nil {
			return r, err
		}
	}
	return 0, nil
}

// clock reads the time of an ISO timestamp, HH:MM:SS[.ffffff] from byte 11 on, with up to
// six digits.
func clock(b []byte) (us int64, ok bool) {
	if len(b) > 26 || b[10] != ' ' || b[13] != ':' || b[16] != ':' || len(b) > 19 && (b[19] != '.' || len(b) == 20) {
		return 0, false
	}
	h, m, s := pair(b[11], b[12]), pair(b[14], b[15]), pair(b[17], b[18])
	if h > 23 || m > 59 || s > 59 {
		return 0, false
	}
	us = int64(h*3600+m*60+s) * 1000000
	unit := int64(100000)
	for _, c := range b[min(20, len(b)):] {
		if c -= '0'; c > 9 {
			return 0, false
		}
		us += int64(c) * unit
		unit /= 10
	}
	return us, true
}

// pair is the number of two digits, or more than 99.
func pair(a, b byte) uint32 {
	if a -= '0'; a > 9 {
		return 100
	}
	if b -= '0'; b > 9 {
		return 100
	}
	return uint32(a)*10 + uint32(b)
}

// readViews reads text that stays where it is, in the arena: long values are views of it.
// Check, if any, refuses values or returns a part of them from their start.
func readViews(d *decoder, k, n int, check func([]byte) ([]byte, error)) (int, *pgerr.Error) {
	v, base := d.lanes(k, n)
	buf := d.arena[:cap(d.arena)]
	for r := range n {
		start, _, _ := d.span(r, k)
		b, null := d.value(r, k)
		if null {
			v.SetNull(base + r)
			v.Str[base+r] = col.Str{}
			continue
		}
		if check != nil {
			kept, err := check(b)
			if err != nil {
				return r, d.failed(r, k, b, err)
			}
			b = kept
		}
		v.Str[base+r] = viewOf(buf, start, uint32(len(b)))
	}
	return 0, nil
}

// viewOf is the view of n bytes at start in the arena, which is the vector's first. buf has
// arenaPadding readable bytes behind it.
func viewOf(buf []byte, start, n uint32) col.Str {
	prefix := binary.LittleEndian.Uint32(buf[start:])
	if n > col.InlineLen {
		return col.Str{Lo: uint64(n) | uint64(prefix)<<32, Hi: uint64(start)}
	}
	rest := binary.LittleEndian.Uint64(buf[start+4:])
	if n <= 4 {
		return col.Str{Lo: uint64(n) | uint64(prefix)&(1<<(8*n)-1)<<32}
	}
	return col.Str{Lo: uint64(n) | uint64(prefix)<<32, Hi: rest & (1<<(8*(n-4)) - 1)}
}

// binaryKernel chooses the kernel of a type in the binary format.
func binaryKernel(t col.Type) kernel {
	switch t.OID {
	case col.OIDInt8:
		return readBinaryInt64s
	case col.OIDText, col.OIDUnknown:
		return readBinaryViews
	case col.OIDVarchar:
		if t.Length() < 0 {
			return readBinaryViews
		}
	}
	parse := typeio.Of(t).ParseBinary
	return func(d *decoder, k, n int) (int, *pgerr.Error) {
		v := &d.batch.Cols[k]
		for r := range n {
			start, end, null := d.span(r, k)
			if null {
				v.AppendNull()
			} else if err := parse(v, d.arena[start:end:end]); err != nil {
				return r, d.failed(r, k, nil, binaryError(t, int(end-start), err))
			}
		}
		return 0, nil
	}
}

// binaryError words a refused binary form as PostgreSQL does: too short, or wrong.
func binaryError(t col.Type, n int, err error) error {
	if info, ok := t.Info(); ok && info.Len > n && pgerr.CodeOf(err) == pgerr.InvalidBinaryRepresentation {
		return pgerr.New(pgerr.ProtocolViolation, "insufficient data left in message")
	}
	return err
}

func readBinaryInt64s(d *decoder, k, n int) (int, *pgerr.Error) {
	v, base := d.lanes(k, n)
	for r := range n {
		start, end, null := d.span(r, k)
		switch {
		case null:
			v.SetNull(base + r)
			v.I64[base+r] = 0
		case end-start != 8:
			err := pgerr.New(pgerr.InvalidBinaryRepresentation, "incorrect binary data format")
			return r, d.failed(r, k, nil, binaryError(v.Type, int(end-start), err))
		default:
			v.I64[base+r] = int64(be.Uint64(d.arena[start:]))
		}
	}
	return 0, nil
}

func readBinaryViews(d *decoder, k, n int) (int, *pgerr.Error) {
	v, base := d.lanes(k, n)
	buf := d.arena[:cap(d.arena)]
	for r := range n {
		start, end, null := d.span(r, k)
		if null {
			v.SetNull(base + r)
			v.Str[base+r] = col.Str{}
			continue
		}
		if err := checkText(d.arena[start:end]); err != nil {
			return r, d.failed(r, k, nil, err)
		}
		v.Str[base+r] = viewOf(buf, start, end-start)
	}
	return 0, nil
}
