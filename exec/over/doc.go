// Package over computes window functions over rows that lie in memory in their order: the
// eleven functions of SQL and every aggregate, over every frame. One line registers a
// function:
//
//	_ = window("row_number() int8", "The number of the row in its partition, from 1.", rowNumber{})
//
// Its nouns:
//
//   - Function: one registered window function.
//   - Call: a function or an aggregate with its arguments, its FILTER and its frame.
//   - Frame: which rows of the partition a call sees from a row.
//   - Rows: segments of partitions, each a run of neighbouring rows, and which of them are to
//     be evaluated. A segment need not be a whole partition: the Reach of the calls says how
//     far around a row others matter, and a call that counts from the partition's start
//     carries a State from row to row.
//
// Nothing here knows where rows are kept, nor remembers anything between two evaluations.
package over
