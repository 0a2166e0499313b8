// Package queries is the SQL of the Nexmark benchmark: the schema that the events go into
// and the queries over it, one file each.
//
// A query reads a stream's windows with TUMBLE, HOP and SESSION. Where PostgreSQL lacks
// the words, the folder postgres holds what says the same there; every other file is read
// by both.
package queries

import "embed"

//go:embed *.sql postgres/*.sql
var files embed.FS

// Held are the queries that the engine is held to, in tests and in the benchmark.
var Held = []string{
	"q0",
	"q1",
	"q2",
	"q3",
	"q4",
	"q5",
	"q6",
	"q7",
	"q8",
	"q9",
	"q10",
	"q11",
	"q12",
	"q13",
	"q14",
	"q15",
	"q16",
	"q17",
	"q18",
	"q19",
	"q20",
	"q21",
	"q22",
	"q23",
	"q101",
	"q102",
	"q103",
	"q104",
	"q105",
	"q106",
}

// All are the benchmark's queries: Held, and those that are still to come.
var All = []string{
	"q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7", "q8", "q9", "q10", "q11", "q12", "q13", "q14", "q15",
	"q16", "q17", "q18", "q19", "q20", "q21", "q22", "q23", "q101", "q102", "q103", "q104", "q105", "q106",
}

// Text is the file of that name without its ending: a query (q0 to q23, q101 to q106), or
// the schema of streams (schema) or of tables (schema_tables). A name that there is no
// file of is an error.
func Text(name string) (string, error) {
	text, err := files.ReadFile(name + ".sql")
	return string(text), err
}

// Postgres is [Text] as PostgreSQL reads it; its schema is one of tables.
func Postgres(name string) (string, error) {
	if text, err := files.ReadFile("postgres/" + name + ".sql"); err == nil {
		return string(text), nil
	}
	return Text(name)
}
