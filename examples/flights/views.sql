-- Departures, cancellations and mean delay, an hour and airport.
CREATE MATERIALIZED VIEW departures AS
SELECT window_start AS hour,
       origin,
       count(*) AS scheduled,
       count(*) FILTER (WHERE dep_time IS NULL) AS cancelled,
       round(avg(dep_delay), 1) AS mean_delay
FROM TUMBLE(flights, time_hour, INTERVAL '1 hour')
GROUP BY window_start, window_end, origin;

-- The carriers by name: a stream joined with a table. Rename an airline, and this follows.
CREATE MATERIALIZED VIEW carriers AS
SELECT a.name,
       count(*) AS flights,
       count(*) FILTER (WHERE f.dep_time IS NULL) AS cancelled,
       round(avg(f.arr_delay), 1) AS mean_delay
FROM flights f
JOIN airlines a ON a.carrier = f.carrier
GROUP BY a.name;

-- Delay by wind (mph) and visibility (miles): a stream joined with a table on two columns.
-- Some hours have no weather; their flights are counted under 'no report'.
CREATE MATERIALIZED VIEW delay_by_weather AS
SELECT CASE WHEN w.wind_speed IS NULL THEN 'no report'
            WHEN w.wind_speed < 10 THEN 'calm'
            WHEN w.wind_speed < 20 THEN 'windy'
            ELSE 'strong' END AS wind,
       CASE WHEN w.visib IS NULL THEN 'no report'
            WHEN w.visib < 2 THEN 'poor'
            WHEN w.visib < 10 THEN 'fair'
            ELSE 'clear' END AS visibility,
       count(*) AS flights,
       count(*) FILTER (WHERE f.dep_time IS NULL) AS cancelled,
       round(avg(f.dep_delay), 1) AS mean_delay
FROM flights f
LEFT JOIN weather w ON w.origin = f.origin AND w.time_hour = f.time_hour
GROUP BY 1, 2;

-- Aircraft that carry their delay on: each late departure joined with the late arrivals of the same
-- aircraft's recorded flights of the eight hours before. (Only departures from New York are recorded.)
CREATE MATERIALIZED VIEW knock_on AS
SELECT f.tailnum,
       p.manufacturer,
       p.model,
       count(*) AS pairs,
       round(avg(b.arr_delay), 0) AS came_late,
       round(avg(f.dep_delay), 0) AS left_late
FROM flights f
JOIN flights b ON b.tailnum = f.tailnum
              AND b.time_hour < f.time_hour
              AND b.time_hour >= f.time_hour - INTERVAL '8 hours'
LEFT JOIN planes p ON p.tailnum = f.tailnum
WHERE f.dep_delay >= 30 AND b.arr_delay >= 30
GROUP BY f.tailnum, p.manufacturer, p.model;

-- The ten worst destinations right now. LEFT JOIN, for some destinations are missing from airports.
CREATE MATERIALIZED VIEW worst_destinations AS
SELECT f.dest,
       a.name,
       count(*) AS flights,
       round(avg(f.arr_delay), 1) AS mean_delay
FROM flights f
LEFT JOIN airports a ON a.faa = f.dest
GROUP BY f.dest, a.name
HAVING count(f.arr_delay) >= 10
ORDER BY mean_delay DESC, f.dest
LIMIT 10;

-- Hours finished for good: a row appears when the watermark passes the end of its hour, and never changes.
CREATE MATERIALIZED VIEW finished_hours AS
SELECT window_start AS hour,
       count(*) AS scheduled,
       count(*) FILTER (WHERE dep_time IS NULL) AS cancelled,
       round(avg(dep_delay), 1) AS mean_delay
FROM TUMBLE(flights, time_hour, INTERVAL '1 hour')
GROUP BY window_start, window_end
EMIT ON WINDOW CLOSE;
