// Package server answers: who asks, and when? It accepts connections, and lets a session
// for each parse, plan and carry out what its client says, on an engine that all share.
//
// Its nouns: Server, the database that is served; Session, one client's connection with
// its settings, prepared statements, portals and transaction; Portal, a statement with
// its parameters that is being carried out; transaction, what the statements between
// BEGIN and COMMIT have done so far.
//
// A session is one goroutine. It reads from a snapshot of the engine and asks the engine
// to commit; the one goroutine that owns ticks is the engine's.
package server
