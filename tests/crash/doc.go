// Package crash kills the real binary with kill -9 while many clients write, and holds
// what the next one knows against what clients were promised (C4): nothing acknowledged is
// missing, nothing unacknowledged is half there, and every view is its query.
//
// Its nouns: a writer is one client that remembers its promises; a promise is what was
// acknowledged (ReadyForQuery, COMMIT's tag) together with the one write whose answer did
// not come; a round is a life of the server, from its start to its violent end.
//
// MILLRACE_CRASH_ROUNDS sets the rounds of the test: 3 by default, 5 in CI, more for a soak.
// MILLRACE_CRASH_SEED repeats the choices of a run, as far as the scheduler lets it.
//
// The crash at each call of the file system in turn, with torn sectors and flipped bits,
// is tested in exec and storage/log, where it needs no process.
package crash
