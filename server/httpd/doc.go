// Package httpd is the server's side door: over HTTP it answers whether the server is alive
// (/healthz), whether it is ready (/readyz), and what it has counted (/metrics, in
// Prometheus's text form).
//
// Its nouns are the Source, which it asks at each request, and the Snapshot that a Source
// answers with. It knows nothing of sessions, relations or SQL, and every request ends by
// itself: there is nothing that a client could hold open to delay a stop.
package httpd
