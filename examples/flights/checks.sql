-- A view says what its query says now. finished_hours carries history: it holds exactly the hours that the
-- watermark has passed. The watermark stands an hour behind the latest flight.
-- check: finished_hours
SELECT window_start AS hour,
       count(*) AS scheduled,
       count(*) FILTER (WHERE dep_time IS NULL) AS cancelled,
       round(avg(dep_delay), 1) AS mean_delay
FROM TUMBLE(flights, time_hour, INTERVAL '1 hour')
GROUP BY window_start, window_end
HAVING window_end <= (SELECT max(time_hour) - INTERVAL '1 hour' FROM flights);

-- The area under the ROC curve as it is defined: all pairs of a late flight and one in time, by their buckets.
-- check: running_auc
SELECT (SELECT sum(late + in_time) FROM score_buckets) AS flights,
       (SELECT sum(late) FROM score_buckets) AS late,
       round(sum(l.late * t.in_time * CASE WHEN l.bucket > t.bucket THEN 1 WHEN l.bucket = t.bucket THEN 0.5 ELSE 0 END)
             / sum(l.late * t.in_time), 4) AS auc
FROM score_buckets l, score_buckets t;

-- The model asked once more, for each flight by itself: version 1 by its number, the inputs by their place, the
-- features written out.
-- check: scores
SELECT f.time_hour, f.carrier, f.flight, f.origin, f.dest, f.dep_delay,
       ml_predict_proba('delay@1', f.dep_delay, f.distance, f.sched_dep_time / 100 * 60 + f.sched_dep_time % 100,
                        (f.sched_arr_time / 100 * 60 + f.sched_arr_time % 100 - f.sched_dep_time / 100 * 60
                         - f.sched_dep_time % 100 + 1440) % 1440,
                        extract(isodow FROM f.time_hour AT TIME ZONE 'America/New_York')::int,
                        w.temp, w.wind_speed, w.precip, w.visib, f.carrier, f.origin, f.dest),
       f.arr_delay > 15
FROM flights f
LEFT JOIN weather w ON w.origin = f.origin AND w.time_hour = f.time_hour
WHERE f.dep_time IS NOT NULL;
