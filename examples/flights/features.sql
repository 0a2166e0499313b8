-- What is known of a flight when it leaves, as numbers and codes that a model takes. The query that makes the
-- training set and the view that scores both read the view below, so that the two cannot drift apart.

-- Clock times are written hhmm: 1745 is 17 hours and 45 minutes.
CREATE FUNCTION minute_of_day(hhmm int) RETURNS int LANGUAGE sql
RETURN hhmm / 100 * 60 + hhmm % 100;

-- How long the journey is to take by the timetable, in minutes of the clocks on either side: time zones are
-- left in, for a destination has always the same. Arrivals after midnight are of the next day.
CREATE FUNCTION scheduled_minutes(departs int, arrives int) RETURNS int LANGUAGE sql
RETURN (minute_of_day(arrives) - minute_of_day(departs) + 1440) % 1440;

-- The day of the week at the airport, Monday being 1.
CREATE FUNCTION weekday(year int, month int, day int) RETURNS int LANGUAGE sql
RETURN extract(isodow FROM make_date(year, month, day))::int;

-- What came of it: whether a flight arrived more than 15 minutes late. NULL: it never arrived as planned.
CREATE FUNCTION is_late(arr_delay int) RETURNS boolean LANGUAGE sql
RETURN arr_delay > 15;

-- The flights that left, with their features and what came of them.
CREATE VIEW delay_features AS
SELECT f.time_hour, f.carrier, f.flight, f.origin, f.dest, f.dep_delay, f.distance,
       minute_of_day(f.sched_dep_time) AS departs,
       scheduled_minutes(f.sched_dep_time, f.sched_arr_time) AS scheduled,
       weekday(f.year, f.month, f.day) AS weekday,
       w.temp, w.wind_speed, w.precip, w.visib,
       is_late(f.arr_delay) AS late
FROM flights f
LEFT JOIN weather w ON w.origin = f.origin AND w.time_hour = f.time_hour
WHERE f.dep_time IS NOT NULL;
