-- Each flight that left, with how probable the model says it is that it arrives more than 15 minutes late, beside
-- what came of it. The model is delay.txt, which train.py made of the months February to September.
CREATE MATERIALIZED VIEW scores AS
SELECT time_hour, carrier, flight, origin, dest, dep_delay,
       ml_predict_proba('delay', dep_delay => dep_delay, distance => distance, departs => departs,
                        scheduled => scheduled, weekday => weekday, temp => temp, wind_speed => wind_speed,
                        precip => precip, visib => visib, carrier => carrier, origin => origin,
                        dest => dest) AS late_probability,
       late
FROM delay_features;

-- A thousand buckets of score: how many in each were late, how many were not.
CREATE MATERIALIZED VIEW score_buckets AS
SELECT least(floor(late_probability * 1000), 999)::int AS bucket,
       count(*) FILTER (WHERE late) AS late,
       count(*) FILTER (WHERE NOT late) AS in_time
FROM scores
WHERE late IS NOT NULL
GROUP BY 1;

-- The area under the ROC curve is the share of pairs of a late flight and one in time in which the late one has
-- the greater score, a pair of equal scores counting half. A bucket's late flights win against all in time below
-- it and draw with those in it, so a running sum over the buckets counts all pairs: exactly, for scores of three
-- places. A flight that comes changes one bucket, and no pair is ever looked at.
CREATE MATERIALIZED VIEW running_auc AS
SELECT sum(late + in_time) AS flights,
       sum(late) AS late,
       round(sum(late * (below + in_time / 2.0)) / nullif(sum(late) * sum(in_time), 0), 4) AS auc
FROM (SELECT late, in_time, sum(in_time) OVER (ORDER BY bucket) - in_time AS below FROM score_buckets) b;

-- Of a hundred flights with a score of 0.3, are thirty late? By tenths of the score.
CREATE MATERIALIZED VIEW calibration AS
SELECT least(floor(late_probability * 10), 9)::int AS tenth,
       count(*) AS flights,
       round(avg(late_probability)::numeric, 4) AS mean_score,
       round(avg(late::int), 4) AS share_late
FROM scores
WHERE late IS NOT NULL
GROUP BY 1;
