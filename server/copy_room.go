package server

import (
	"sync/atomic"

	"github.com/millracedb/millrace/storage/pool"
)

// copyRoomBytes bounds the rooms of all COPYs together, as an eighth of the budget does:
// the pool does not give back to the system what they had. Rows beyond it are on the heap.
const copyRoomBytes = 256 << 20

// copyRoom is the memory outside the heap in which a COPY's rows wait for their commit:
// the pool has used it before, or will again, so that it is neither faulted in nor zeroed
// for each COPY anew, and the budget counts it. It belongs to the session's goroutine.
type copyRoom struct {
	pool   *pool.Pool
	all    *atomic.Int64 // bytes of the rooms of all sessions
	most   int64         // that they may be
	owner  pool.Owner
	chunks []pool.Chunk
}

func (s *Server) newCopyRoom() copyRoom {
	p := s.engine.Pool()
	most := int64(copyRoomBytes)
	if b := p.Budget(); b > 0 {
		most = min(most, b/8)
	}
	return copyRoom{pool: p, all: &s.copyRooms, most: most, owner: pool.Owner{Name: "copy", Volatile: true}}
}

// give is what the decoder of the data gets for the next batch; nil: it takes the heap's.
func (r *copyRoom) give(n int) []byte {
	if n > pool.MaxExtent || r.all.Load()+int64(n) > r.most {
		return nil
	}
	c := r.pool.AllocBytes(&r.owner, n)
	r.chunks = append(r.chunks, c)
	b := r.pool.Bytes(c)
	r.all.Add(int64(len(b)))
	return b
}

// release lets the memory of batches go that have been handed out. The newest may be of
// the one that the decoder is making.
func (r *copyRoom) release() {
	if n := len(r.chunks) - 1; n > 0 {
		r.free(n)
	}
}

func (r *copyRoom) free(n int) {
	for _, c := range r.chunks[:n] {
		r.all.Add(-int64(len(r.pool.Bytes(c))))
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
