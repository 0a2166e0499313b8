package disk

import (
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"path"
	"slices"
	"sync"
	"syscall"
)

// ErrCrashed is what every call on a [Mem] and its files returns after the machine
// has crashed or the process was killed.
var ErrCrashed = errors.New("the machine has crashed")

// Op names a call of [FS] or [File].
type Op string

// The calls. Those that change something are counted by [Mem.Calls]; OpRead, OpOpen,
// OpList, OpSize, OpFree and OpLock are not.
const (
	OpCreate   Op = "create"
	OpRename   Op = "rename"
	OpRemove   Op = "remove"
	OpMkdir    Op = "mkdir"
	OpSyncDir  Op = "syncdir"
	OpWrite    Op = "write"
	OpAllocate Op = "allocate"
	OpSync     Op = "sync"
	OpRead     Op = "read"
	OpOpen     Op = "open"
	OpList     Op = "list"
	OpSize     Op = "size"
	OpFree     Op = "free"
	OpLock     Op = "lock"
)

func (op Op) changes() bool {
	switch op {
	case OpRead, OpOpen, OpList, OpSize, OpFree, OpLock:
		return false
	}
	return true
}

// Call is one call as a hook of [Mem.Hook] sees it, before it happens.
type Call struct {
	Op     Op
	Name   string // of a rename: the old name
	Offset int64  // of read and write
	Size   int    // bytes to read or to write
}

// Mem is the twin of [OS] in memory, for tests. It behaves like a machine that loses
// as much as it may: a crash keeps each sector written since the last Sync at random,
// in any of its versions, and each operation on a name since the last SyncDir at
// random, in order; a failed write may have written some of its sectors, and what a
// failed Sync was to save is never saved by a later one. Everything random comes from
// the seed and the order of calls. It is safe for concurrent use.
type Mem struct {
	mu       sync.Mutex
	rng      *rand.Rand
	dirs     map[string]*memDir
	capacity int64
	locked   bool
	dead     bool

	calls   int
	crashAt int // value of calls at which the machine stops; -1: never
	failAt  int // value of calls that fails once; -1: none
	failErr error
	hook    func(Call) error
}

// NewMem returns an empty data folder of a terabyte.
func NewMem(seed uint64) *Mem {
	return &Mem{
		rng:      rand.New(rand.NewPCG(seed, 0x6d696c6c72616365)),
		dirs:     map[string]*memDir{".": newMemDir()},
		capacity: 1 << 40, crashAt: -1, failAt: -1,
	}
}

var _ FS = (*Mem)(nil)

// enter counts a call and says whether it fails before it begins. The caller holds mu.
func (m *Mem) enter(c Call) error {
	if m.dead {
		return &fs.PathError{Op: string(c.Op), Path: c.Name, Err: ErrCrashed}
	}
	fail := error(nil)
	if c.Op.changes() {
		if m.calls == m.crashAt {
			m.dead = true
			return &fs.PathError{Op: string(c.Op), Path: c.Name, Err: ErrCrashed}
		}
		if m.calls == m.failAt {
			fail, m.failAt = m.failErr, -1
		}
		m.calls++
	}
	if fail == nil && m.hook != nil {
		fail = m.hook(c)
	}
	if fail != nil {
		return &fs.PathError{Op: string(c.Op), Path: c.Name, Err: fail}
	}
	return nil
}

// begin locks m, checks the name and enters the call; on nil the caller unlocks.
func (m *Mem) begin(op Op, name string) error {
	if err := checkName(string(op), name); err != nil {
		return err
	}
	m.mu.Lock()
	if err := m.enter(Call{Op: op, Name: name}); err != nil {
		m.mu.Unlock()
		return err
	}
	return nil
}

// dir returns the folder of a name. The caller holds mu.
func (m *Mem) dir(op Op, name string) (*memDir, string, error) {
	d, ok := m.dirs[path.Dir(name)]
	if !ok {
		return nil, "", &fs.PathError{Op: string(op), Path: name, Err: fs.ErrNotExist}
	}
	return d, path.Base(name), nil
}

// Create implements [FS].
func (m *Mem) Create(name string) (File, error) {
	if err := m.begin(OpCreate, name); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	d, base, err := m.dir(OpCreate, name)
	if err != nil {
		return nil, err
	}
	if d.now[base] != nil || m.dirs[name] != nil {
		return nil, &fs.PathError{Op: "create", Path: name, Err: fs.ErrExist}
	}
	f := &memFile{dirty: map[int64]*memSector{}}
	d.change(dirOp{to: base, file: f})
	return &memHandle{m: m, f: f, name: name}, nil
}

// Open implements [FS].
func (m *Mem) Open(name string) (File, error) {
	if err := m.begin(OpOpen, name); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	f, err := m.find(OpOpen, name)
	if err != nil {
		return nil, err
	}
	return &memHandle{m: m, f: f, name: name}, nil
}

// find returns the file of a name. The caller holds mu.
func (m *Mem) find(op Op, name string) (*memFile, error) {
	d, base, err := m.dir(op, name)
	if err != nil {
		return nil, err
	}
	f := d.now[base]
	if f == nil {
		return nil, &fs.PathError{Op: string(op), Path: name, Err: fs.ErrNotExist}
	}
	return f, nil
}

// Rename implements [FS].
func (m *Mem) Rename(from, to string) error {
	if err := checkRename(from, to); err != nil {
		return err
	}
	if err := m.begin(OpRename, from); err != nil {
		return err
	}
	defer m.mu.Unlock()
	f, err := m.find(OpRename, from)
	if err != nil {
		return err
	}
	m.dirs[path.Dir(from)].change(dirOp{from: path.Base(from), to: path.Base(to), file: f})
	return nil
}

// Remove implements [FS].
func (m *Mem) Remove(name string) error {
	if err := m.begin(OpRemove, name); err != nil {
		return err
	}
	defer m.mu.Unlock()
	f, err := m.find(OpRemove, name)
	if err != nil {
		return err
	}
	m.dirs[path.Dir(name)].change(dirOp{from: path.Base(name), file: f})
	return nil
}

// List implements [FS].
func (m *Mem) List(dir string) ([]string, error) {
	if err := m.begin(OpList, dir); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	d, ok := m.dirs[dir]
	if !ok {
		return nil, &fs.PathError{Op: "list", Path: dir, Err: fs.ErrNotExist}
	}
	names := make([]string, 0, len(d.now))
	for name := range d.now {
		names = append(names, name)
	}
	for name := range m.dirs {
		if name != "." && path.Dir(name) == dir {
			names = append(names, path.Base(name))
		}
	}
	slices.Sort(names)
	return names, nil
}

// MkdirAll implements [FS].
func (m *Mem) MkdirAll(dir string) error {
	if err := m.begin(OpMkdir, dir); err != nil {
		return err
	}
	defer m.mu.Unlock()
	for d := dir; d != "."; d = path.Dir(d) {
		if above, ok := m.dirs[path.Dir(d)]; ok && above.now[path.Base(d)] != nil {
			return &fs.PathError{Op: "mkdir", Path: d, Err: syscall.ENOTDIR}
		}
		if m.dirs[d] == nil {
			m.dirs[d] = newMemDir()
		}
	}
	return nil
}

// SyncDir implements [FS].
func (m *Mem) SyncDir(dir string) error {
	if err := m.begin(OpSyncDir, dir); err != nil {
		return err
	}
	defer m.mu.Unlock()
	d, ok := m.dirs[dir]
	if !ok {
		return &fs.PathError{Op: "syncdir", Path: dir, Err: fs.ErrNotExist}
	}
	d.sync()
	return nil
}

// Free implements [FS].
func (m *Mem) Free() (Space, error) {
	if err := m.begin(OpFree, "."); err != nil {
		return Space{}, err
	}
	defer m.mu.Unlock()
	return Space{Total: m.capacity, Free: max(0, m.capacity-m.used())}, nil
}

func (m *Mem) used() (n int64) {
	for _, d := range m.dirs {
		for _, f := range d.now {
			n += f.size
		}
	}
	return n
}

// Lock implements [FS].
func (m *Mem) Lock() (io.Closer, error) {
	if err := m.begin(OpLock, "."); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	if m.locked {
		return nil, ErrLocked
	}
	m.locked = true
	return memLock{m}, nil
}

type memLock struct{ m *Mem }

func (l memLock) Close() error {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	l.m.locked = false
	return nil
}
