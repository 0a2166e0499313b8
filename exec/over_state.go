package exec

import (
	"encoding/binary"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// overJob is a partition whose rows changed in the step.
type overJob struct {
	prefix  []byte
	changes []overChange
	next    int    // the first change that has not been come to
	from    []byte // where the evaluation goes on; nil: at the next change
	all     bool   // to the partition's end
	most    int    // rows to evaluate before the States are compared

	last  [2]overChange // the last changes that were come to: a row that came, and one that went
	other int           // the first change behind the next one that is of the other sort
	ahead int           // the change of which start is the first row that it, or one behind it, matters to
	start []byte

	segment int // that was loaded last; -1: none
}

// overChange is a row that came or went.
type overChange struct {
	key []byte
	row int // of the step's change
}

// sort is 0 for a row that came and 1 for one that went.
func (x overChange) sort(d *col.Batch) int {
	if d.Weight(x.row) > 0 {
		return 0
	}
	return 1
}

// copySuffix is how a row's key ends in the tree: equal rows are numbered.
const copySuffix = 4

// arena keeps byte strings until it is reset.
type arena struct{ buf []byte }

func (a *arena) reset() { a.buf = a.buf[:0] }

// keep copies parts, one behind the other.
func (a *arena) keep(parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	if len(a.buf)+n > cap(a.buf) {
		a.buf = make([]byte, 0, max(2*cap(a.buf), n, 4096)) // what was kept stays where it is
	}
	from := len(a.buf)
	for _, p := range parts {
		a.buf = append(a.buf, p...)
	}
	return a.buf[from:len(a.buf):len(a.buf)]
}

// merge brings the step's change into the tree, takes back what was emitted for the rows that
// go, and lists the partitions that changed.
func (n *Over) merge(t *Tick, d *col.Batch) error {
	n.keys.reset()
	n.jobs = n.jobs[:0]
	k := n.rows.keysOf(d)
	for _, i := range k.sorted {
		row, w := int(i), d.Weight(int(i))
		if w == 0 {
			continue
		}
		n.rows.stop.did(1)
		if len(n.jobs) == 0 || string(n.jobs[len(n.jobs)-1].prefix) != string(k.prefix(row)) {
			n.jobs = append(n.jobs, overJob{prefix: n.keys.keep(k.prefix(row)), most: leastRound})
		}
		j := &n.jobs[len(n.jobs)-1]
		if err := n.change(t, d, row, w, k.key(row), j); err != nil {
			return err
		}
	}
	return nil
}

// change enters or takes away the copies of one row.
func (n *Over) change(t *Tick, d *col.Batch, row int, w int64, key []byte, j *overJob) error {
	copies := uint32(0)
	if c := n.rows.seekBefore(key, afterPlace(nil, key)); c.valid() {
		at := c.Key()
		copies = binary.BigEndian.Uint32(at[len(at)-copySuffix:]) + 1
	}
	for ; w > 0; w-- {
		full := n.keys.keep(key, binary.BigEndian.AppendUint32(nil, copies))
		if _, err := n.rows.tree.Put(full, n.fresh()); err != nil {
			return err
		}
		j.changes = append(j.changes, overChange{full, row})
		copies++
	}
	if -w > int64(copies) {
		return defect("a row's weight fell below zero in a window")
	}
	from := len(j.changes)
	for ; w < 0; w++ {
		copies--
		full := n.keys.keep(key, binary.BigEndian.AppendUint32(nil, copies))
		old, _ := n.rows.tree.Get(full)
		if err := n.withdraw(t, d, row, old); err != nil {
			return err
		}
		n.rows.tree.Delete(full)
		j.changes = append(j.changes[:from], overChange{full, row}) // the first of them
	}
	return nil
}

// What stands beside a row: flags, the calls' States, and what was emitted: the values'
// identity bytes, or an error.
const (
	overKnown   = 1 << iota // it has been evaluated
	overCarried             // the States say all
	overFailed              // an error stands in place of values
)

func (n *Over) fresh() []byte { return make([]byte, 1+n.bytes) }

// states is the States in what stands beside a row.
func (n *Over) states(v []byte) []byte { return v[1 : 1+n.bytes] }

// emitted is what was emitted.
func (n *Over) emitted(v []byte) []byte { return v[1+n.bytes:] }

const sqlstateLen = 5

// appendFailure is an error as it stands beside a row.
func appendFailure(dst []byte, err *pgerr.Error) []byte {
	return append(append(dst, err.Code...), err.Message...)
}

func readFailure(b []byte) *pgerr.Error {
	return pgerr.New(string(b[:sqlstateLen]), "%s", b[sqlstateLen:])
}

// withdraw takes back what was emitted for row row of b, beside which old stood.
func (n *Over) withdraw(t *Tick, b *col.Batch, row int, old []byte) error {
	switch {
	case old[0]&overKnown == 0:
	case old[0]&overFailed != 0:
		return n.report(t, b, row, readFailure(n.emitted(old)), -1)
	default:
		n.diff.old(b, row, n.emitted(old))
	}
	return nil
}

// report says that a row has an error, or with weight -1 that it has it no more.
func (n *Over) report(t *Tick, b *col.Batch, row int, err *pgerr.Error, w int64) error {
	n.one.Reset()
	n.one.AppendRow(b, row, w)
	return t.RowError(n.one, 0, err)
}

// overDiff gathers what a flush emits.
type overDiff struct {
	in  *col.Batch
	out []col.Vector
}

func (x *overDiff) begin(types, out []col.Type) {
	x.in = col.NewBatch(types...)
	x.out = make([]col.Vector, len(out)-len(types))
	for i := range x.out {
		x.out[i].Reset(out[len(types)+i])
	}
}

// old takes back a row that was emitted with values.
func (x *overDiff) old(b *col.Batch, row int, values []byte) {
	x.in.AppendRow(b, row, -1)
	col.ReadIdentity(x.out, values)
}

// new emits a row with the values of a target.
func (x *overDiff) new(b *col.Batch, row int, values []*col.Vector, target int) {
	x.in.AppendRow(b, row, 1)
	for i, v := range values {
		x.out[i].AppendFrom(v, target)
	}
}

func (x *overDiff) batch() *col.Batch {
	out := &col.Batch{N: x.in.N, W: x.in.W}
	out.Cols = append(append(out.Cols, x.in.Cols...), x.out...)
	return out
}
