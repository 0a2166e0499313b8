// Package agg holds every aggregate: its signature, its doc sentence and its kernel. One
// line registers one:
//
//	var _ = aggregate("bool_and(bool) bool", "Tells whether all values are true.", 16, newBools(all))
//
// Its nouns:
//
//   - Aggregate: one registered overload.
//   - Accumulator: the bytes of one group inside the group's row: without pointers, all
//     zero at birth, free to be copied. What is of variable length lies in a Heap.
//   - Kernel: adds rows to accumulators and reads results from them, many a call. Adding
//     a row with weight -1 withdraws it exactly: sums are exact, floats too.
//
// Results depend on the set of rows with their weights, never on their order.
package agg
