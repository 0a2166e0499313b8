// Package process builds the real binary and runs it as a process of its own, for tests
// and benchmarks that need what only a process has: a kill -9, a signal, a start from
// nothing, its own processors and memory.
//
// Its nouns: [Build] makes the binary, once in a process; a [Server] is a running one,
// known by the addresses that it said it was ready at.
package process
