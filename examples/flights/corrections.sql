-- The anemometer of Newark read far too low in an hour that delayed 27 flights.
UPDATE weather SET wind_speed = 46.0, visib = 0.5
WHERE origin = 'EWR' AND time_hour = '2013-01-16 11:00:00+00';

-- A carrier changes its name.
UPDATE airlines SET name = 'United Express (ExpressJet)' WHERE carrier = 'EV';
