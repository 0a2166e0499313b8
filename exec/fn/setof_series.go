package fn

import (
	"github.com/cockroachdb/apd/v3"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/numeric"
	"github.com/millracedb/millrace/base/pgerr"
)

var (
	_ = setof("generate_series(int4, int4, int4 = 1) int4", "Integers from one to another.", func() Rows {
		return &series[int32]{read: func(v *col.Vector, i int) int32 { return v.I32[i] }, put: (*col.Vector).AppendI32}
	}, Fallible)
	_ = setof("generate_series(int8, int8, int8 = 1) int8", "Integers from one to another.", func() Rows {
		return &series[int64]{read: func(v *col.Vector, i int) int64 { return v.I64[i] }, put: (*col.Vector).AppendI64}
	}, Fallible)
	_ = setof("generate_series(numeric, numeric, numeric = 1) numeric", "Numbers from one to another.", func() Rows { return &numericSeries{} }, Fallible)
	_ = setof("generate_series(timestamp, timestamp, interval) timestamp", "Times from one to another.", func() Rows { return &timeSeries{} }, Fallible)
	_ = setof("generate_series(timestamptz, timestamptz, interval) timestamptz", "Times from one to another, by the session's time zone.", func() Rows { return &timeSeries{zoned: true} }, Fallible, IsStable)
)

var errNoStep = pgerr.New(pgerr.InvalidParameterValue, "step size cannot equal zero")

// series counts. left is how many are still to come, which no type of its own could overflow.
type series[T int32 | int64] struct {
	read     func(v *col.Vector, i int) T
	put      func(v *col.Vector, x T)
	at, step T
	left     uint64
	some     bool
}

func (s *series[T]) Begin(_ *Ctx, args []*col.Vector, i int) error {
	start, stop := s.read(args[0], lane(args[0], i)), s.read(args[1], lane(args[1], i))
	s.at, s.step = start, s.read(args[2], lane(args[2], i))
	if s.some = s.step > 0 && start <= stop || s.step < 0 && start >= stop; s.step == 0 {
		return errNoStep
	}
	distance, stride := uint64(int64(stop)-int64(start)), uint64(int64(s.step))
	if s.step < 0 {
		distance, stride = -distance, -stride
	}
	s.left = distance / stride
	return nil
}

func (s *series[T]) Next(_ *Ctx, out []*col.Vector, limit int) (bool, error) {
	for range limit {
		if !s.some {
			return false, nil
		}
		s.put(out[0], s.at)
		if s.some = s.left > 0; s.some {
			s.at += s.step
			s.left--
		}
	}
	return s.some, nil
}

type numericSeries struct {
	at, stop, step apd.Decimal
	down           bool
	buf            []byte
}

func (s *numericSeries) Begin(_ *Ctx, args []*col.Vector, i int) error {
	for k, d := range []*apd.Decimal{&s.at, &s.stop, &s.step} {
		readDec(d, args[k], lane(args[k], i))
		if d.Form == apd.Finite {
			continue
		}
		what := []string{"start", "stop", "step"}[k]
		if k == 2 {
			what += " size"
		} else {
			what += " value"
		}
		if d.Form == apd.NaN {
			return pgerr.New(pgerr.InvalidParameterValue, "%s cannot be NaN", what)
		}
		return pgerr.New(pgerr.InvalidParameterValue, "%s cannot be infinity", what)
	}
	if s.step.IsZero() {
		return errNoStep
	}
	s.down = s.step.Negative
	return nil
}

func (s *numericSeries) past() bool {
	if c := s.at.Cmp(&s.stop); s.down {
		return c < 0
	} else {
		return c > 0
	}
}

func (s *numericSeries) Next(c *Ctx, out []*col.Vector, limit int) (bool, error) {
	for range limit {
		if s.past() {
			return false, nil
		}
		if len(s.buf) > longNumeric && c.ended() {
			return false, errCanceled()
		}
		s.buf = numeric.AppendStored(s.buf[:0], &s.at)
		out[0].AppendBytes(s.buf)
		var next apd.Decimal
		if err := numeric.Add(&next, &s.at, &s.step); err != nil {
			return false, err
		}
		s.at.Set(&next)
	}
	return !s.past(), nil
}

type timeSeries struct {
	zoned    bool
	at, stop int64
	by       datetime.Interval
	down     bool
	failed   error // of the step behind the last row
}

func (s *timeSeries) Begin(_ *Ctx, args []*col.Vector, i int) error {
	s.at, s.stop, s.failed = args[0].I64[lane(args[0], i)], args[1].I64[lane(args[1], i)], nil
	k := lane(args[2], i)
	s.by = intervalOf(args[2].Wide[k])
	zero := col.IntervalOrder(col.IntervalLane(0, 0, 0))
	switch c := cmpWide(col.IntervalOrder(args[2].Wide[k]), zero); {
	case c == 0:
		return errNoStep
	default:
		s.down = c < 0
	}
	return nil
}

func (s *timeSeries) past() bool { return s.down && s.at < s.stop || !s.down && s.at > s.stop }

func (s *timeSeries) Next(c *Ctx, out []*col.Vector, limit int) (bool, error) {
	for range limit {
		if s.failed != nil || s.past() {
			return false, s.failed
		}
		out[0].AppendI64(s.at)
		if zone := c.Settings.Zone; s.zoned && zone != nil {
			s.at, s.failed = datetime.AddIntervalZone(s.at, s.by, zone)
		} else {
			s.at, s.failed = datetime.AddInterval(s.at, s.by)
		}
	}
	return s.failed != nil || !s.past(), nil
}
