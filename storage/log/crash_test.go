package log

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/disk"
)

// history is a random run of a log that remembers what it was promised.
type history struct {
	rng     *rand.Rand
	opt     Options
	begun   uint64 // the last record that a write was begun for
	acked   uint64 // the last record acknowledged
	safe    uint64 // the last record known to be durable
	trimmed uint64 // the last record given up
}

// run opens the log and works on it until something fails or the steps are done.
func (h *history) run(m *disk.Mem, steps int) error {
	s, err := Open(m, h.opt)
	if err != nil {
		return err
	}
	h.safe, _ = s.Tip() // what Open has found is durable
	h.begun, h.acked = h.safe, h.safe
	for range steps {
		if err := h.step(s); err != nil {
			return errors.Join(err, s.Close())
		}
	}
	if err := s.Close(); err != nil {
		return err
	}
	h.safe = h.acked
	return nil
}

func (h *history) step(s *Segments) error {
	switch n := h.rng.IntN(10); {
	case n == 0:
		if err := s.Sync(ctx); err != nil {
			return err
		}
		h.safe = h.acked
	case n == 1 && h.acked > 0:
		h.trimmed = max(h.trimmed, h.acked-h.rng.Uint64N(min(h.acked, 8)))
		if err := s.Trim(ctx, 0, h.trimmed); err != nil {
			return err
		}
		h.safe = h.acked
	case n == 2:
		return s.Reserve(ctx, h.rng.Int64N(20000))
	case n == 3:
		return h.write(s)
	default:
		h.begun++
		seq, err := s.Commit(ctx, 0, h.acked, framesOf(h.begun))
		if err != nil {
			return err
		}
		h.acked = seq
		if !h.opt.SyncOff {
			h.safe = seq
		}
	}
	return nil
}

// write makes some records durable by one sync, and others, which are written during that, by the
// next.
func (h *history) write(s *Segments) error {
	if err := h.writeSome(s); err != nil {
		return err
	}
	if h.rng.IntN(2) == 0 {
		written, synced := h.begun, make(chan error)
		go func() { synced <- s.Sync(ctx) }()
		err := h.writeSome(s)
		if failed := <-synced; err != nil || failed != nil {
			return errors.Join(err, failed)
		}
		h.acked, h.safe = written, written
	}
	if err := s.Sync(ctx); err != nil {
		return err
	}
	h.acked, h.safe = h.begun, h.begun
	return nil
}

func (h *history) writeSome(s *Segments) error {
	for range 1 + h.rng.IntN(3) {
		h.begun++
		if _, err := s.Write(ctx, 0, h.begun-1, framesOf(h.begun)); err != nil {
			return err
		}
	}
	return nil
}

// check opens what a crash left and compares it with the promises.
func (h *history) check(t *testing.T, m *disk.Mem, least uint64, what string) {
	t.Helper()
	s, err := Open(m, h.opt)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	first, last, err := readAll(s, 0)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if last < least || last > h.begun {
		t.Fatalf("%s: records end at %d; %d were begun, %d acknowledged, %d durable", what, last, h.begun, h.acked, least)
	}
	if first > h.trimmed+1 {
		t.Fatalf("%s: records begin at %d, only %d were trimmed", what, first, h.trimmed)
	}
	if seq, _ := s.Tip(); seq != last && last != 0 || seq < least {
		t.Fatalf("%s: the tip is %d, the last record %d", what, seq, last)
	}
	ok(t, s.Close())
}

// crashEverywhere runs a history once for each of its calls, stops the machine there,
// and hands each of the things that may be left to f.
func crashEverywhere(t *testing.T, seed uint64, o Options, f func(h *history, m *disk.Mem, what string)) {
	t.Helper()
	for n := 0; ; n++ {
		m := disk.NewMem(seed)
		h := &history{rng: rand.New(rand.NewPCG(seed, 1)), opt: o}
		// A first part that trims makes segments with old blocks in them.
		if seed%4 != 3 {
			ok(t, h.run(m, 40))
		}
		m.CrashAfter(n)
		err := h.run(m, 12)
		if err != nil && !errors.Is(err, disk.ErrCrashed) {
			t.Fatalf("seed %d, crash after %d calls: %v", seed, n, err)
		}
		f(h, m, fmt.Sprintf("seed %d, crash after %d calls", seed, n))
		if err == nil {
			if n < 12 {
				t.Fatalf("seed %d: only %d calls", seed, n)
			}
			return
		}
	}
}

func seeds(n uint64) uint64 {
	if testing.Short() {
		return 2
	}
	return n
}

func TestCrashAtEveryCall(t *testing.T) {
	for seed := range seeds(6) {
		crashEverywhere(t, seed, small, func(h *history, m *disk.Mem, what string) {
			for range 3 {
				left := m.Recover()
				h.check(t, left.Recover(), h.safe, what) // Recover of what is all durable changes nothing
				crashInRecovery(t, h, left, what)
			}
		})
	}
}

// crashInRecovery crashes at random in the recovery and in the work after it, twice.
func crashInRecovery(t *testing.T, h *history, m *disk.Mem, what string) {
	t.Helper()
	again := *h
	for range 2 {
		m.CrashAfter(again.rng.IntN(12))
		if err := again.run(m, 6); err != nil && !errors.Is(err, disk.ErrCrashed) {
			t.Fatalf("%s, then again: %v", what, err)
		}
		m = m.Recover()
		again.check(t, m, again.safe, what+", then again")
	}
}

func TestSyncOff(t *testing.T) {
	o := small
	o.SyncOff = true
	lost := 0
	for seed := range seeds(6) {
		crashEverywhere(t, seed, o, func(h *history, m *disk.Mem, what string) {
			killed := m.Restart()
			for range 3 {
				left := killed.Recover()
				h.check(t, left, h.safe, what+", power loss")
				s := mustOpen(t, left, o)
				if last, _ := s.Tip(); last < h.acked {
					lost++
				}
				ok(t, s.Close())
				crashInRecovery(t, h, left, what+", power loss")
			}
			h.check(t, m.Restart(), h.acked, what+", kill -9")
		})
	}
	if lost == 0 {
		t.Error("no power loss ever lost a record that was not synced")
	}
}

// A log may be opened with syncing on after it was off, and the other way round.
func TestSyncOnAndOff(t *testing.T) {
	for seed := range seeds(40) {
		m := disk.NewMem(seed)
		h := &history{rng: rand.New(rand.NewPCG(seed, 2)), opt: small}
		for range 8 {
			h.opt.SyncOff = h.rng.IntN(2) == 0
			m.CrashAfter(10 + h.rng.IntN(40))
			if err := h.run(m, 30); err != nil && !errors.Is(err, disk.ErrCrashed) {
				t.Fatalf("seed %d: %v", seed, err)
			}
			m = m.Recover()
			h.check(t, m, h.safe, fmt.Sprintf("seed %d", seed))
		}
	}
}

// A fault of any call, in any operation, loses nothing that was acknowledged, and the
// log either goes on or has stopped.
func TestFaultAtEveryCall(t *testing.T) {
	for _, fault := range []error{syscall.ENOSPC, syscall.EIO} {
		for seed := range seeds(6) {
			for n := 0; ; n++ {
				m := disk.NewMem(seed)
				h := &history{rng: rand.New(rand.NewPCG(seed, 3)), opt: small}
				ok(t, h.run(m, 20))
				m.Fail(n, fault)
				calls := m.Calls()
				what := fmt.Sprintf("seed %d, fault %d", seed, n)
				err := h.run(m, 25)
				if err != nil {
					code := pgerr.CodeOf(err)
					if !errors.Is(err, fault) && code != pgerr.DiskFull && code != pgerr.IOError {
						t.Fatalf("%s: %v", what, err)
					}
				}
				h.check(t, m.Recover(), h.safe, what)
				h.check(t, m.Restart(), h.safe, what)
				if err == nil && m.Calls()-calls <= n {
					break
				}
			}
		}
	}
}

// stalled is a disk whose syncs wait from some time on: each says that it has begun, and goes on when
// it is let.
type stalled struct {
	disk.FS
	slow        *atomic.Bool
	begun, goOn chan struct{}
}

type stalledFile struct {
	disk.File
	fs stalled
}

func (f stalledFile) Sync() error {
	if f.fs.slow.Load() {
		f.fs.begun <- struct{}{}
		<-f.fs.goOn
	}
	return f.File.Sync()
}

func (f stalled) Open(name string) (disk.File, error) {
	file, err := f.FS.Open(name)
	return stalledFile{file, f}, err
}

// A record that is written while the one before is synced proves nothing of that one.
func TestCrashDuringSync(t *testing.T) {
	for seed := range seeds(50) {
		m := disk.NewMem(seed)
		s := mustOpen(t, m, small)
		commit(t, s)
		ok(t, s.Close())

		slow := stalled{m, &atomic.Bool{}, make(chan struct{}), make(chan struct{})}
		s = mustOpen(t, slow, small)
		slow.slow.Store(true)
		h := &history{opt: small, begun: 3, acked: 1, safe: 1}
		_, err := s.Write(ctx, 0, 1, framesOf(2))
		ok(t, err)
		synced := make(chan error)
		go func() { synced <- s.Sync(ctx) }()
		<-slow.begun
		_, err = s.Write(ctx, 0, 2, framesOf(3))
		ok(t, err)
		for range 5 {
			h.check(t, m.Recover(), 1, fmt.Sprintf("seed %d, during the sync", seed))
		}
		close(slow.goOn)
		if err := <-synced; !errors.Is(err, disk.ErrCrashed) {
			t.Errorf("a sync during which the power goes says %v", err)
		}
	}
}
