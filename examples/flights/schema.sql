-- Who flies, from where to where, with what. These are tables: their rows may be corrected.
CREATE TABLE airlines (
    carrier text PRIMARY KEY,
    name    text NOT NULL
);

CREATE TABLE airports (
    faa   text PRIMARY KEY,
    name  text NOT NULL,
    lat   float8,
    lon   float8,
    alt   int,
    tz    int,
    dst   text,
    tzone text
);

CREATE TABLE planes (
    tailnum      text PRIMARY KEY,
    year         int,
    type         text,
    manufacturer text,
    model        text,
    engines      int,
    seats        int,
    speed        int,
    engine       text
);

CREATE TABLE weather (
    origin     text,
    year       int,
    month      int,
    day        int,
    hour       int,
    temp       float8,
    dewp       float8,
    humid      float8,
    wind_dir   int,
    wind_speed float8,
    wind_gust  float8,
    precip     float8,
    pressure   float8,
    visib      float8,
    time_hour  timestamptz,
    PRIMARY KEY (origin, time_hour)
);

-- Departures are events: a stream, append-only, ordered by the hour in which a flight was to leave.
-- No flight is expected more than an hour after a later one.
CREATE STREAM flights (
    year           int,
    month          int,
    day            int,
    dep_time       int,
    sched_dep_time int,
    dep_delay      int,
    arr_time       int,
    sched_arr_time int,
    arr_delay      int,
    carrier        text,
    flight         int,
    tailnum        text,
    origin         text,
    dest           text,
    air_time       int,
    distance       int,
    hour           int,
    minute         int,
    time_hour      timestamptz,
    WATERMARK FOR time_hour AS time_hour - INTERVAL '1 hour'
);
