package fn

import (
	"time"

	"github.com/millracedb/millrace/base/datetime"
)

type interval = datetime.Interval

// zone is the session's.
func (c *Ctx) zone() *time.Location {
	if c.Settings == nil || c.Settings.Zone == nil {
		return time.UTC
	}
	return c.Settings.Zone
}

// Operators. Sums with a timestamptz count days and months on the session's clocks.
var (
	_ = scalar("+(date, int4) date", "Adds days.", row2e(datetime.AddDays), Fallible)
	_ = scalar("+(int4, date) date", "Adds days.", row2e(func(n, d int32) (int32, error) { return datetime.AddDays(d, n) }), Fallible)
	_ = scalar("-(date, int4) date", "Subtracts days.", row2e(datetime.SubDays), Fallible)
	_ = scalar("-(date, date) int4", "The days between two dates.", row2e(datetime.SubDates), Fallible)
	_ = scalar("+(date, time) timestamp", "Puts a date and a time together.", row2e(datetime.DateTime), Fallible)
	_ = scalar("+(time, date) timestamp", "Puts a date and a time together.", row2e(func(t int64, d int32) (int64, error) { return datetime.DateTime(d, t) }), Fallible)
	_ = scalar("+(date, interval) timestamp", "Adds an interval.", row2e(func(d int32, iv interval) (int64, error) { return dateInterval(d, iv) }), Fallible)
	_ = scalar("+(interval, date) timestamp", "Adds an interval.", row2e(func(iv interval, d int32) (int64, error) { return dateInterval(d, iv) }), Fallible)
	_ = scalar("-(date, interval) timestamp", "Subtracts an interval.", row2e(func(d int32, iv interval) (int64, error) { return dateInterval(d, iv.Neg()) }), Fallible)
	_ = scalar("+(timestamp, interval) timestamp", "Adds an interval.", row2e(datetime.AddInterval), Fallible)
	_ = scalar("+(interval, timestamp) timestamp", "Adds an interval.", row2e(func(iv interval, t int64) (int64, error) { return datetime.AddInterval(t, iv) }), Fallible)
	_ = scalar("-(timestamp, interval) timestamp", "Subtracts an interval.", row2e(func(t int64, iv interval) (int64, error) { return datetime.AddInterval(t, iv.Neg()) }), Fallible)
	_ = scalar("+(timestamptz, interval) timestamptz", "Adds an interval.", row2c(addZoned), Fallible, IsStable)
	_ = scalar("+(interval, timestamptz) timestamptz", "Adds an interval.", row2c(func(c *Ctx, iv interval, t int64) (int64, error) { return addZoned(c, t, iv) }), Fallible, IsStable)
	_ = scalar("-(timestamptz, interval) timestamptz", "Subtracts an interval.", row2c(func(c *Ctx, t int64, iv interval) (int64, error) { return addZoned(c, t, iv.Neg()) }), Fallible, IsStable)
	_ = scalar("-(timestamp, timestamp) interval", "The time between two timestamps.", row2e(datetime.SubTimestamps), Fallible)
	_ = scalar("-(timestamptz, timestamptz) interval", "The time between two timestamps.", row2e(datetime.SubTimestamps), Fallible)
	_ = scalar("+(time, interval) time", "Adds an interval, around the clock.", row2(datetime.AddTime))
	_ = scalar("+(interval, time) time", "Adds an interval, around the clock.", row2(func(iv interval, t int64) int64 { return datetime.AddTime(t, iv) }))
	_ = scalar("-(time, interval) time", "Subtracts an interval, around the clock.", row2(datetime.SubTime))
	_ = scalar("-(time, time) interval", "The time between two times of day.", row2(datetime.SubTimes))
	_ = scalar("+(interval, interval) interval", "Adds.", row2e(datetime.AddIntervals), Fallible)
	_ = scalar("-(interval, interval) interval", "Subtracts.", row2e(datetime.SubIntervals), Fallible)
	_ = scalar("-(interval) interval", "Negates.", row1e(datetime.NegInterval), Fallible)
	_ = scalar("*(interval, float8) interval", "Multiplies.", row2e(datetime.MulInterval), Fallible)
	_ = scalar("*(float8, interval) interval", "Multiplies.", row2e(func(f float64, iv interval) (interval, error) { return datetime.MulInterval(iv, f) }), Fallible)
	_ = scalar("/(interval, float8) interval", "Divides.", row2e(datetime.DivInterval), Fallible)
	_ = scalar("_clock_offset(interval) interval", "An interval without its months and days, by which a window's RANGE over times counts.", row1(func(iv interval) interval { return interval{Micros: iv.Micros} }), Inner)
)

func dateInterval(d int32, iv interval) (int64, error) {
	t, err := datetime.DateToTimestamp(d)
	if err != nil {
		return 0, err
	}
	return datetime.AddInterval(t, iv)
}

func addZoned(c *Ctx, t int64, iv interval) (int64, error) {
	return datetime.AddIntervalZone(t, iv, c.zone())
}

// The time that it is: the tick's or the transaction's, the same for all its rows.
var (
	_ = scalar("now() timestamptz", "The time at which the transaction began.", row0(transactionTime), IsStable)
	_ = scalar("transaction_timestamp() timestamptz", "The time at which the transaction began.", row0(transactionTime), IsStable)
	_ = scalar("statement_timestamp() timestamptz", "The time at which the transaction began.", row0(transactionTime), IsStable)
	_ = scalar("current_timestamp() timestamptz", "The time at which the transaction began.", row0(transactionTime), IsStable)
	_ = scalar("current_timestamp(int4) timestamptz", "The time at which the transaction began, to so many digits.", row1c(func(c *Ctx, p int32) (int64, error) { return datetime.RoundTime(c.Now, min(p, 6)), nil }), IsStable)
	_ = scalar("localtimestamp() timestamp", "The time at which the transaction began, on the session's clocks.", row0(localNow), IsStable)
	_ = scalar("localtimestamp(int4) timestamp", "The time at which the transaction began, on the session's clocks, to so many digits.", row1c(func(c *Ctx, p int32) (int64, error) { return datetime.RoundTime(localNow(c), min(p, 6)), nil }), IsStable)
	_ = scalar("localtime() time", "The time of day at which the transaction began.", row0(func(c *Ctx) int64 { t, _ := datetime.TimestampToTime(localNow(c)); return t }), IsStable)
	_ = scalar("current_date() date", "The day on which the transaction began.", row0(func(c *Ctx) int32 { return datetime.TimestampToDate(localNow(c)) }), IsStable)
	_ = scalar("clock_timestamp() timestamptz", "The time that it is now, even within a statement.", row0(func(*Ctx) int64 { return datetime.FromTime(time.Now()) }), IsVolatile)
)

func transactionTime(c *Ctx) int64 { return c.Now }

func localNow(c *Ctx) int64 { return datetime.ToLocal(c.Now, c.zone()) }

// Parts, ages and whole units.
var (
	_ = scalar("age(timestamp, timestamp) interval", "The time between two timestamps in years, months, days and time.", row2e(datetime.Age), Fallible)
	_ = scalar("age(timestamptz, timestamptz) interval", "The time between two timestamps in years, months, days and time.", row2c(func(c *Ctx, a, b int64) (interval, error) {
		return datetime.Age(datetime.ToLocal(a, c.zone()), datetime.ToLocal(b, c.zone()))
	}), Fallible, IsStable)
	_ = scalar("age(timestamp) interval", "The time between today's midnight and a timestamp.", row1c(func(c *Ctx, a int64) (interval, error) {
		return datetime.Age(today(c), a)
	}), Fallible, IsStable)
	_ = scalar("age(timestamptz) interval", "The time between today's midnight and a timestamp.", row1c(func(c *Ctx, a int64) (interval, error) {
		return datetime.Age(today(c), datetime.ToLocal(a, c.zone()))
	}), Fallible, IsStable)
	_ = scalar("isfinite(date) bool", "Tells whether a date is not infinite.", row1(datetime.DateFinite))
	_ = scalar("isfinite(timestamp) bool", "Tells whether a timestamp is not infinite.", row1(datetime.Finite))
	_ = scalar("isfinite(timestamptz) bool", "Tells whether a timestamp is not infinite.", row1(datetime.Finite))
	_ = scalar("isfinite(interval) bool", "True: intervals are finite.", row1(func(interval) bool { return true }))
	_ = scalar("justify_hours(interval) interval", "Turns 24 hours into a day.", row1e(datetime.JustifyHours), Fallible)
	_ = scalar("justify_days(interval) interval", "Turns 30 days into a month.", row1e(datetime.JustifyDays), Fallible)
	_ = scalar("justify_interval(interval) interval", "Turns hours into days and days into months.", row1e(datetime.JustifyInterval), Fallible)
	_ = scalar("date_bin(interval, timestamp, timestamp) timestamp", "The start of the stride, counted from an origin, into which a timestamp falls.", row3e(datetime.DateBin), Fallible)
	_ = scalar("date_bin(interval, timestamptz, timestamptz) timestamptz", "The start of the stride, counted from an origin, into which a timestamp falls.", row3e(datetime.DateBin), Fallible)
)

func today(c *Ctx) int64 {
	t, _ := datetime.DateToTimestamp(datetime.TimestampToDate(localNow(c)))
	return t
}

// Zones: AT TIME ZONE is timezone.
var (
	_ = scalar("timezone(text, timestamptz) timestamp", "A time on a zone's clocks.", row2c(func(c *Ctx, name []byte, t int64) (int64, error) {
		if !datetime.Finite(t) {
			return t, nil // whatever the clocks
		}
		z, err := c.namedZone(name)
		if err != nil {
			return 0, err
		}
		return z.ToLocal(t)
	}), Fallible)
	_ = scalar("timezone(text, timestamp) timestamptz", "The time at which a zone's clocks show a timestamp.", row2c(func(c *Ctx, name []byte, t int64) (int64, error) {
		if !datetime.Finite(t) {
			return t, nil // whatever the clocks
		}
		z, err := c.namedZone(name)
		if err != nil {
			return 0, err
		}
		return z.FromLocal(t)
	}), Fallible)
	_ = scalar("timezone(interval, timestamptz) timestamp", "A time on the clocks of an offset.", row2e(func(iv interval, t int64) (int64, error) {
		if !datetime.Finite(t) {
			return t, nil // whatever the clocks
		}
		z, err := datetime.ZoneAt(iv)
		if err != nil {
			return 0, err
		}
		return z.ToLocal(t)
	}), Fallible)
	_ = scalar("timezone(interval, timestamp) timestamptz", "The time at which the clocks of an offset show a timestamp.", row2e(func(iv interval, t int64) (int64, error) {
		if !datetime.Finite(t) {
			return t, nil // whatever the clocks
		}
		z, err := datetime.ZoneAt(iv)
		if err != nil {
			return 0, err
		}
		return z.FromLocal(t)
	}), Fallible)
)

func (c *Ctx) namedZone(name []byte) (datetime.NamedZone, error) {
	return c.caches.zones.get(name, func(name []byte) (datetime.NamedZone, error) { return datetime.FindZone(string(name)) })
}

// Construction.
var (
	_ = scalar("make_date(year int4, month int4, day int4) date", "Makes a date.", row3e(datetime.MakeDate), Fallible)
	_ = scalar("make_time(hour int4, min int4, sec float8) time", "Makes a time of day.", row3e(datetime.MakeTime), Fallible)
	_ = scalar("make_timestamp(year int4, month int4, mday int4, hour int4, min int4, sec float8) timestamp", "Makes a timestamp.", makeTimestamp(nil), Fallible)
	_ = scalar("make_timestamptz(year int4, month int4, mday int4, hour int4, min int4, sec float8) timestamptz", "Makes a timestamptz from the session's clocks.", makeTimestamp(sessionClocks), Fallible, IsStable)
	_ = scalar("make_timestamptz(year int4, month int4, mday int4, hour int4, min int4, sec float8, timezone text) timestamptz", "Makes a timestamptz from a zone's clocks.", makeTimestamp(namedClocks), Fallible)
	_ = scalar("make_interval(years int4 = 0, months int4 = 0, weeks int4 = 0, days int4 = 0, hours int4 = 0, mins int4 = 0, secs float8 = 0) interval", "Makes an interval.", makeInterval, Fallible)
	_ = scalar("to_timestamp(float8) timestamptz", "The time so many seconds after 1970.", row1e(datetime.FromEpoch), Fallible)
)
