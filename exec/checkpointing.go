package exec

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/checkpoint"
	"github.com/millracedb/millrace/storage/disk"
	"github.com/millracedb/millrace/storage/table"
)

// Files of a checkpoint beside the pages: sealed segments, each written once, and the states of
// relations as of the checkpoint's tick that are too large for the manifest.
const (
	segmentFolder = "segments"
	segmentMagic  = "MRSEGMT\n"
	segmentFormat = 1
)

// Checkpoint writes the state of everything as of the last tick, and lets the log forget
// what came before. It runs on the tick's goroutine, or after its end.
func (e *Engine) Checkpoint() error { return e.checkpoint(false) }

// checkpoint is Checkpoint, the last one that the engine makes or not.
func (e *Engine) checkpoint(last bool) error {
	e.settle()
	if err := e.log.Sync(context.Background()); err != nil {
		return err
	}
	m := checkpoint.Manifest{Tick: e.tickNo, Sections: map[string][]byte{}}
	m.Sections["engine"] = e.header()
	m.Sections["catalog"] = e.opt.Catalog.Encode()
	m.Sections["sequences"] = e.sequences.save(e.opt.Catalog.Sequences(), last)
	keep := map[string]bool{}
	if err := e.opt.FS.MkdirAll(segmentFolder); err != nil {
		return err
	}
	m.Sections[orderSection] = e.order()
	e.saveShares(&m)
	for _, r := range e.rels.all() {
		if err := e.saveRelation(r, &m, keep); err != nil {
			return e.roomFor(err)
		}
	}
	if _, err := e.cks.Write(e.pool, m); err != nil {
		return e.roomFor(err)
	}
	e.saved, e.spent, e.checkpointed = keep, 0, e.tickNo
	e.stats.Checkpoints.Add(1)
	if err := errors.Join(e.dropSegments(keep), e.opt.Blobs.Sweep(e.opt.Catalog.Blobs())); err != nil {
		return err
	}
	return e.log.Trim(context.Background(), 0, e.tickNo)
}

// roomFor gives the ballast up when the disk is full, so that the next checkpoint fits.
func (e *Engine) roomFor(err error) error {
	if pgerr.CodeOf(err) == pgerr.DiskFull {
		return errors.Join(err, e.log.ReleaseBallast())
	}
	return err
}

// header is the engine's own part: tick, now, steps, seed, the chain of the log, and the
// rows of a step.
func (e *Engine) header() []byte {
	le := binary.LittleEndian
	_, chain := e.log.Tip()
	b := le.AppendUint64(nil, e.tickNo)
	b = le.AppendUint64(b, uint64(e.now))
	b = le.AppendUint64(b, e.steps.Load())
	b = le.AppendUint64(le.AppendUint64(b, e.seed[0]), e.seed[1])
	b = le.AppendUint64(b, chain)
	return le.AppendUint64(b, uint64(e.opt.StepRows))
}

// A header without the rows of a step is of a database whose steps are col.StepRows.
const (
	headerSize  = 56
	plainHeader = 48
)

func (e *Engine) saveRelation(r *relation, m *checkpoint.Manifest, keep map[string]bool) error {
	if r.Temporary {
		return nil
	}
	le := binary.LittleEndian
	head := le.AppendUint64(le.AppendUint64(nil, uint64(r.mark)), uint64(r.rowID))
	if r.view != nil {
		head = le.AppendUint64(head, uint64(r.view.errors.Load()))
		var code, text string
		if err := r.view.flow.failed; err != nil {
			f := pgerr.From(err)
			code, text = f.Code, f.Message
		}
		head = append(append(head, byte(len(code))), code+text...)
		m.Sections[fmt.Sprintf(partsSection+"%d", r.OID)] = le.AppendUint32(nil, uint32(r.view.parts))
		m.Sections[fmt.Sprintf(readsSection+"%d", r.OID)] = r.view.readNames()
		for w, part := range r.view.flow.all()[:r.view.parts] {
			part.save(m, e.graph.workers()[w])
		}
	}
	m.Sections[fmt.Sprintf("relation/%d", r.OID)] = r.parts.encode(head)
	return e.saveRows(r, m, keep)
}

// smallState is the most bytes of a relation's state that stand in the manifest. A file of its own
// costs two waits for the disk, and there may be ten thousand views of one row.
const smallState = 16 << 10

// rowsSection begins the name of the section with a relation's small state.
const rowsSection = "rows/"

// saveRows writes what a relation has that no segment file holds already.
func (e *Engine) saveRows(r *relation, m *checkpoint.Manifest, keep map[string]bool) error {
	for _, s := range r.store.Segments(e.pins.Horizon()) {
		name := fmt.Sprintf("%s/%d-%d", segmentFolder, r.OID, s.ID)
		if s.Immutable && e.saved[name] { // a state of the same tick may name other segments
			keep[name] = true
			continue
		}
		body := s.Encode(nil)
		if !s.Immutable && len(body) <= smallState {
			m.Sections[fmt.Sprintf(rowsSection+"%d", r.OID)] = body
			continue
		}
		if !s.Immutable {
			name = fmt.Sprintf("%s/%d-state-%d", segmentFolder, r.OID, m.Tick)
		}
		keep[name] = true
		if err := disk.WriteFileAtomic(e.opt.FS, name, segmentMagic, segmentFormat, body); err != nil {
			return err
		}
	}
	return nil
}

// readState is a relation's state as saveRows has left it.
func (e *Engine) readState(m *checkpoint.Manifest, r *Relation) ([]byte, error) {
	if b := m.Sections[fmt.Sprintf(rowsSection+"%d", r.OID)]; b != nil {
		return b, nil
	}
	return e.readSegment(fmt.Sprintf("%d-state-%d", r.OID, m.Tick))
}

// partsSection begins the name of the section that says among how many workers a view's states
// are divided; without it they are one worker's.
const partsSection = "parts/"

// save puts what one worker has of a view into a manifest, under the names of its states, and
// of its nodes by their places.
func (d *Dataflow) save(m *checkpoint.Manifest, g *Graph) {
	if d.failed == nil {
		for _, s := range d.states {
			m.Sections["state/"+s.name] = s.state.Header()
		}
	}
	for i, id := range d.nodes {
		n := g.nodes[id]
		m.Sections["marks/"+d.place(g, i)] = marksOf(n)
		if n.wakeAt != nil {
			m.Sections["wake/"+d.place(g, i)] = binary.LittleEndian.AppendUint64(nil, uint64(*n.wakeAt))
		}
	}
}

// restore is save read back.
func (d *Dataflow) restore(m *checkpoint.Manifest, g *Graph) error {
	for _, s := range d.states {
		if err := s.state.Restore(m.Sections["state/"+s.name]); err != nil {
			return err
		}
	}
	for i, id := range d.nodes {
		setMarks(g.nodes[id], m.Sections["marks/"+d.place(g, i)])
		if b := m.Sections["wake/"+d.place(g, i)]; len(b) == 8 {
			g.setWake(g.nodes[id], int64(binary.LittleEndian.Uint64(b)))
		}
	}
	return nil
}

func (d *Dataflow) place(g *Graph, i int) string {
	if g.worker == 0 {
		return fmt.Sprintf("%s/%d", d.key, i)
	}
	return fmt.Sprintf("%s/%d/%d", d.key, i, g.worker)
}

// marksOf is the watermarks of a node's columns.
func marksOf(n *node) []byte {
	var b []byte
	for _, w := range n.marks {
		b = binary.LittleEndian.AppendUint64(b, uint64(w))
	}
	if at := closedBy(n.op); at != nil {
		return append(binary.LittleEndian.AppendUint64(nil, uint64(*at)), b...)
	}
	return b
}

// closer is an operator for which what belongs to windows closed in earlier ticks is late.
type closer interface {
	// closedBy is where it keeps the watermark by which it has closed windows; nil: it
	// closes none.
	closedBy() *int64
}

func closedBy(op Operator) *int64 {
	if c, ok := op.(closer); ok {
		return c.closedBy()
	}
	return nil
}

// setMarks is marksOf read back.
func setMarks(n *node, b []byte) {
	if at := closedBy(n.op); at != nil && len(b) >= 8 {
		*at, b = int64(binary.LittleEndian.Uint64(b)), b[8:]
	}
	for i := 0; i+8 <= len(b) && i/8 < len(n.types); i += 8 {
		n.setWatermark(i/8, int64(binary.LittleEndian.Uint64(b[i:])))
	}
}

// dropSegments removes segment files that the checkpoint does not name.
func (e *Engine) dropSegments(keep map[string]bool) error {
	names, err := e.opt.FS.List(segmentFolder)
	if err != nil {
		return err
	}
	for _, n := range names {
		if name := segmentFolder + "/" + path.Base(n); !keep[name] {
			if err := e.opt.FS.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// restore makes the engine what it was at a checkpoint.
func (e *Engine) restore(m *checkpoint.Manifest) error {
	if err := e.readHeader(m); err != nil {
		return err
	}
	ops, err := e.opt.Catalog.Restore(m.Sections["catalog"])
	if err != nil {
		return err
	}
	if !e.sequences.restore(m.Sections["sequences"]) {
		return pgerr.New(pgerr.DataCorrupted, "the checkpoint's manifest has damaged sequences")
	}
	inOrderOf(ops, m.Sections[orderSection])
	for _, op := range ops {
		if op.Create == nil {
			continue
		}
		if op.Create.Temporary { // its session is gone, and so are its rows
			e.addRelation(e.newRelation(op.Create))
			continue
		}
		if err := e.restoreRelation(m, op.Create); err != nil {
			return err
		}
	}
	e.takeOut() // what could not be restored, and what stands on it
	e.pool.Sweep()
	return nil
}

func (e *Engine) readHeader(m *checkpoint.Manifest) error {
	b := m.Sections["engine"]
	if len(b) != headerSize && len(b) != plainHeader {
		return pgerr.New(pgerr.DataCorrupted, "the checkpoint's manifest has no engine section")
	}
	le := binary.LittleEndian
	e.tickNo, e.now = le.Uint64(b), int64(le.Uint64(b[8:]))
	e.checkpointed = e.tickNo
	e.steps.Store(le.Uint64(b[16:]))
	e.seed[0], e.seed[1] = le.Uint64(b[24:]), le.Uint64(b[32:])
	e.opt.StepRows = col.StepRows
	if len(b) == headerSize {
		e.opt.StepRows = int(min(le.Uint64(b[48:]), math.MaxInt32))
	}
	if e.opt.StepRows <= 0 {
		return pgerr.New(pgerr.DataCorrupted, "the checkpoint's manifest says that a step has no rows")
	}
	return nil
}

func (e *Engine) restoreRelation(m *checkpoint.Manifest, r *Relation) error {
	x := &relation{Relation: *r, store: table.New(e.config(r)), mark: NoWatermark}
	head := m.Sections[fmt.Sprintf("relation/%d", r.OID)]
	if len(head) < 16 {
		return pgerr.New(pgerr.DataCorrupted, "the checkpoint's manifest lacks relation \"%s\"", r.Name)
	}
	le := binary.LittleEndian
	x.mark, x.rowID = int64(le.Uint64(head)), int64(le.Uint64(head[8:]))
	state, err := e.readState(m, r)
	if err != nil {
		return err
	}
	err = x.store.Restore(state, func(id uint64) ([]byte, error) {
		return e.readSegment(strconv.Itoa(int(r.OID)) + "-" + strconv.FormatUint(id, 10))
	})
	if err != nil {
		return err
	}
	if r.View {
		x.show(x.mark, x.parts)
		return e.restoreView(m, x, head[16:])
	}
	parts, ok := decodePartitions(head[16:])
	if !ok {
		return pgerr.New(pgerr.DataCorrupted, "the checkpoint's manifest has damaged partitions of \"%s\"", r.Name)
	}
	x.parts = parts
	x.show(x.mark, x.parts)
	x.node = e.graph.NewSource(x.source())
	if x.Watermark >= 0 {
		e.graph.nodes[x.node].setWatermark(x.Watermark, x.mark)
	}
	e.know(x)
	for _, sink := range e.sinksOf(x) {
		e.leadInto(sink, x)
	}
	return nil
}

func (e *Engine) readSegment(name string) ([]byte, error) {
	name = segmentFolder + "/" + name
	_, b, err := disk.ReadFileChecked(e.opt.FS, name, segmentMagic, segmentFormat)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, disk.Corrupt(name, 0, "the file is missing")
	}
	if err == nil && !strings.Contains(name, "-state-") {
		e.saved[name] = true
	}
	return b, err
}

// CheckpointNow makes a checkpoint between ticks and waits for it. Errors: those of the disk,
// and that of a log that has failed.
func (e *Engine) CheckpointNow(ctx context.Context) error {
	var err error
	checkpoint := func() {
		if err = e.Fatal(); err == nil {
			err = e.Checkpoint()
		}
	}
	if stop := e.onTick(ctx, checkpoint); stop != nil {
		return stop
	}
	return err
}
