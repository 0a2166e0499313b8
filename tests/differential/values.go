package differential

import "math/rand/v2"

// kind is a type that both servers have, by PostgreSQL's name, with constants of it that are
// likely to show a difference: bounds, signs, empty values, equal ones that look different.
type kind struct {
	name   string
	values []string
}

var kinds = []kind{
	{"smallint", []string{"0", "1", "-1", "2", "7", "32767", "-32768"}},
	{"integer", []string{"0", "1", "-1", "2", "3", "10", "100", "2147483647", "-2147483648"}},
	{"bigint", []string{"0", "1", "-1", "5", "42", "9223372036854775807", "-9223372036854775808"}},
	{"numeric", []string{"0", "1", "-1.5", "0.001", "2.50", "1e10", "123456789.123456789", "NaN", "-0.5", "Infinity"}},
	{"double precision", []string{"0", "1", "-1", "0.5", "-2.25", "1e10", "1e-5", "NaN", "Infinity", "-0"}},
	{"real", []string{"0", "1", "-1", "0.5", "2.25", "1e10"}},
	{"text", []string{"", "a", "b", "abc", "ABC", "aXbXc", " pad ", "12", "-3.5", "ä€𝄞", "100%", "a_b", "2024-02-29", "null", "x y z"}},
	{"boolean", []string{"true", "false"}},
	{"date", []string{"2024-02-29", "2000-01-01", "1999-12-31", "0001-01-01", "infinity", "2024-12-30"}},
	{"timestamp without time zone", []string{"2024-02-29 12:34:56.789", "2000-01-01", "1969-12-31 23:59:59.999999", "infinity", "2024-03-31 02:30:00"}},
	{"timestamp with time zone", []string{"2024-02-29 12:34:56.789+00", "2000-01-01 00:00:00+00", "2024-10-27 00:30:00+00", "-infinity"}},
	{"time without time zone", []string{"00:00:00", "12:34:56.5", "23:59:59.999999"}},
	{"interval", []string{"0", "1 day", "-1 mon", "1 year 2 mons 3 days 04:05:06.7", "36:00:00", "-00:00:01"}},
	{"bytea", []string{`\x`, `\x00`, `\xdeadbeef`, `\x616263`}},
	{"uuid", []string{"00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}},
	{"jsonb", []string{"null", "1", `"a"`, "[]", "{}", `{"a": 1, "b": [1, 2, {"c": null}]}`, `[1, "two", null, 3.50]`, "true"}},
	{"integer[]", []string{"{}", "{1}", "{1,2,3}", "{NULL,5}", "{{1,2},{3,4}}", "[0:1]={7,8}"}},
	{"text[]", []string{"{}", "{a}", "{a,NULL,b}", `{"x y",""}`}},
}

var byName = func() map[string]*kind {
	out := map[string]*kind{}
	for i := range kinds {
		out[kinds[i].name] = &kinds[i]
	}
	return out
}()

// constant is a constant of a kind.
func constant(r *rand.Rand, k string) string {
	if r.IntN(12) == 0 {
		return "NULL::" + k
	}
	v := byName[k].values
	return "'" + v[r.IntN(len(v))] + "'::" + k
}
