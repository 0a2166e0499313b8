package server

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
)

// keptJobs is how many finished jobs are remembered.
const keptJobs = 64

// job is work that takes long enough to be watched: the filling of a view.
type job struct {
	id                int64
	kind, relation    string
	state, message    string // running, done, canceled, failed
	done, total       int64  // rows
	started, finished time.Time
}

// jobs are the jobs that run and the last that have finished, in order of their start.
type jobs struct {
	mu   sync.Mutex
	last int64
	all  []*job
}

// start makes a job known. total is the rows it is about to read, as far as is known.
func (j *jobs) start(kind, relation string, total int64) *job {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last++
	x := &job{id: j.last, kind: kind, relation: relation, state: "running", total: total, started: time.Now()}
	j.all = append(j.all, x)
	return x
}

// progress tells how many rows a job has read.
func (j *jobs) progress(x *job, done int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	x.done = done
	x.total = max(x.total, done)
}

// finish tells how a job has ended, and forgets the oldest of those that have.
func (j *jobs) finish(x *job, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	x.finished = time.Now()
	switch {
	case err == nil:
		x.state, x.done = "done", x.total
	case errors.Is(err, context.Canceled) || pgerr.CodeOf(err) == pgerr.QueryCanceled:
		x.state, x.message = "canceled", pgerr.From(err).Message
	default:
		x.state, x.message = "failed", pgerr.From(err).Message
	}
	ended := 0
	for _, o := range j.all {
		if o.state != "running" {
			ended++
		}
	}
	for i := 0; ended > keptJobs; i++ {
		if j.all[i].state != "running" {
			j.all = append(j.all[:i], j.all[i+1:]...)
			ended--
			i--
		}
	}
}

func (j *jobs) rows(_ context.Context, _ *catalog.Request, add func(...string)) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, x := range j.all {
		add(decimal(x.id), x.kind, x.relation, x.state, decimal(x.done), decimal(x.total), instant(x.started), instant(x.finished), orNull(x.message))
	}
	return nil
}

// rowsBelow counts the rows of the relations that a view reads, itself or through views.
func (s *Server) rowsBelow(c *catalog.Catalog, r *catalog.Relation) int64 {
	seen, n := map[catalog.OID]bool{}, int64(0)
	snap := s.engine.Snapshot()
	defer snap.Release()
	var below func(r *catalog.Relation)
	below = func(r *catalog.Relation) {
		for _, oid := range r.DependsOn {
			x := c.Relation(oid)
			if x == nil || seen[oid] {
				continue
			}
			seen[oid] = true
			if !x.Stored() {
				below(x)
				continue
			}
			if st, err := s.engine.Store(uint32(oid)); err == nil {
				n += st.Count(snap.Tick)
			}
		}
	}
	below(r)
	return n
}
