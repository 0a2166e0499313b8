// Package fn holds every SQL function, operator and cast: its signature, its doc
// sentence and its kernel, side by side in the file of its family. One line registers
// one:
//
//	var _ = scalar("lower(text) text", "Lower-cases a string.", inCase(&pgtext.Lower))
//
// Its nouns:
//
//   - Scalar: one registered function. Operators are Scalars named by their symbol, a
//     cast is a Scalar named by its target type.
//   - Kernel: fills a result vector from argument vectors, many rows a call.
//   - Ctx: what an evaluation may know (time, settings, parameters) and the memory it
//     works in. Functions keep nothing themselves, so expressions are shared freely.
//   - Mark: the error of one row. An evaluation never stops at a bad row; it marks it.
//   - Match: an overload chosen by Resolve, with the types its arguments are cast to.
//
// What a kernel may rely on (see Kernel): an argument has a value for every row of the
// batch, or is a constant of one value; rows outside the selection hold anything.
package fn
