// Package expr is the typed scalar expression: what the planner binds is what runs.
//
// An Expr is an immutable tree. It has no memory of its own: what an evaluation needs it
// takes from the fn.Ctx it is given, so one tree is shared by sessions and goroutines.
//
//   - Eval computes a vector over a batch for a selection of its rows. AND, OR, CASE and
//     COALESCE narrow the selection for their operands, so that a row which is not asked
//     for is never in error.
//   - Filter is the selection of the rows where a condition is true.
//   - Append writes the stored form, which Parse reads back to an equal tree. It carries the
//     versions of the functions. SQL writes what EXPLAIN shows.
//
// Errors of rows are marks in the Ctx; a marked lane is NULL in the result.
package expr
