package httpd

// Source is what the port tells about. Its methods are called from many goroutines at once,
// from before the database is open until after it is closed.
type Source interface {
	// Alive is nil, or why the server cannot go on (its log has failed).
	Alive() error
	// Ready is nil, or why no client can be served now: recovery, a stop.
	Ready() error
	// Snapshot is the counters as they stand; a zero one before the database is open.
	Snapshot() Snapshot
}

// Snapshot is what the server has counted since it started, and what it holds now.
type Snapshot struct {
	Ticks       uint64  // logged, applied and published
	Steps       uint64  // of these ticks
	Commits     uint64  // in these ticks
	Rows        uint64  // changes that came in with these commits
	Checkpoints uint64  // completed
	TickSeconds float64 // wall time in ticks
	Connections uint64  // accepted
	TempFiles   uint64  // that queries have written rows to
	TempBytes   uint64  // written to them

	Sessions   int64 // open now
	LogBytes   int64 // in the log's files now
	PoolUsed   int64 // bytes outside the Go heap now
	PoolBudget int64 // bytes that may be used there; 0: no limit
	Relations  int64 // tables, streams and views of users
}
