// Command millrace is the whole product in one binary: the server, a small SQL client, the
// demonstration, the benchmarks.
//
// Each command is a file that registers itself on the line above its code; the rooms below
// know nothing of flags, signals or terminals. What a command prints for people goes to
// standard output, logs and errors go to standard error, and the exit status is 0 when it did
// what was asked, 1 when it did not, 2 when it could not connect, 80 when the command line
// was wrong (kong's convention).
package main
