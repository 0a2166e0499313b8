package server

import (
	"slices"
	"sync"

	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
)

// holds are the rows that open transactions hold: those that they have read FOR UPDATE or FOR SHARE,
// or have changed. Nobody waits for them: NOWAIT refuses them, SKIP LOCKED leaves them out, and
// whatever else reads or writes them learns of it when it commits (exec.Txn.Lock).
type holds struct {
	mu   sync.Mutex
	rows map[catalog.OID]map[string][]holder
}

// holder is a transaction that holds a row, and how firmly.
type holder struct {
	t    *transaction
	mode exec.LockMode
}

// mostHeld bounds how many rows of a relation a transaction holds by name; one that changes more, or
// reads more FOR UPDATE, holds them all, under the key everyRow, which no row has.
const (
	mostHeld = 1 << 16
	everyRow = ""
)

// excludes reports whether somebody else's hold keeps t from holding the row so firmly.
func (h holder) excludes(t *transaction, mode exec.LockMode) bool {
	return h.t != t && (h.mode == exec.LockUpdate || mode == exec.LockUpdate)
}

// others are the rows of a relation that others hold against t.
func (h *holds) others(t *transaction, rel catalog.OID, mode exec.LockMode) map[string]bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := map[string]bool{}
	for k, by := range h.rows[rel] {
		if excluded(by, t, mode) {
			out[k] = true
		}
	}
	return out
}

func excluded(by []holder, t *transaction, mode exec.LockMode) bool {
	return slices.ContainsFunc(by, func(x holder) bool { return x.excludes(t, mode) })
}

// take has t hold rows, all of them; unless force, none of them where somebody else's hold excludes
// it of one, and ok is false.
func (h *holds) take(t *transaction, rel catalog.OID, keys []string, mode exec.LockMode, force bool) (ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(keys) == 0 {
		return true
	}
	rows := h.rows[rel]
	if !force && anyExcluded(rows, keys, t, mode) {
		return false
	}
	if rows == nil {
		if h.rows == nil {
			h.rows = map[catalog.OID]map[string][]holder{}
		}
		rows = map[string][]holder{}
		h.rows[rel] = rows
	}
	for _, k := range keys {
		rows[k] = append(rows[k], holder{t, mode})
	}
	return true
}

// anyExcluded reports whether others hold one of some rows against t.
func anyExcluded(rows map[string][]holder, keys []string, t *transaction, mode exec.LockMode) bool {
	if keys[0] == everyRow {
		for _, by := range rows {
			if excluded(by, t, mode) {
				return true
			}
		}
	}
	has := func(k string) bool { return excluded(rows[k], t, mode) }
	return has(everyRow) || slices.ContainsFunc(keys, has)
}

// drop takes back what take gave.
func (h *holds) drop(t *transaction, rel catalog.OID, keys []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	rows := h.rows[rel]
	for _, k := range keys {
		by := rows[k]
		for i := len(by) - 1; i >= 0; i-- {
			if by[i].t == t {
				by = append(by[:i:i], by[i+1:]...)
				break
			}
		}
		if rows[k] = by; len(by) == 0 {
			delete(rows, k)
		}
	}
	if len(rows) == 0 {
		delete(h.rows, rel)
	}
}

// hold has the transaction hold rows until it ends, or goes back to before the statement.
func (t *transaction) hold(rel catalog.OID, keys []string, mode exec.LockMode) {
	t.tryHold(rel, keys, mode, true)
}

// tryHold is holds.take, until the transaction ends or goes back to before the statement.
func (t *transaction) tryHold(rel catalog.OID, keys []string, mode exec.LockMode, force bool) bool {
	if t.holding == nil {
		t.holding = map[catalog.OID]int{}
		t.ends = append(t.ends, t.releaseAll)
	}
	if force && t.holding[rel]+len(keys) > mostHeld {
		keys = []string{everyRow}
	}
	if !t.s.srv.holds.take(t, rel, keys, mode, force) {
		return false
	}
	t.holding[rel] += len(keys)
	n := len(t.held)
	t.held = append(t.held, heldKeys{rel, keys})
	t.undo = append(t.undo, func() { t.release(n) })
	return true
}

// heldKeys are rows that a transaction holds by one statement.
type heldKeys struct {
	rel  catalog.OID
	keys []string
}

// release lets go of what the transaction has come to hold since it held n.
func (t *transaction) release(n int) {
	for len(t.held) > n {
		last := t.held[len(t.held)-1]
		t.held = t.held[:len(t.held)-1]
		t.holding[last.rel] -= len(last.keys)
		t.s.srv.holds.drop(t, last.rel, last.keys)
	}
}

func (t *transaction) releaseAll() { t.release(0) }
