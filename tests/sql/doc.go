// Package sql is the documentation of what works: one .test file a topic, in the form that
// package harness reads. Expected values come from a PostgreSQL server wherever it has the
// feature; make test-against-postgres replays the files on one.
package sql
