package fn

import (
	"bytes"

	"github.com/cockroachdb/apd/v3"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/numeric"
)

// Pictures are compiled once and kept in the context.

func (c *Ctx) timePicture(format bs) *datetime.Picture {
	p, _ := c.caches.times.get(format, func(f []byte) (*datetime.Picture, error) { return datetime.NewPicture(string(f)), nil })
	return p
}

func (c *Ctx) numberPicture(format bs) (*numeric.Picture, error) {
	return c.caches.numbers.get(format, func(f []byte) (*numeric.Picture, error) { return numeric.NewPicture(string(f)) })
}

func picture(b bs, ok bool, err error) (bs, error) {
	if err == nil && !ok {
		err = errNull
	}
	return b, err
}

func integerToChar[T int32 | int64](c *Ctx, dst bs, x T, format bs) (bs, error) {
	p, err := c.numberPicture(format)
	if err != nil {
		return dst, err
	}
	var d apd.Decimal
	numeric.SetInt64(&d, int64(x), 0)
	return p.AppendNumeric(dst, &d)
}

func floatToChar[T float32 | float64](size int) func(c *Ctx, dst bs, x T, format bs) (bs, error) {
	return func(c *Ctx, dst bs, x T, format bs) (bs, error) {
		p, err := c.numberPicture(format)
		if err != nil {
			return dst, err
		}
		return p.AppendFloat(dst, float64(x), size), nil
	}
}

// timestampToChar writes the text of neighbours once where the format cannot tell them apart.
func timestampToChar(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	times, formats := reader[int64](a[0], n), reader[bs](a[1], n)
	from, end, lane := int64(1), int64(0), 0 // what lane's text stands for
	var last bs
	span(sel, n, func(i int) {
		t, format := times(i), formats(i)
		if from <= t && t < end && bytes.Equal(format, last) {
			out.Str[i] = out.Str[lane]
			return
		}
		p := c.timePicture(format)
		b, ok := p.AppendTimestamp(c.buf[:0], t)
		b, err := picture(b, ok, nil)
		c.bytesOut(out, i, b, err)
		from, end, lane, last = 1, 0, i, format
		if ok {
			from, end = p.Span(t)
		}
	})
}

var (
	_ = scalar("to_char(timestamp, text) text", "A timestamp in a format.", timestampToChar, Costly, Weighs(patternWeight(pictureBytes)))
	_ = scalar("to_char(timestamptz, text) text", "A time on the session's clocks in a format.", text2x(func(c *Ctx, dst bs, t int64, format bs) (bs, error) {
		b, ok := c.timePicture(format).AppendTimestamptz(dst, t, c.Settings)
		return picture(b, ok, nil)
	}), IsStable, Costly, Weighs(patternWeight(pictureBytes)))
	_ = scalar("to_char(interval, text) text", "An interval in a format.", text2x(func(c *Ctx, dst bs, iv interval, format bs) (bs, error) {
		return picture(c.timePicture(format).AppendInterval(dst, iv))
	}), Fallible, Costly, Weighs(patternWeight(pictureBytes)))
	_ = scalar("to_char(int4, text) text", "A number in a format.", text2x(integerToChar[int32]), Fallible, Costly, Weighs(patternWeight(pictureBytes)))
	_ = scalar("to_char(int8, text) text", "A number in a format.", text2x(integerToChar[int64]), Fallible, Costly, Weighs(patternWeight(pictureBytes)))
	_ = scalar("to_char(float4, text) text", "A number in a format.", text2x(floatToChar[float32](32)), Fallible, Costly, Weighs(patternWeight(pictureBytes)))
	_ = scalar("to_char(float8, text) text", "A number in a format.", text2x(floatToChar[float64](64)), Fallible, Costly, Weighs(patternWeight(pictureBytes)))
	_ = scalar("to_char(numeric, text) text", "A number in a format.", text2x(func(c *Ctx, dst bs, d dec, format bs) (bs, error) {
		p, err := c.numberPicture(format)
		if err != nil {
			return dst, err
		}
		return p.AppendNumeric(dst, d)
	}), Fallible, Costly, Weighs(patternWeight(pictureBytes)))
	_ = scalar("to_number(text, text) numeric", "The number that a text in a format stands for.", row2c(func(c *Ctx, text, format bs) (dec, error) {
		p, err := c.numberPicture(format)
		if err != nil {
			return nil, err
		}
		d := new(apd.Decimal)
		return d, p.Parse(d, string(text))
	}), Fallible, Costly, Weighs(patternWeight(pictureBytes)))
	_ = scalar("to_date(text, text) date", "The date that a text in a format stands for.", row2c(func(c *Ctx, text, format bs) (int32, error) {
		return c.timePicture(format).ParseDate(string(text))
	}), Fallible, Costly, Weighs(patternWeight(pictureBytes)))
	_ = scalar("to_timestamp(text, text) timestamptz", "The time that a text in a format stands for.", row2c(func(c *Ctx, text, format bs) (int64, error) {
		return c.timePicture(format).ParseTimestamptz(string(text), c.Settings)
	}), Fallible, IsStable, Costly, Weighs(patternWeight(pictureBytes)))
)
