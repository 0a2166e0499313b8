// Package differential asks Millrace and a PostgreSQL server the same queries, which a seed makes
// of everything that both have: functions, operators and casts as their catalogs list them, over
// columns, constants and subqueries, in joins, groups, windows and set operations; and of queries in
// queries, of every form in every place, which read what is around them. What the two
// answer must be equal; what Millrace keeps as a view must equal what PostgreSQL says once rows
// have changed.
//
// MILLRACE_POSTGRES names the server (`.ci/postgres` starts one), MILLRACE_DIFFERENTIAL how long,
// MILLRACE_DIFFERENTIAL_FIRST the first seed; without a server only the parts of this package are
// tested. It knows nothing of Millrace but its wire.
package differential
