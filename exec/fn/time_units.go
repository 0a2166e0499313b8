package fn

import (
	"github.com/cockroachdb/apd/v3"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/numeric"
)

// clocks tell the instant at which they show a time, for a lane.
type clocks func(lane int, local int64) (int64, error)

// makeTimestamp reads the clocks that zoned makes of the arguments; nil: those of a timestamp.
func makeTimestamp(zoned func(c *Ctx, a []*col.Vector, n int) clocks) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		var f [5]func(int) int32
		for k := range f {
			f[k] = reader[int32](a[k], n)
		}
		sec := reader[float64](a[5], n)
		instant := clocks(func(_ int, t int64) (int64, error) { return t, nil })
		if zoned != nil {
			instant = zoned(c, a, n)
		}
		span(sel, n, func(i int) {
			t, err := datetime.MakeTimestamp(f[0](i), f[1](i), f[2](i), f[3](i), f[4](i), sec(i))
			if err == nil {
				t, err = instant(i, t)
			}
			if c.put(out, i, err) {
				out.I64[i] = t
			}
		})
	}
}

// sessionClocks are the session's.
func sessionClocks(c *Ctx, _ []*col.Vector, _ int) clocks {
	return func(_ int, t int64) (int64, error) { return datetime.FromLocal(t, c.zone()), nil }
}

// namedClocks are those of the zone that the seventh argument names.
func namedClocks(_ *Ctx, a []*col.Vector, n int) clocks {
	name := reader[bs](a[6], n)
	return func(i int, t int64) (int64, error) {
		z, err := datetime.FindZoneEast(string(name(i)))
		if err != nil {
			return 0, err
		}
		return z.FromLocal(t)
	}
}

func makeInterval(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	var f [6]func(int) int32
	for k := range f {
		f[k] = reader[int32](a[k], n)
	}
	secs := reader[float64](a[6], n)
	span(sel, n, func(i int) {
		iv, err := datetime.MakeInterval(f[0](i), f[1](i), f[2](i), f[3](i), f[4](i), f[5](i), secs(i))
		if c.put(out, i, err) {
			out.Wide[i] = intervalLane(iv)
		}
	})
}

// unit is a field's name resolved: once for a constant, from a cache for a column.
type unit struct {
	name  string
	field datetime.Unit
	known bool
}

func (c *Ctx) unit(name []byte) unit {
	u, _ := c.caches.units.get(name, func(name []byte) (unit, error) {
		field, known := datetime.FindUnit(string(name))
		return unit{string(name), field, known}, nil
	})
	return u
}

// units reads the argument that names a unit.
func (c *Ctx) units(v *col.Vector, n int) func(i int) unit {
	if mask(v, n) == 0 {
		u := c.unit(v.Bytes(0))
		return func(int) unit { return u }
	}
	return func(i int) unit { return c.unit(v.Bytes(i)) }
}

// truncated is date_trunc over lanes of type T.
func truncated[T any](f func(c *Ctx, u unit, t T) (T, error)) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		u, x, w := c.units(a[0], n), reader[T](a[1], n), writer[T](out)
		span(sel, n, func(i int) {
			if t, err := f(c, u(i), x(i)); c.put(out, i, err) {
				w(i, t)
			}
		})
	}
}

var (
	_ = scalar("date_trunc(text, timestamp) timestamp", "The start of the unit of time into which a timestamp falls.", truncated(func(_ *Ctx, u unit, t int64) (int64, error) {
		return datetime.TruncTimestamp(u.field, u.name, u.known, t)
	}), Fallible)
	_ = scalar("date_trunc(text, timestamptz) timestamptz", "The start of the unit of time, on the session's clocks, into which a timestamp falls.", truncated(func(c *Ctx, u unit, t int64) (int64, error) {
		return datetime.TruncTimestamptz(u.field, u.name, u.known, t, c.zone())
	}), Fallible, IsStable)
	_ = scalar("date_trunc(text, interval) interval", "Cuts an interval to a unit.", truncated(func(_ *Ctx, u unit, iv interval) (interval, error) {
		return datetime.TruncInterval(u.field, u.name, u.known, iv)
	}), Fallible)
	_ = scalar("date_trunc(text, timestamptz, text) timestamptz", "The start of the unit of time, on a zone's clocks, into which a timestamp falls.", row3c(func(c *Ctx, name []byte, t int64, zone []byte) (int64, error) {
		if !datetime.Finite(t) {
			return t, nil
		}
		z, err := c.namedZone(zone)
		if err != nil {
			return 0, err
		}
		u := c.unit(name)
		local, err := z.ToLocal(t)
		if err != nil {
			return 0, err
		}
		local, err = datetime.TruncTimestamp(u.field, u.name, u.known, local)
		if err != nil {
			return 0, err
		}
		return z.FromLocal(local)
	}), Fallible)
)

// parts registers extract and date_part of a type whose lanes are T.
func parts[T any](typ string, f func(c *Ctx, u unit, t T) (datetime.Part, error), opts ...Option) struct{} {
	opts = append(opts, Fallible)
	scalar("extract(text, "+typ+") numeric", "A field of a time.", func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		extracted(c, a, sel, n, out, f)
	}, opts...)
	scalar("date_part(text, "+typ+") float8", "A field of a time.", func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		u, x := c.units(a[0], n), reader[T](a[1], n)
		span(sel, n, func(i int) {
			p, err := f(c, u(i), x(i))
			if !c.put(out, i, err) {
				return
			}
			v, ok := p.Float64()
			out.F64[i] = v
			if !ok {
				c.SetNull(out, i)
			}
		})
	}, opts...)
	return struct{}{}
}

// extracted fills a numeric result: of scaled integers when all parts are of one scale.
func extracted[T any](c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector, f func(c *Ctx, u unit, t T) (datetime.Part, error)) {
	u, x := c.units(a[0], n), reader[T](a[1], n)
	scale, uniform := int32(-1), true
	ps := make([]datetime.Part, n)
	span(sel, n, func(i int) {
		p, err := f(c, u(i), x(i))
		if !c.put(out, i, err) {
			return
		}
		if p.Kind == datetime.PartNull {
			c.SetNull(out, i)
			return
		}
		ps[i] = p
		if p.Kind != datetime.PartNumber || p.Hi != int64(p.Lo)>>63 || scale >= 0 && p.Scale != scale {
			uniform = false
		}
		scale = p.Scale
	})
	if uniform {
		numericOut(out, col.KindD64, max(scale, 0), n)
		for i, p := range ps {
			out.I64[i] = int64(p.Lo)
		}
		return
	}
	live := c.NotNull(out, sel, n)
	decimals(c, live, n, out, func(i int, d *apd.Decimal) error {
		p := ps[i]
		numeric.SetInt128(d, numeric.Int128{Hi: p.Hi, Lo: p.Lo}, p.Scale)
		if p.Kind != datetime.PartNumber {
			d.Form, d.Negative, d.Exponent = apd.Infinite, p.Kind == datetime.PartNegInfinity, 0
		}
		return nil
	})
}

var (
	_ = parts("date", func(_ *Ctx, u unit, d int32) (datetime.Part, error) {
		return datetime.ExtractDate(u.field, u.name, u.known, d)
	})
	_ = parts("time", func(_ *Ctx, u unit, t int64) (datetime.Part, error) {
		return datetime.ExtractTime(u.field, u.name, u.known, t)
	})
	_ = parts("timestamp", func(_ *Ctx, u unit, t int64) (datetime.Part, error) {
		return datetime.ExtractTimestamp(u.field, u.name, u.known, t)
	})
	_ = parts("timestamptz", func(c *Ctx, u unit, t int64) (datetime.Part, error) {
		return datetime.ExtractTimestamptz(u.field, u.name, u.known, t, c.zone())
	}, IsStable)
	_ = parts("interval", func(_ *Ctx, u unit, iv interval) (datetime.Part, error) {
		return datetime.ExtractInterval(u.field, u.name, u.known, iv)
	})
)
