// Package regress asks Millrace and a PostgreSQL server what PostgreSQL's own regression
// scripts ask, and counts the queries on which they agree: asked once, as a materialized view
// that is created over the rows, and as one that stood before they came.
//
// The scripts are PostgreSQL's and are not kept here: `.ci/regress FOLDER` fetches the source
// package of the server that is compared with. MILLRACE_REGRESS names the folder with them,
// MILLRACE_POSTGRES the server; without both only the parts of this package are tested.
//
// A script goes to both servers, statement by statement. Where Millrace cannot follow a
// statement that is no query — a type, a function or a rule that it lacks — the tables that the
// statement names are brought to what PostgreSQL has, so that one gap is counted once.
// testdata/agreed.txt holds how many queries of each script agreed; fewer is a failure.
package regress
