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
