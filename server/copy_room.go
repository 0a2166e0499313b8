package server

import "github.com/millracedb/millrace/storage/pool"

// copyRoom is the memory outside the heap in which a COPY's rows wait for their commit:
// the pool has used it before, or will again, so that it is neither faulted in nor zeroed
// for each COPY anew, and the budget counts it. It belongs to the session's goroutine.
type copyRoom struct {
	pool   *pool.Pool
	owner  pool.Owner
	chunks []pool.Chunk
}

// give is what the decoder of the data gets for the next batch.
func (r *copyRoom) give(n int) []byte {
	if n > pool.MaxExtent {
		return nil
	}
	c := r.pool.AllocBytes(&r.owner, n)
	r.chunks = append(r.chunks, c)
	return r.pool.Bytes(c)
}

// release lets the memory of all batches go that have been handed out; the newest is of
// the one that the decoder is making.
func (r *copyRoom) release() {
	if n := len(r.chunks) - 1; n > 0 {
		r.free(n)
	}
}

func (r *copyRoom) free(n int) {
	for _, c := range r.chunks[:n] {
		r.pool.Free(&r.owner, c)
	}
	r.chunks = append(r.chunks[:0], r.chunks[n:]...)
	r.pool.EndStepOf(&r.owner)
}

// close lets all go.
func (r *copyRoom) close() {
	if len(r.chunks) > 0 {
		r.free(len(r.chunks))
		r.pool.Forget(&r.owner)
	}
}
