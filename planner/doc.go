// Package planner decides how a statement shall be carried out: it says what the names and
// types in it mean, rewrites the query, and builds the dataflow.
//
// Nouns. A [Node] is one relational operation of a plan; nodes form a graph, for a query that
// is used twice is one node with two readers. A scope is what names mean at one place. A rule
// rewrites a node into another of the same answer. A [Plan] is everything a session needs to
// carry a statement out: the root node of a query, the programs of a write, or the changes of
// the catalog.
//
// Journey. [Statement] finds the planner of the statement by its type. Binding (bind_*.go)
// turns syntax into nodes and typed expressions over column positions; the rules (rules.go)
// rewrite them in their order; equal parts become one node; [Build] adds the operators, each
// node its own. A standing view's plan is printed ([Text]) and kept in the catalog; [Parse] reads
// it back, and nothing is planned anew at a start.
//
// Invariants.
//   - A node is immutable; rewriting makes new ones.
//   - Expressions refer to the columns of their node's inputs by position: those of the first
//     input, then those of the second.
//   - The same nodes serve a standing and an ad hoc dataflow; the binder refuses, with 0A000,
//     what a standing one cannot keep up to date.
//   - A predicate or computation that may fail on a row is never moved below or in front of a
//     filter or a join, nor past another one (E2).
package planner
