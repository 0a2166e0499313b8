// Package metamorphic tests that a materialized view is always its query's answer: a seed
// makes a schema, views over every operator and a history of statements; after each tick
// every view, its query asked ad hoc, and the oracle's answer must be the same rows, and
// every table must hold what a model of it holds.
//
// Its nouns: a statement is one step of a history (DML, transaction control, a new view, a
// restart, a kill or a loss of power, or a view that comes or goes while rows change) that knows its SQL and what it does to the model; a history is
// a list of statements of which any part is a history, too; a mismatch is what went wrong. Beside
// the relations, what millrace.watermarks and millrace.late_rows tell is compared, and views of
// estimates with what their query says.
// What a server is started with follows from the seed, too: the rows of a step and of a
// batch, how often it makes a checkpoint, what a query keeps in memory, and whether commits wait for the disk. No answer may
// depend on any of it, nor on how a server ends, nor on the build tag invariants.
// A history with a mismatch is shrunk, by leaving out what is not needed, and printed as a
// .test file with the right answers.
//
// A plain run goes through a few fixed seeds. With MILLRACE_METAMORPHIC=60s (any duration) it
// goes through others, each printed, for about that long: from MILLRACE_METAMORPHIC_FIRST=n on,
// or fresh ones. MILLRACE_METAMORPHIC_SEED=n runs one.
package metamorphic
