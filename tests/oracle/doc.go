// Package oracle says what a query's answer is, by loops and maps over whole relations: slow,
// without state, without rules, and meant to be seen to be right. Tests hold the engine to it.
//
// Its nouns: a [Value] is one SQL value; a [Row] is a list of them; a relation is a slice of
// rows, a bag; an [Expr] computes a value from a row; a [Node] computes a relation from the
// relations of a [Database]. Three-valued logic, NULLs in groups, joins and orders, and row
// errors (a row that cannot be computed is left out by the operator that meets it) are as the
// engine promises them.
package oracle
