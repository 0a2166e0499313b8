// Package datetime is PostgreSQL's date, time, timestamp, timestamptz and interval:
// their text forms, arithmetic, formatting and windows.
//
// Values are plain integers, the ones of PostgreSQL's binary wire format:
//   - date: int32 days since 2000-01-01;
//   - time: int64 microseconds since midnight, 0 to 24:00:00 inclusive;
//   - timestamp: int64 microseconds since 2000-01-01 00:00;
//   - timestamptz: the same, counted in UTC;
//   - [Interval]: months, days and microseconds, kept apart.
//
// Dates and timestamps have two infinities: the extremes of their integers. What
// depends on the session (zone, styles, the time "now") arrives in [Settings], so every
// function is pure. Zones come from the tzdata inside the binary alone ([LoadZone]).
//
// Errors are *pgerr.Error in PostgreSQL's wording. Parsers accept what PostgreSQL 15
// accepts and take linear time.
package datetime
