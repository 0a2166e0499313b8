// Package nexmark holds Millrace to PostgreSQL on the Nexmark benchmark: the queries as
// materialized views, fed with the events of the generator, must end with the rows that
// PostgreSQL's batch forms of the same queries give over the same events.
//
// Its nouns: a shape is the schema that the events go into (streams, or tables that
// change); a feed is how they get there (COPY in batches, one transaction, row by row); a
// [content] is the rows of an answer, sorted.
//
// The expected contents of small runs are frozen in testdata/expected.txt, taken from
// PostgreSQL 15: `query shape rows sha256` a line. With MILLRACE_POSTGRES, the address of a
// PostgreSQL 15 server whose user may create databases, the frozen lines are checked
// against it (and written with -rewrite), and the large runs are compared with it.
package nexmark
