// Package onnx reads ONNX files whose graph is over a table, and evaluates them without cgo.
//
// A file is a protocol-buffer message (wire.go, proto.go). Its graph is compiled (compile.go): from
// the output that is wanted back to the inputs, in topological order, each node becomes a kernel,
// and what depends on constants alone is computed once. What is left is a program, evaluated for
// a block of rows at a time (run.go): its values are tensors of memory that lasts from block to
// block. A model (model.go) puts columns into its inputs and takes rows from its output.
//
// Operators register themselves on the line above their kernels, op_*.go those of the domain ai.onnx,
// ml_*.go those of ai.onnx.ml. They follow the standard's operator schemas and, where these leave a
// question, what onnxruntime answers; docs/models/onnx.md has their table.
//
// A shape or a type that does not fit is found when the model is opened, by evaluating it for one
// row and for three. Memory and work of an evaluation are bounded by the file's size and its rows.
package onnx
