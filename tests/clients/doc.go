// Package clients holds the server against the clients that people use, each in its own
// runtime and through its public interface: psql, pgx, psycopg 3, node-postgres and the
// JDBC driver; and against the protocol itself, message by message, where clients differ
// in what they send (login, error-until-Sync, portals, cancel).
//
// The scripts in testdata get the server's address, check what they read themselves, and
// end with the line "all checks passed". What a client needs is looked for in the folder
// that MILLRACE_CLIENTS names (default: bin/clients of the module), where install.sh
// puts it, and on the machine. A runtime that is not there is said and left out, but in CI
// (CI=true) it is an error.
package clients
