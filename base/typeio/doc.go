// Package typeio reads and writes the values of every type over vectors: PostgreSQL's text
// forms (input and output functions) and its binary forms (recv and send). The wire's Bind
// and DataRow, COPY, casts through text and stored plans use it.
//
// A Codec is one type's four functions. A caller with many values of a column asks Of once
// and then calls the Codec's functions, which do not allocate for common types and values.
// Parsers append one value to a vector and apply the modifier of the vector's type, as the
// type's input function does: numeric(10,2) rounds, varchar(3) refuses what is too long,
// char(3) pads. Errors are *pgerr.Error in PostgreSQL's wording; nothing is appended then.
//
// Text arrays, which have no package of their own, have their form here: TextArray.
package typeio
