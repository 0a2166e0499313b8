package disk

import (
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"syscall"
)

// memDir is a folder: its names as the processes see them, as they are on disk, and
// the operations between the two. A rename is one operation: it is lost or kept whole.
type memDir struct {
	now, durable map[string]*memFile
	pending      []dirOp
}

// dirOp gives file the name to and takes the name from away from it; either may be
// empty (a create, a remove).
type dirOp struct {
	from, to string
	file     *memFile
}

func newMemDir() *memDir {
	return &memDir{now: map[string]*memFile{}, durable: map[string]*memFile{}}
}

func (op dirOp) apply(names map[string]*memFile) {
	if op.from != "" {
		if names[op.from] != op.file {
			return // an operation that this one needs was lost
		}
		delete(names, op.from)
	}
	if op.to != "" {
		names[op.to] = op.file
	}
}

func (d *memDir) change(op dirOp) {
	op.apply(d.now)
	d.pending = append(d.pending, op)
}

func (d *memDir) sync() {
	d.durable = maps.Clone(d.now)
	d.pending = nil
}

// lose keeps each pending operation at random.
func (d *memDir) lose(rng *rand.Rand, keep float64) {
	for _, op := range d.pending {
		if rng.Float64() < keep {
			op.apply(d.durable)
		}
	}
	d.now = maps.Clone(d.durable)
	d.pending = nil
}

func (d *memDir) clone(files map[*memFile]*memFile) *memDir {
	clone := func(f *memFile) *memFile {
		if files[f] == nil {
			files[f] = f.clone()
		}
		return files[f]
	}
	c := newMemDir()
	for name, f := range d.now {
		c.now[name] = clone(f)
	}
	for name, f := range d.durable {
		c.durable[name] = clone(f)
	}
	for _, op := range d.pending {
		op.file = clone(op.file)
		c.pending = append(c.pending, op)
	}
	return c
}

// memFile is a file: what a read sees, how long it is on disk, and the sectors that
// may differ there.
type memFile struct {
	data   []byte // without the zeros that nobody wrote at the end
	size   int64
	synced int64 // length on disk
	dirty  map[int64]*memSector
}

// memSector holds what a sector may contain after a crash: first what is on disk for
// sure, then each version written since. The newest one is in data.
type memSector struct {
	versions [][SectorSize]byte
	lost     bool // a Sync failed: no later one saves this version
}

func (f *memFile) clone() *memFile {
	c := &memFile{data: slices.Clone(f.data), size: f.size, synced: f.synced, dirty: make(map[int64]*memSector, len(f.dirty))}
	for at, s := range f.dirty {
		c.dirty[at] = &memSector{versions: slices.Clone(s.versions), lost: s.lost}
	}
	return c
}

// read fills p from an offset within the file and returns how many bytes there are.
func (f *memFile) read(p []byte, off int64) int {
	p = p[:min(int64(len(p)), f.size-off)]
	n := copy(p, f.data[min(off, int64(len(f.data))):])
	clear(p[n:])
	return len(p)
}

// written returns the data up to end, within the file, to be written to.
func (f *memFile) written(end int64) []byte {
	if n := end - int64(len(f.data)); n > 0 {
		f.data = append(f.data, make([]byte, n)...)
	}
	return f.data[:end]
}

func (f *memFile) sector(at int64) (s [SectorSize]byte) {
	if at < int64(len(f.data)) {
		copy(s[:], f.data[at:])
	}
	return s
}

// write changes the data and remembers what each sector was before.
func (f *memFile) write(p []byte, off int64) {
	end := off + int64(len(p))
	for at := off / SectorSize * SectorSize; at < end; at += SectorSize {
		s := f.dirty[at]
		if s == nil {
			s = &memSector{}
			f.dirty[at] = s
		}
		s.versions = append(s.versions, f.sector(at))
		s.lost = false
	}
	f.size = max(f.size, end)
	copy(f.written(end)[off:], p)
}

func (f *memFile) sync() {
	for at, s := range f.dirty {
		if !s.lost {
			delete(f.dirty, at)
		}
	}
	f.synced = f.size
}

func (f *memFile) failSync() {
	for _, s := range f.dirty {
		s.lost = true
	}
}

// lose makes of the file what a crash leaves: a version of each dirty sector, and a
// length between the one on disk and the one seen.
func (f *memFile) lose(rng *rand.Rand, keep float64) {
	for _, at := range slices.Sorted(maps.Keys(f.dirty)) {
		if rng.Float64() < keep {
			continue
		}
		s := f.dirty[at]
		copy(f.data[at:], s.versions[rng.IntN(len(s.versions))][:])
	}
	if grown := f.size - f.synced; grown > 0 && rng.Float64() >= keep {
		f.size = f.synced + rng.Int64N(grown/SectorSize+1)*SectorSize
		f.data = f.data[:min(f.size, int64(len(f.data)))]
	}
	f.synced = f.size
	clear(f.dirty)
}

type memHandle struct {
	m      *Mem
	f      *memFile
	name   string
	closed bool
}

// begin is Mem.begin for an open file.
func (h *memHandle) begin(c Call) error {
	c.Name = h.name
	h.m.mu.Lock()
	err := h.m.enter(c)
	if h.closed {
		err = &fs.PathError{Op: string(c.Op), Path: h.name, Err: fs.ErrClosed}
	}
	if err != nil {
		h.spoil(c)
		h.m.mu.Unlock()
	}
	return err
}

// spoil is what a failing call leaves behind: the file after a failed Sync.
func (h *memHandle) spoil(c Call) {
	if c.Op == OpSync && !h.m.dead {
		h.f.failSync()
	}
}

func (h *memHandle) ReadAt(p []byte, off int64) (int, error) {
	if err := h.begin(Call{Op: OpRead, Offset: off, Size: len(p)}); err != nil {
		return 0, err
	}
	defer h.m.mu.Unlock()
	if off >= h.f.size {
		return 0, io.EOF
	}
	n := h.f.read(p, off)
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (h *memHandle) WriteAt(p []byte, off int64) (int, error) {
	c := Call{Op: OpWrite, Name: h.name, Offset: off, Size: len(p)}
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	if h.closed {
		return 0, &fs.PathError{Op: "write", Path: h.name, Err: fs.ErrClosed}
	}
	if err := h.m.enter(c); err != nil {
		if h.m.dead {
			return 0, err
		}
		n := h.m.rng.Int64N(int64(len(p))/SectorSize+1) * SectorSize
		h.f.write(p[:n], off)
		return int(n), err
	}
	if err := h.room(OpWrite, off+int64(len(p))); err != nil {
		return 0, err
	}
	h.f.write(p, off)
	return len(p), nil
}

// room says whether the disk has room for the file to grow to size.
func (h *memHandle) room(op Op, size int64) error {
	grown := size - h.f.size
	if grown > 0 && h.m.used()+grown > h.m.capacity {
		return &fs.PathError{Op: string(op), Path: h.name, Err: syscall.ENOSPC}
	}
	return nil
}

func (h *memHandle) Size() (int64, error) {
	if err := h.begin(Call{Op: OpSize}); err != nil {
		return 0, err
	}
	defer h.m.mu.Unlock()
	return h.f.size, nil
}

func (h *memHandle) Allocate(size int64) error {
	if err := h.begin(Call{Op: OpAllocate}); err != nil {
		return err
	}
	defer h.m.mu.Unlock()
	if err := h.room(OpAllocate, size); err != nil {
		return err
	}
	h.f.size = max(h.f.size, size)
	return nil
}

func (h *memHandle) Sync() error {
	if err := h.begin(Call{Op: OpSync}); err != nil {
		return err
	}
	defer h.m.mu.Unlock()
	h.f.sync()
	return nil
}

func (h *memHandle) Close() error {
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	if h.closed {
		return &fs.PathError{Op: "close", Path: h.name, Err: fs.ErrClosed}
	}
	h.closed = true
	return nil
}
