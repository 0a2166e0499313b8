-- Regenerates golden.txt from a PostgreSQL 15:
--   psql -AtqX -v all=0 -f golden.sql >golden.txt      (all=1: every pair, for development)
-- Each line: function, arguments, answer, separated by tabs. An error is its SQLSTATE,
-- message and detail.
\set ON_ERROR_STOP 1
CREATE FUNCTION pg_temp.try(q text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE r text; s text; m text; d text;
BEGIN
	EXECUTE 'SELECT (' || q || ')::text' INTO r;
	RETURN coalesce(r, 'NULL');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS s = returned_sqlstate, m = message_text, d = pg_exception_detail;
	RETURN s || ': ' || m || CASE WHEN d <> '' THEN ' / ' || d ELSE '' END;
END $$;
CREATE FUNCTION pg_temp.digest(t text) RETURNS text LANGUAGE sql AS
	$$ SELECT CASE WHEN length(t) > 400 THEN 'md5 ' || length(t) || ' ' || md5(t) ELSE t END $$;

COPY (WITH v(x) AS (SELECT unnest(ARRAY['', ' ', '.', '+', '-', '1', ' 12.50 ', '-0', '-0.00', '+3.', '.5', '-.5', '1e3', '1E-3', '1.5e+2',
	'1e', '1e+', '1e1.5', '1_000', '0x10', 'NaN', ' nan ', '+NaN', '-nan', 'inf', '-Infinity', '+INF', 'infin', 'infinity x', '1 2', '00012.3400',
	'1e131071', '1e131072', '0e131072', '0.1e131072', '1e-16383', '1e-16384', '1e9999999999', '1e-9999999999', '12345678901234567890123456789.123456789',
	'9999999999999999999', '99999999999999999.99', '١', '1e2147483647', '--1', '1-', E'\t7\n', '0e-5', '0.0000001', '1.e3', 'e3', '1ee3']))
	SELECT 'parse', x, pg_temp.digest(pg_temp.try(format('%L::numeric', x))) FROM v) TO STDOUT;

COPY (WITH v(x) AS (SELECT unnest(ARRAY['0', '1', '-1', '12.345', '-12.355', '99.995', '999.94', '999.95', '0.00567', '1e10', 'NaN', 'Infinity', '-Infinity', '12345', '-55', '54'])),
	t(t) AS (SELECT unnest(ARRAY['5,2', '4,2', '3,0', '3,-2', '2,5', '1000,1000', '18,4', '1,0', '0,0', '1001,0', '5,1001', '5,-1001', '2,-1', '2,2']))
	SELECT 'typmod', x, t, pg_temp.digest(pg_temp.try(format('%L::numeric(%s)', x, t))) FROM v, t) TO STDOUT;

CREATE TEMP TABLE v AS SELECT x FROM unnest(ARRAY['0', '0.00', '1', '-1', '1.00', '2', '-2.5', '2.50', '3', '0.5', '-0.5', '10', '100', '9999', '10000', '10001', '99990000', '0.0001', '0.00012345', '-0.000099995',
	'1e-20', '123456789.987654321', '-987654321012345678901234567890.12', '1e30', '7.000000000000000000000', '0.9', '1.1', '1.0000000000001', '0.99999999999', '3.14159265358979323846264338327950288',
	'1234567890123456789', '-9223372036854775808', '9223372036854775807', '2147483647.5', '32767.49', '32767.5', '-32768.5', '65535', '4.5', '-4.5', '17', '1000', '0.3333333333', '120', '6000', '-5999.5', '1e100', 'NaN', 'Infinity', '-Infinity']) x;

COPY (SELECT f.f, a.x, b.x, pg_temp.digest(pg_temp.try(format(f.q, a.x, b.x)))
	FROM (VALUES ('add', '%L::numeric + %L::numeric'), ('sub', '%L::numeric - %L::numeric'), ('mul', '%L::numeric * %L::numeric'), ('div', '%L::numeric / %L::numeric'),
		('divtrunc', 'div(%L::numeric, %L::numeric)'), ('mod', '%L::numeric %% %L::numeric'), ('power', '%L::numeric ^ %L::numeric'), ('log', 'log(%L::numeric, %L::numeric)'),
		('gcd', 'gcd(%L::numeric, %L::numeric)'), ('lcm', 'lcm(%L::numeric, %L::numeric)'),
		('cmp', 'CASE WHEN %1$L::numeric < %2$L::numeric THEN -1 WHEN %1$L::numeric > %2$L::numeric THEN 1 ELSE 0 END')) f(f, q), v a, v b
	WHERE :all = 1 OR abs(hashtext(f.f || a.x || '/' || b.x)) % 7 = 0) TO STDOUT;

COPY (SELECT f.f, a.x, pg_temp.digest(pg_temp.try(format(f.q, a.x)))
	FROM (VALUES ('neg', '-%L::numeric'), ('abs', 'abs(%L::numeric)'), ('sign', 'sign(%L::numeric)'), ('ceil', 'ceil(%L::numeric)'), ('floor', 'floor(%L::numeric)'),
		('sqrt', 'sqrt(%L::numeric)'), ('exp', 'exp(%L::numeric)'), ('ln', 'ln(%L::numeric)'), ('log10', 'log10(%L::numeric)'), ('minscale', 'min_scale(%L::numeric)'), ('trimscale', 'trim_scale(%L::numeric)'),
		('scale', 'scale(%L::numeric)'), ('int2', '%L::numeric::int2'), ('int4', '%L::numeric::int4'), ('int8', '%L::numeric::int8'), ('float4', '%L::numeric::float4'), ('float8', '%L::numeric::float8'),
		('binary', 'numeric_send(%L::numeric)')) f(f, q), v a) TO STDOUT;

COPY (SELECT f.f, a.x, n, pg_temp.digest(pg_temp.try(format(f.q, a.x, n)))
	FROM (VALUES ('round', 'round(%L::numeric, %s)'), ('trunc', 'trunc(%L::numeric, %s)')) f(f, q), v a, unnest(ARRAY[0, 1, 2, 5, -1, -3, -30, 25, 2500]) n
	WHERE :all = 1 OR abs(hashtext(f.f || a.x || '/' || n)) % 4 = 0) TO STDOUT;

COPY (SELECT 'factorial', n, pg_temp.digest(pg_temp.try(format('factorial(%s)', n))) FROM unnest(ARRAY[-1, 0, 1, 5, 20, 30, 1000, 32177, 32178]) n) TO STDOUT;
COPY (SELECT 'fromfloat8', x, pg_temp.try(format('%L::float8::numeric', x)) FROM unnest(ARRAY['0', '-0', '1.5', '0.1', '123456789012345678', '1e300', '1e-300', '3.14159265358979', '0.30000000000000004', 'NaN', 'Infinity', '-Infinity', '5e-324', '100000', '2.5e15']) x) TO STDOUT;
COPY (SELECT 'fromfloat4', x, pg_temp.try(format('%L::float4::numeric', x)) FROM unnest(ARRAY['0', '1.5', '0.1', '16777217', '1e30', '1e-30', '3.14159265', 'NaN', 'Infinity']) x) TO STDOUT;
COPY (SELECT 'widthbucket', a, b, c, n, pg_temp.try(format('width_bucket(%L::numeric, %L::numeric, %L::numeric, %s)', a, b, c, n))
	FROM unnest(ARRAY['5.35', '0.024', '10.06', '-1', 'NaN', 'Infinity', '-Infinity', '3']) a, (VALUES ('0.024', '10.06'), ('10', '0'), ('1', '1'), ('NaN', '1'), ('Infinity', '0'), ('0', '3')) r(b, c), unnest(ARRAY[5, 0, 2147483647]) n) TO STDOUT;
COPY (SELECT f, x, pg_temp.try(format('(SELECT %s(y) FROM unnest(%L::numeric[]) y)', f, x)) FROM unnest(ARRAY['sum', 'avg']) f, unnest(ARRAY['{}', '{1.00,2.5}', '{2.5}', '{1,2}', '{1,1,2}', '{NaN,1}', '{Infinity,1}', '{Infinity,-Infinity}', '{0.1,0.2,0.30}', '{1e30,1}', '{123456789012345678901234567890,0.000001}', '{9999,10000,10001}', '{-7,3.5}', '{0.00}', '{1e-20,3}']) x) TO STDOUT;
COPY (SELECT 'avgint', x, pg_temp.try(format('(SELECT avg(y) FROM unnest(%L::int8[]) y)', x)) FROM unnest(ARRAY['{1,2}', '{1}', '{0,0,0}', '{1,1,2}', '{-1,0,0}', '{9223372036854775807,9223372036854775807}', '{9223372036854775807,9223372036854775807,1}', '{-9223372036854775808,-9223372036854775808,-9223372036854775808}', '{10000,10001,9999,7}', '{1,0,0,0,0,0,0}', '{99999999,1,1}', '{123456789,987654321,55}']) x) TO STDOUT;

CREATE TEMP TABLE pictures AS SELECT unnest(ARRAY['999', '9999.99', '0000.00', 'FM9999.99', 'FM0000.00', '9,999', '9G999D99', 'S999', '999S', 'S9999.9', 'SG999', '999MI', 'MI999', 'PL999', '999PR', 'FM999PR', '999th', '99TH', 'RN', 'FMrn', '9.99EEEE', '9EEEE', '99V99', 'L999', '"x"999"y"', 'B999', 'FM9.9', '9.9', '0.9', 'FM999,999,999.990', '999.9.9', 'S9S', 'S9MI', 'V9.9', '9EEEE9', '99999999999999999999.9999', 'FM99990.0999', '', 'abc', '9 9 9', '.99', 'FM.99', '09', 'FM09', '90', '9.90', 'S.9', '999.', 'FM999.', 'EEEE', '.', 'PR9', '00.00V9', 'FM990.00S', 'FM999.99MI', 'SG9,999.99', '9999PL']) f;
COPY (SELECT 'tochar', x, f, pg_temp.try(format('to_char(%L::numeric, %L)', x, f)) FROM unnest(ARRAY['0', '1', '-1', '12', '123.456', '-123.456', '0.1', '-0.1', '0.05', '1234567', '-9999.995', '485', '3999', '1e10', '21', '111', 'NaN', 'Infinity', '999.99']) x, pictures WHERE :all = 1 OR abs(hashtext(x || f)) % 2 = 0) TO STDOUT;
COPY (SELECT 'tocharfloat', x, f, pg_temp.try(format('to_char(%L::float8, %L)', x, f)) FROM unnest(ARRAY['0', '1', '-1.5', '123.456', '-0.1', '1234567', '1e10', '0.30000000000000004', '123456789012345.678']) x, pictures WHERE f !~ 'EEEE|RN|rn' AND (:all = 1 OR abs(hashtext(x || f)) % 2 = 0)) TO STDOUT;
COPY (SELECT 'tonumber', t, f, pg_temp.try(format('to_number(%L, %L)', t, f)) FROM (VALUES ('123', '999'), ('-123', '999'), ('1,234.5', '9,999.9'), ('1,234.5', '9G999D9'), ('12,454.8-', '99G999D9S'), ('-34,338,492', '99G999G999'), ('-34,338,492.654,878', '99G999G999D999G999'), ('<564646.654564>', '999999.999999PR'), ('0.00001-', '9.999999S'), ('5.01-', 'FM9.999999S'), ('5.01-', 'FM9.999999MI'), ('5 4 4 4 4 8 . 7 8', '9 9 9 9 9 9 . 9 9'), ('.01', 'FM9.99'), ('.0', '99999999.99999999'), ('0', '99.99'), ('.-01', 'S99.99'), ('.01-', '99.99S'), (' . 0 1-', ' 9 9 . 9 9 S'), ('34,50', '999,99'), ('123,000', '999G'), ('123456', '999G999'), ('$1234.56', 'L9,999.99'), ('$1,234.56', 'L9,999.99'), ('1234.56', 'L9,999.99'), ('42nd', '99th'), ('abc', '999'), ('', '999'), ('12a', '999'), ('1234', '99'), ('12.345', '99.99'), ('1 2 3', '999'), ('12345', '99V999'), ('+5', 'S9'), ('5-', '9MI'), ('-5', 'MI9'), ('+5', 'PL9'), ('-5', 'SG9'), ('<5>', '9PR'), ('XII', 'RN'), ('1e5', '9EEEE'), ('x5y', '"x"9"y"'), ('--5', '999'), ('1.2.3', '9.9'), ('1,234', 'FM9,999'), ('12 -', '99S'), ('12-', '99')) v(t, f)) TO STDOUT;
