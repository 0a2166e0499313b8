// Package harness runs .test files: text that says a command, its input and what comes of
// it. The same file runs against Millrace, started in process on a file system in memory,
// and against a PostgreSQL server, which is where expected values come from.
//
// Its nouns: a [File] is the cases of one .test file; a [Target] is where its statements
// go; a conversation is one connection to it.
//
// A case is a line with a directive, lines of input, a line "----", and what is expected
// up to an empty line (or, when that contains empty lines, between doubled "----" lines).
// Lines that begin with # between cases are comments. The directives:
//
//	statement          prints rows, if there are any, and the command tag
//	query              prints the rows, "a | b" each, or "(no rows)"
//	extended           like query, over the extended protocol; lines "$ value" are parameters
//	copy               the first line is a COPY statement, the others are its data
//	explain            prints the plan of a query, without estimates; with options where the case begins with them
//	changes n          the net change of relation n since the last look at it
//	conn name          the next cases go over the connection of that name
//	crash, restart     the server loses power, or ends in order; then it starts again
//	kill               the same after its process was killed: what it wrote is there
//	start x=n …        a server with an empty database and settings that no answer depends
//	                   on: step_rows, batch_rows, checkpoint_ticks, workers, share_rows,
//	                   sync=off (those of crash, restart and kill are for the database
//	                   there is); with the
//	                   word clock its time stands still, at 2000-01-01, until it is moved
//	clock 2024-05-01 10:00:00   moves that clock, or by a span: clock +90s; what is due
//	                   then has been done when the next case begins
//
// An error is printed with its SQLSTATE, detail, hint and position, a notice with its
// severity; notices of what a statement will cost, which Millrace alone gives, are left out
// of cases that PostgreSQL has too. The words after a directive change it: rowsort sorts the rows; header prints
// names and types of the columns first; hex writes the data of COPY as hexadecimal digits;
// "only millrace" keeps the case from PostgreSQL, "only postgres" from Millrace. The
// directive "only millrace" on a line of its own means all cases after it. A line of what
// is expected that ends in "# approx" is compared with its numbers rounded.
//
// After each case that may have written, every materialized view of Millrace that has no
// history must hold what its own query answers.
package harness
